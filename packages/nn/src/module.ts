// Module: parameters, submodules, modes and states.
import { describeValue, noGrad, ShapeError, Tensor, ValueError } from "@tendril/tensor";
import { requireTensor, show } from "./check.ts";
import { markCopy } from "./copies.ts";
import { wrapForward } from "./forward.ts";
import { checked, type Kinds, settle } from "./options.ts";
import { isParameter, markParameter, parts, treeText } from "./parts.ts";
import { checkState, entriesOf, requireFit, traitOfTensor } from "./state.ts";

/**
 * A trainable leaf with a copy of `data` (any shape, float): what a module's `parameters()` finds.
 * @throws {ValueError} when `data` is not a tensor
 * @throws {GradError} when its dtype is not a float
 * @see https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 * @example
 * parameter(tensor([1, 2])) // tensor([1., 2.], requiresGrad=true)
 */
export function parameter(data: Tensor): Tensor {
  requireTensor("parameter", "data", data);
  const leaf = data.detach().clone();
  leaf.requiresGrad = true;
  markParameter(leaf);
  return leaf;
}

/**
 * The base of layers, models and losses. A module is made of its properties: tensors made by `parameter` are trained,
 * other tensors are buffers (saved, not trained), modules are its parts, and so are arrays and plain objects of these,
 * under paths such as `blocks.0.weight` and `heads.left.weight`. They are found in the order of their definition; a
 * `#private` field is not looked at. A module that is part of itself is entered once.
 *
 * A forward that takes or gives other than tensors says so: `extends Module<[x: Tensor, state?: Tensor], [Tensor, Tensor]>`.
 *
 * Errors of a forward pass say where in the model they come from: `Net.body[2] (Linear): input [3, 8] must …`. A
 * compiled step is traced again when a property of a module that it runs has changed.
 * @throws {ValueError} by every method that looks for parts, when one would be left out: a tensor that requires a
 *   gradient and is no parameter, or a module in a Map or a Set
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 * @example
 * class Scale extends Module {
 *   factor = parameter(tensor(2));
 *   override forward(x: Tensor): Tensor {
 *     return x.mul(this.factor);
 *   }
 * }
 * const model = new Scale();
 * model.forward(tensor([1, 3])) // tensor([2., 6.], gradFn=mul)
 * model.namedParameters().map(([name]) => name) // [factor]
 */
export abstract class Module<Inputs extends readonly unknown[] = Tensor[], Output = Tensor> {
  /** Whether layers that behave differently in training, such as dropout, should. */
  training = true;

  constructor() {
    // Not at the top of the file, where it would keep bundlers from leaving the class out.
    if (!(Symbol.for("nodejs.util.inspect.custom") in this)) prepare(Module.prototype);
    wrapForward(Object.getPrototypeOf(this)); // not new.target, which Terser and SWC move into other functions
  }

  /** What the module computes of its inputs; the class says which shapes it takes. */
  abstract forward(...inputs: Inputs): Output;

  /** Every parameter [...] below this module with its dotted path, as `["0.weight", tensor]`; a shared one appears once. */
  namedParameters(): [string, Tensor][] {
    const seen = new Set<Tensor>();
    return tensorsOf(this).filter(([, x]) => isParameter(x) && !seen.has(x) && seen.add(x));
  }

  /** Every parameter below this module, frozen ones included, for an optimizer. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, x]) => x);
  }

  /**
   * All parameters and buffers [...] by path: the tensors themselves, of which `stateDict` gives copies under the same
   * names.
   */
  namedState(
    options: {
      /** What is put before each name. Default `""`. */
      prefix?: string;
    } = {},
  ): Record<string, Tensor> {
    const { prefix = "" } = checked("namedState", options, { prefix: "string" });
    return Object.fromEntries(tensorsOf(this).map(([name, x]) => [prefix + name, x]));
  }

