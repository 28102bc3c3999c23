// What happens around each forward pass: a traced step learns what it depends on, and errors say where they come from.
import { TendrilError, ValueError } from "@tendril/tensor";
import type { AnyModule } from "./module.ts";
import { pathText, walk, watchProperties } from "./parts.ts";
import { reword } from "./state.ts";

const wrapped = new WeakSet<object>();

/**
 * Wraps the `forward` of a class, and those of the classes that it extends, once each. It is done to the prototypes, so
 * that it costs nothing for each module, and a subclass writes no more than its `forward`.
 */
export function wrapForward(prototype: object): void {
  for (let p = prototype; p !== Object.prototype && !wrapped.has(p); p = Object.getPrototypeOf(p)) {
    wrapped.add(p);
    const own = Object.getOwnPropertyDescriptor(p, "forward");
    const forward: ((...inputs: unknown[]) => unknown) | undefined = own?.value;
    if (own?.configurable !== true || typeof forward !== "function") continue;
    const value = function located(this: AnyModule | undefined, ...inputs: unknown[]): unknown {
      if (this === undefined) throw new ValueError("forward: called without its module; pass (x) => model.forward(x)");
      watchProperties(this);
      try {
        return forward.apply(this, inputs);
      } catch (error) {
        if (error instanceof TendrilError) locate(error, this);
        throw error;
      }
    };
    Object.defineProperty(p, "forward", { ...own, value });
  }
}

/** How far up an error is known to have come: from `source` to `top`, by one of `paths` (a module may be shared). */
interface Place {
  readonly top: AnyModule;
  readonly source: AnyModule;
  readonly paths: readonly string[];
  /** The message as it left `source`. */
  readonly message: string;
}

const places = new WeakMap<Error, Place>();

/** Writes into an error on its way up that it has come as far as `module`: `Net.body[2] (Linear): input …`. */
function locate(error: TendrilError, module: AnyModule): void {
  const from = places.get(error);
  if (from?.top === module) return; // its forward called super.forward, or itself
  const steps = from === undefined ? [] : walk(module).filter(({ item }) => item === from.top);
  if (from === undefined || steps.length === 0) {
    places.set(error, { top: module, source: module, paths: [""], message: error.message });
    return;
  }
  const { source, message } = from;
  const paths = steps.flatMap(({ path }) => from.paths.map((rest) => pathText(path) + rest));
  places.set(error, { top: module, source, paths, message });
  const { name } = source.constructor;
  const rest = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
  reword(error, `${paths.map((path) => module.constructor.name + path).join(" or ")} (${name}): ${rest}`);
}
