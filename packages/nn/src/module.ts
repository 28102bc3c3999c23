import { noGrad, ShapeError, Tensor, ValueError } from "@tendril/tensor";
import { show } from "./check.ts";

// Which tensors are parameters: a mark of its own, since a frozen parameter has `requiresGrad = false`.
const marked = new WeakSet<Tensor>();

/**
 * A trainable leaf with a copy of `data` (any shape, float): what a module's `parameters()` finds.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
 */
export function parameter(data: Tensor): Tensor {
  const leaf = data.detach().clone();
  leaf.requiresGrad = true;
  marked.add(leaf);
  return leaf;
}

/**
 * The base of layers, models and losses. A module is what its properties are: tensors made by `parameter` are
 * trained, other tensors are buffers (saved, not trained), modules are its parts, and so are arrays of these.
 * They are found in the order of their definition. What should not be seen goes into a `#private` field.
 *
 * ```ts
 * class Scale extends Module {
 *   factor = parameter(tensor(2));
 *   override forward(x: Tensor): Tensor {
 *     return x.mul(this.factor);
 *   }
 * }
 * ```
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 */
export abstract class Module {
  /** Whether layers that behave differently in training, such as dropout, should. */
  training = true;

  abstract forward(...inputs: Tensor[]): Tensor;

  /** Every parameter below this module with its dotted path, as `["0.weight", tensor]`; a shared one appears once. */
  namedParameters(): [string, Tensor][] {
    const seen = new Set<Tensor>();
    return [...tensors(this)].filter(([, x]) => isParameter(x) && !seen.has(x) && seen.add(x));
  }

  /** Every parameter below this module, frozen ones included, for an optimizer. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, x]) => x);
  }

  /** Copies of all parameters and buffers by path; a shared tensor stands under each of its paths. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([...tensors(this)].map(([name, x]) => [name, x.detach().clone()]));
  }

  /**
   * Copies values by path into this module's parameters and buffers, casting to their dtypes: all of them or, when
   * anything does not fit, none. Throws `ValueError` for missing or unexpected keys (`strict: false` skips both) and
   * `ShapeError` for shapes that differ.
   */
  loadStateDict(dict: Readonly<Record<string, Tensor>>, { strict = true }: { strict?: boolean } = {}): void {
    const own = new Map(tensors(this));
    const given = new Map(Object.entries(dict));
    const missing = strict ? [...own.keys()].filter((name) => !given.has(name)) : [];
    const unexpected = strict ? [...given.keys()].filter((name) => !own.has(name)) : [];
    const misfits: string[] = [];
    for (const [name, x] of own) {
      const [here, there] = [show(x.shape), show(given.get(name)?.shape ?? x.shape)];
      if (here !== there) misfits.push(`${name} is ${here} here and ${there} there`);
    }
    const problems = [
      ...(missing.length > 0 ? [`missing ${missing.join(", ")}`] : []),
      ...(unexpected.length > 0 ? [`unexpected ${unexpected.join(", ")}`] : []),
      ...misfits,
    ];
    if (problems.length > 0) {
      const Failure = problems.length === misfits.length ? ShapeError : ValueError;
      throw new Failure(`loadStateDict: ${problems.join("; ")}; nothing was loaded`);
    }
    noGrad(() => {
      for (const [name, x] of own) {
        const value = given.get(name);
        if (value !== undefined) x.assign(value);
      }
    });
  }

  /** Puts this module and its parts into training mode, or out of it with `eval`. */
  train(): this {
    return setTraining(this, true);
  }
  eval(): this {
    return setTraining(this, false);
  }

  /** Forgets all gradients (sets them to `null`), so that the next `backward()` starts from nothing. */
  zeroGrad(): void {
    for (const x of this.parameters()) x.grad = null;
  }
}

/** A module without parameters: a function whose options are kept. */
export abstract class Configured<Options extends object> extends Module {
  constructor(readonly options: Options = {} as Options) {
    super();
  }
}

/** Whether `x` was made by `parameter`. */
export const isParameter = (x: unknown): x is Tensor => marked.has(x as Tensor);

/** The tensors and modules that a module's own properties hold, arrays of them flattened to `name.0`, `name.1`, … */
export function* children(module: Module): Generator<[string, Tensor | Module]> {
  for (const [name, value] of Object.entries(module)) {
    const items = Array.isArray(value) ? value.map((item, i) => [`${name}.${i}`, item]) : [[name, value]];
    for (const [path, item] of items) if (item instanceof Tensor || item instanceof Module) yield [path, item];
  }
}

/** Every tensor below a module with its dotted path, depth first. */
function* tensors(module: Module, prefix = ""): Generator<[string, Tensor]> {
  for (const [name, child] of children(module)) {
    if (child instanceof Tensor) yield [prefix + name, child];
    else yield* tensors(child, `${prefix}${name}.`);
  }
}

function setTraining<M extends Module>(module: M, training: boolean): M {
  module.training = training;
  for (const [, child] of children(module)) if (child instanceof Module) setTraining(child, training);
  return module;
}
