import { type DType, describeValue, noGrad, type Tensor, ValueError, zeros } from "@tendril/tensor";
import { requireInstance, show } from "./check.ts";
import { children, isParameter, Module } from "./module.ts";
import { checked, type Kinds } from "./options.ts";

export interface SummaryOptions {
  /** What the input is of. Default float32. */
  dtype?: DType;
}

const kinds: Kinds<SummaryOptions> = { dtype: ["float32", "float64", "int32", "bool"] };

/**
 * A table of a model's modules: the shape that each gives for an input of `inputShape`, batch axis included, and how
 * many parameters of its own it has. The model runs once, on zeros, in evaluation mode, and is left as it was.
 *
 * ```ts
 * console.log(summary(new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 3)), [1, 2]));
 * ```
 */
export function summary(model: Module, inputShape: readonly number[], options: SummaryOptions = {}): string {
  const { dtype } = checked("summary", options, kinds);
  requireInstance("summary", "model", model, Module, "a module");
  if (!Array.isArray(inputShape)) {
    throw new ValueError(`summary: inputShape must be a shape such as [1, 2], got ${describeValue(inputShape)}`);
  }
  const modules = [...walk(model)];
  const shapes = outputShapes(model, new Set(modules.map(([, module]) => module)), zeros(inputShape, { dtype }));
  const counted = new Set<unknown>();
  const rows = modules.map(([name, module]) => {
    const own = [...children(module)]
      .map(([, x]) => x)
      .filter((x) => isParameter(x) && !counted.has(x) && counted.add(x));
    return [name, shapes.get(module) ?? "not run", own.length === 0 ? "" : String(count(own as Tensor[]))];
  });
  const table = [["layer", "output", "parameters"], ...rows];
  const [layers = 0, outputs = 0] = [0, 1].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map(([layer = "", output = "", size = ""]) =>
    `${layer.padEnd(layers)}  ${output.padEnd(outputs)}  ${size.padStart(10)}`.trimEnd(),
  );
  const all = model.parameters();
  const [total, trainable] = [count(all), count(all.filter((x) => x.requiresGrad))];
  return [...lines, `${total} parameters: ${trainable} trainable, ${total - trainable} frozen`].join("\n");
}

const count = (tensors: Tensor[]): number => tensors.reduce((n, x) => n + x.size, 0);

/** Every module below this one and itself, under the name that its line begins with. */
function* walk(module: Module, indent = "", name = ""): Generator<[string, Module]> {
  yield [indent + name + module.constructor.name, module];
  for (const [path, child] of children(module))
    if (child instanceof Module) yield* walk(child, `${indent}  `, `${path}: `);
}

/** The shape that each module gives when the model runs on x. Their `forward` is wrapped for as long as that takes. */
function outputShapes(model: Module, modules: Iterable<Module>, x: Tensor): Map<Module, string> {
  const shapes = new Map<Module, string>();
  const restore: (() => void)[] = [];
  try {
    for (const module of modules) {
      const { forward, training } = module;
      const own = Object.getOwnPropertyDescriptor(module, "forward");
      restore.push(() => {
        module.training = training;
        if (own === undefined) Reflect.deleteProperty(module, "forward");
        else Object.defineProperty(module, "forward", own);
      });
      module.training = false;
      const value = (...inputs: Tensor[]): Tensor => {
        const y = forward.apply(module, inputs);
        shapes.set(module, show(y.shape));
        return y;
      };
      Object.defineProperty(module, "forward", { value, configurable: true });
    }
    noGrad(() => model.forward(x));
    return shapes;
  } finally {
    for (const undo of restore) undo();
  }
}