  /** Copies of all parameters and buffers by path; a shared tensor stands under each of its paths. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(tensorsOf(this).map(([name, x]) => [name, x.detach().clone()]));
  }

  /**
   * Copies values by path into this module's parameters and buffers [...], casting to their dtypes: all of them or, when
   * anything does not fit, none.
   * @throws {ValueError} when keys are missing or unexpected, or a value is not a tensor
   * @throws {ShapeError} when shapes differ
   */
  loadStateDict(
    dict: Readonly<Record<string, Tensor>>,
    options: {
      /** Whether missing and unexpected keys are errors; `false` leaves them out. Default true. */
      strict?: boolean;
    } = {},
  ): void {
    const { strict } = checked("loadStateDict", options, { strict: "boolean" });
    const own = tensorsOf(this);
    checkState(() => {
      requireFit(own.map(traitOfTensor), entriesOf(dict).map(traitOfTensor), { strict, Misfit: ShapeError });
    });
    noGrad(() => {
      for (const [name, x] of own) if (Object.hasOwn(dict, name)) x.assign(dict[name] as Tensor);
    });
  }

  /**
   * Puts this module and its parts into training mode. Returns this module.
   * @param mode `false` for evaluation mode, as `eval()`. Default `true`
   * @throws {ValueError} when `mode` is not a boolean
   */
  train(mode = true): this {
    if (typeof mode !== "boolean")
      throw new ValueError(`train: mode must be true or false, got ${describeValue(mode)}`);
    return setTraining(this, mode);
  }

  /** Puts this module and its parts into evaluation mode: dropout drops nothing, for example. Returns this module. */
  eval(): this {
    return setTraining(this, false);
  }

  /** Forgets all gradients (sets them to `null`), so that the next `backward()` starts from nothing. */
  zeroGrad(): void {
    for (const x of this.parameters()) x.grad = null;
  }

  /** The text in the brackets when the module is printed, such as `inFeatures=2, outFeatures=8`. Default none. */
  extraRepr(): string {
    return "";
  }

  /** The module and its parts as a tree, as PyTorch prints them; `console.log` shows the same. */
  toString(): string {
    return treeText(this);
  }
}

/** A module whatever its forward takes and gives. */
export type AnyModule = Module<never[], unknown>;

/** Sets what console.log shows in Node, lined up also inside other objects; and of which copy modules are. */
function prepare(prototype: AnyModule): void {
  markCopy(prototype, new Error());
  Object.defineProperty(prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(this: AnyModule, depth: number, { indentationLvl = 0 }: { indentationLvl?: number } = {}): string {
      if (depth < 0) return `[${this.constructor.name}]`;
      return String(this).replaceAll("\n", `\n${" ".repeat(indentationLvl)}`);
    },
  });
}

/** A module without parameters: a function whose options are kept, checked and frozen. */
export abstract class Configured<Options extends object> extends Module {
  /** What the options may be, and what they are where they are left out. */
  protected static readonly kinds: Kinds<object> = {};
  protected static readonly defaults: object = {};
  /** What stands before the options in a call, as errors show it. */
  protected static readonly before: string = "";
  /** The options with their defaults, frozen. */
  readonly options: Readonly<Options>;

  constructor(options?: Options) {
    super();
    const { name, kinds, defaults, before } = this.constructor as typeof Configured;
    this.options = settle<Options, object>(
      name,
      kinds as Kinds<Options>,
      defaults,
      [options],
      (form) => `new ${name}(${before}${form})`,
    );
  }

  override extraRepr(): string {
    return named(this.options);
  }
}

/** `a=1, b="x"`: values by name, without what is an object or missing; `lists: true` shows those of numbers. */
export const named = (values: object, { lists = false }: { readonly lists?: boolean } = {}): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined && (typeof value !== "object" || (lists && Array.isArray(value))))
    .map(([name, value]) => `${name}=${Array.isArray(value) ? show(value) : describeValue(value)}`)
    .join(", ");

/** Every tensor below a module with its dotted path, depth first. */
const tensorsOf = (module: AnyModule): [string, Tensor][] =>
  parts(module).flatMap(({ item, path }): [string, Tensor][] => (item instanceof Tensor ? [[path, item]] : []));

function setTraining<M extends AnyModule>(module: M, training: boolean): M {
  for (const item of [module, ...parts(module).map(({ item }) => item)])
    if (item instanceof Module) item.training = training;
  return module;
}
