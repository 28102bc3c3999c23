// A table of the layers of a model.
import { type DType, describeValue, noGrad, Tensor, ValueError, zeros } from "@tendril/tensor";
import { isRecord, requireInstance, show } from "./check.ts";
import { type AnyModule, Module } from "./module.ts";
import { checked, type Kinds } from "./options.ts";
import { isParameter, parts } from "./parts.ts";

/** The options of `summary`. */
export interface SummaryOptions {
  /** The dtype of the input. Default float32. */
  dtype?: DType;
}

const kinds: Kinds<SummaryOptions> = { dtype: ["float32", "float64", "int32", "bool"] };

/**
 * A table of a model's modules: the shapes that each gives for an input of `inputShape`, batch axis included, and how
 * many parameters of its own it has. The model runs once, on zeros, in evaluation mode, and is left as it was.
 * @param inputShape the shape of the input, such as [1, 2]
 * @throws {ValueError} when `model` is not a module or `inputShape` not a shape, or an option is unknown or of another kind; and what the model
 *   throws for such an input
 * @example
 * const model = new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 3));
 * summary(model, [1, 2]).split("\n").at(-1) // 51 parameters: 51 trainable, 0 frozen
 */
export function summary(
  model: Module<[x: Tensor], unknown>,
  inputShape: readonly number[],
  options: SummaryOptions = {},
): string {
  const { dtype } = checked("summary", options, kinds);
  requireInstance("summary", "model", model, Module, "a module");
  if (!Array.isArray(inputShape)) {
    throw new ValueError(`summary: inputShape must be a shape such as [1, 2], got ${describeValue(inputShape)}`);
  }
  const lines = linesOf(model);
  const shapes = outputShapes(model, new Set(lines.map(({ module }) => module)), zeros(inputShape, { dtype }));
  const rows = lines.map(({ label, module, own }) => [
    label,
    shapes.get(module) ?? "not run",
    own.length === 0 ? "" : String(count(own)),
  ]);
  const table = [["layer", "output", "parameters"], ...rows];
  const [layers = 0, outputs = 0] = [0, 1].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const text = table.map(([layer = "", output = "", size = ""]) =>
    `${layer.padEnd(layers)}  ${output.padEnd(outputs)}  ${size.padStart(10)}`.trimEnd(),
  );
  const all = model.parameters();
  const [total, trainable] = [count(all), count(all.filter((x) => x.requiresGrad))];
  return [...text, `${total} parameters: ${trainable} trainable, ${total - trainable} frozen`].join("\n");
}

const count = (tensors: Tensor[]): number => tensors.reduce((n, x) => n + x.size, 0);

/** A module, how its line begins, and its own parameters, but for those that an earlier line counts. */
interface Line {
  readonly label: string;
  readonly module: AnyModule;
  readonly own: Tensor[];
}

/** A line for each module. */
function linesOf(model: AnyModule): Line[] {
  const lines: Line[] = [{ label: model.constructor.name, module: model, own: [] }];
  const counted = new Set<Tensor>();
  const open = [...lines]; // the modules above, by depth
  for (const { item, name, depth } of parts(model)) {
    if (item instanceof Tensor) {
      if (isParameter(item) && !counted.has(item)) open[depth - 1]?.own.push(item);
      counted.add(item);
    } else {
      const line = { label: `${"  ".repeat(depth)}${name}: ${item.constructor.name}`, module: item, own: [] };
      lines.push(line);
      open[depth] = line;
    }
  }
  return lines;
}

/** The shape that each module gives when the model runs on x. Their `forward` is wrapped for as long as that takes. */
function outputShapes(
  model: Module<[x: Tensor], unknown>,
  modules: Iterable<AnyModule>,
  x: Tensor,
): Map<AnyModule, string> {
  const shapes = new Map<AnyModule, string>();
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
      const value = (...inputs: never[]): unknown => {
        const y = forward.apply(module, inputs);
        const tensors = [isRecord(y) ? Object.values(y) : y].flat(3).filter((part) => part instanceof Tensor);
        shapes.set(module, tensors.map(({ shape }) => show(shape)).join(", "));
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
