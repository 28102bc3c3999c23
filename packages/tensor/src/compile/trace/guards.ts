// What a program relies on beside the values of tensors. Where it has changed, the step is traced again.
import { isGradEnabled } from "../../bind.ts";
import type { TensorType } from "../../primitive.ts";
import { sameShape, show } from "../../shape.ts";
import type { Storage, Tensor } from "../../tensor.ts";

/** Everything that was read while a step was traced, as it was then. */
export interface Guards {
  readonly types: readonly TensorType[];
  readonly gradEnabled: boolean;
  /** For each argument, the first one with the same storage: its own position where it shares it with none before. */
  readonly shares: readonly number[];
  /** For each argument, its storage if the step also uses that as a tensor from outside; else `null`. */
  readonly captured: readonly (Storage | null)[];
  /**
   * Storages that an argument must not be, unless it was then: those that the step assigns to and, if it assigns to an
   * argument, all that it uses.
   */
  readonly apart: ReadonlySet<Storage>;
  /** Whether the step assigns to an argument: then arguments must share storages as they did. */
  readonly writesInputs: boolean;
  readonly flags: readonly (readonly [tensor: Tensor, requiresGrad: boolean])[];
  /** Leaves whose `.grad` was read, and what it was: `null`, or a tensor of this type. */
  readonly gradients: readonly (readonly [leaf: Tensor, type: TensorType | null])[];
  readonly properties: readonly (readonly [object: Readonly<Record<string, unknown>>, key: string, value: unknown])[];
  /** Tensors that the step made itself: constants of the program, as long as nothing is assigned to them. */
  readonly constants: readonly (readonly [storage: Storage, version: number])[];
}

const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);

/** Whether arguments have the types for which a program was traced: nothing else of it is to be looked at otherwise. */
export function fits({ types }: Guards, args: readonly Tensor[]): boolean {
  if (types.length !== args.length) return false;
  for (let i = 0; i < types.length; i++) if (!sameType(types[i] as TensorType, args[i] as Tensor)) return false;
  return true;
}

/** What has changed since a step was traced, in words; `null` if nothing has. Runs at every call, so it makes nothing. */
export function changeSince(guards: Guards, args: readonly Tensor[]): string | null {
  const { gradEnabled, shares, captured, apart, writesInputs, flags, gradients, properties } = guards;
  if (gradEnabled !== isGradEnabled()) return "noGrad is around some of its calls only";
  for (let i = 0; i < args.length; i++) {
    const { storage } = args[i] as Tensor;
    const own = shares[i] === i;
    if ((!own || writesInputs) && firstWith(args, storage) !== shares[i]) return "in some calls arguments share memory";
    if (captured[i] === null ? apart.has(storage) : captured[i] !== storage) {
      return "some calls pass a tensor that it also uses from outside";
    }
  }
  for (let i = 0; i < flags.length; i++) {
    const [tensor, requiresGrad] = flags[i] as (typeof flags)[number];
    if (tensor.requiresGrad !== requiresGrad) return `requiresGrad of a tensor ${show(tensor.shape)} changes`;
  }
  for (let i = 0; i < gradients.length; i++) {
    const [{ grad, shape }, type] = gradients[i] as (typeof gradients)[number];
    if (grad === null ? type !== null : type === null || !sameType(grad, type)) {
      return `grad of a tensor ${show(shape)} is null in some calls only`;
    }
  }
  for (let i = 0; i < properties.length; i++) {
    const [object, key, value] = properties[i] as (typeof properties)[number];
    if (!Object.is(object[key], value)) return `${object.constructor?.name ?? "object"}.${key} changes`;
  }
  return hasOwnState(guards) ? "it assigns to tensors that it makes itself" : null;
}

/** Whether tensors that the step made have been assigned to: they outlived the call, so the next one will find them. */
export function hasOwnState({ constants }: Guards): boolean {
  for (let i = 0; i < constants.length; i++) {
    const [storage, version] = constants[i] as (typeof constants)[number];
    if (storage.version !== version) return true;
  }
  return false;
}

/** The position of the first argument that has this storage. */
export function firstWith(args: readonly Tensor[], storage: Storage): number {
  let i = 0;
  while ((args[i] as Tensor).storage !== storage) i++;
  return i;
}
