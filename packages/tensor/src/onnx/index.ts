// A step as an ONNX graph: for inference, or a whole training step, whose state goes in and comes out.
import { version } from "../../package.json";
import type { Returned } from "../compile/trace/returned.ts";
import type { DType, TypedArray } from "../dtype.ts";
import {
  ExportError,
  type ExportedOp,
  type ExportedRef,
  type ExportedStep,
  type ExportedValue,
} from "../export/graph.ts";
import { Affine, type Size } from "../export/size.ts";
import { exportStep, type Named, type TraceOptions } from "../export/trace.ts";
import { checkFunction, checkOptions } from "../options.ts";
import type { Distribution } from "../random.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { Builder, type RandomInput } from "./builder.ts";
import { conv, withConvolutions } from "./convolutions.ts";
import { encodeModel, type Operand } from "./model.ts";
import { rules } from "./rules/index.ts";

export {
  Affine,
  type Distribution,
  ExportError,
  type Named,
  type RandomInput,
  type Returned,
  type Size,
  type TraceOptions,
};

/** How a step is exported. */
export interface OnnxOptions extends TraceOptions {
  /**
   * Whether tensors of `names` that the step only reads are stored in the file (default), or are inputs of the graph.
   * Those that it changes are inputs and outputs in any case.
   */
  readonly embed?: boolean;
}

/** A tensor of `names` that the graph does not store. */
export interface OnnxState {
  /** Its name in `names`. */
  readonly name: string;
  /** The graph's input for it. */
  readonly input: string;
  /** The graph's output for what it is after the step; `null` if the step only reads it. */
  readonly output: string | null;
  /** Its shape, which does not follow the batch size. */
  readonly shape: Shape;
  /** Its element type. */
  readonly dtype: DType;
  /** A copy of its elements when it was exported; a bool is one byte, 0 or 1. */
  readonly initial: TypedArray;
}

/** What `toOnnx` gives. */
export interface OnnxExport {
  /** The file. */
  readonly bytes: ReturnType<typeof Uint8Array.of>; // Uint8Array<ArrayBuffer>, which TypeScript < 5.7 does not know
  /** What whoever runs the graph keeps between calls. */
  readonly state: readonly OnnxState[];
  /** What whoever runs the graph draws for each call. */
  readonly random: readonly RandomInput[];
}

/** Protocol buffers hold no more. */
const mostBytes = 2 ** 31 - 1;

/**
 * `f` as an ONNX model (opset 17), which ONNX Runtime runs. `inputs` give the names, shapes and dtypes of what `f` takes,
 * in its order; their elements do not matter. Outputs are called as `f` returns them: by their keys, `output0`, … for an
 * array, `output` for a tensor alone. A tensor `w` of `names` that `f` changes is an input `w` and an output `w.next`.
 * Checks of values are left out: wrong labels and the like give what the runtime makes of them.
 *
 * @param names tensors from outside by name, such as `model.namedParameters()`; what `f` changes must be among them
 * @param batch which inputs have the batch as their first axis, N in the file; `true` for all that have axes. Default `false`
 * @param embed `false` makes inputs of tensors that are only read. Default `true`: they are stored in the file
 * @throws {ExportError} for a tensor without a name that `f` changes, axes of size 0, what depends on the batch in a way
 * that no graph can follow, and erf (so gelu) in float64
 * @see https://onnx.ai/onnx/repo-docs/IR.html
 * @example
 * const w = tensor([[1], [2]]);
 * const { bytes, state } = toOnnx((x) => ({ y: x.matmul(w) }), { x: zeros([1, 2]) }, { names: { w }, batch: true });
 * state.length // 0
 */
export function toOnnx(
  f: (...inputs: Tensor[]) => Returned,
  inputs: Readonly<Record<string, Tensor>>,
  options: OnnxOptions = {},
): OnnxExport {
  const kinds = { names: "any", batch: "any", embed: "boolean" } as const;
  const { names = {}, batch = false, embed = true } = checkOptions("toOnnx", options, kinds);
  checkFunction("toOnnx", f);
  const step = exportStep("toOnnx", f, inputs, { names, batch });
  return new Export(step, embed).written(f.name === "" ? "step" : f.name);
}

class Export {
  readonly #b: Builder;
  readonly #inputs: Operand[] = [];
  readonly #outputs: Operand[] = [];
  readonly #state: OnnxState[] = [];

  constructor(
    readonly step: ExportedStep,
    readonly embed: boolean,
  ) {
    const inputs = step.inputs.map((x): Operand => ({ name: x.origin.name, shape: x.shape, dtype: x.dtype }));
    this.#b = new Builder(
      "toOnnx",
      inputs.find(({ shape }) => String(shape[0]) === "N"),
    );
    for (const [i, input] of inputs.entries()) {
      this.#b.unique(input.name);
      this.#b.define(step.inputs[i] as ExportedValue, input);
      this.#inputs.push(input);
    }
    const states = step.states.map(({ origin }) => origin.name);
    for (const name of states) this.#b.unique(name);
    for (const { name } of this.#results()) {
      if (this.#b.unique(name) === name) continue;
      const other = inputs.some((x) => x.name === name) ? "an input" : "a tensor of names";
      throw this.#b.refuse(`an output is called "${name}", as ${other}; return it by another name`);
    }
  }

  written(name: string): OnnxExport {
    const { step } = this;
    if (this.#results().length === 0) {
      throw this.#b.refuse("the step returns nothing and changes nothing; return what the graph is to compute");
    }
    for (const { result } of this.#results()) checkSize("a result", result.shape);
    for (const input of step.inputs) checkSize(`input "${input.origin.name}"`, input.shape);
    this.#defineStates();
    const ops = this.#needed();
    for (const op of ops) this.#write(op);
    for (const { name, result } of this.#results()) this.#output(name, result);
    const b = this.#b;
    const named = new Set([...this.#inputs, ...b.random, ...this.#outputs]);
    const values = b.nodes.flatMap(({ outputs }) => outputs).filter((x) => !named.has(x) && !x.name.includes("."));
    const bytes = encodeModel({
      name,
      description: `${name}, traced by Tendril: ${ops.length} ops${step.isBatched ? ", for batches of any size N" : ""}`,
      producer: { name: "tendril", version },
      metadata: this.#metadata(),
      nodes: b.nodes,
      initializers: b.initializers,
      inputs: [...this.#inputs, ...b.random],
      outputs: this.#outputs,
      values,
    });
    if (bytes.length > mostBytes)
      throw b.refuse(`the file would have ${bytes.length} bytes, more than 2 GiB; use embed: false`);
    return { bytes, state: this.#state, random: b.random };
  }

  /** Outputs and what states are after the step, by their names in the graph. */
  #results(): { readonly name: string; readonly result: ExportedRef }[] {
    const { outputs, writes } = this.step;
    return [...outputs, ...writes.map(({ name, result }) => ({ name: `${name}.next`, result }))];
  }

  #defineStates(): void {
    const { states, writes } = this.step;
    const written = new Set(writes.map(({ name }) => name));
    for (const value of states) {
      const { origin, shape: sizes, dtype } = value;
      const { name, tensor } = origin;
      checkSize(`"${name}"`, sizes);
      const { elements } = tensor.storage;
      const shape = tensor.shape;
      if (this.embed && !written.has(name)) {
        this.#b.define(value, this.#b.constant(dtype, shape, elements, name));
        continue;
      }
      const input = { name, shape, dtype };
      this.#b.define(value, input);
      this.#inputs.push(input);
      const output = written.has(name) ? `${name}.next` : null;
      this.#state.push({ name, input: name, output, shape, dtype, initial: elements.slice() });
    }
  }

  /** The ops that something returned or changed depends on. */
  #needed(): ExportedOp[] {
    const values = new Set(this.#results().map(({ result }) => result.value));
    const ops = withConvolutions(this.step.ops)
      .reverse()
      .filter(({ inputs, out }) => {
        if (!values.has(out)) return false;
        for (const { value } of inputs) values.add(value);
        return true;
      });
    return ops.reverse();
  }

  #write(op: ExportedOp): void {
    const { name } = op.primitive;
    const rule = name === "conv" ? conv : rules[name];
    if (rule === undefined) throw this.#b.refuse(`${name} has no form in ONNX`);
    for (const { shape } of [...op.inputs, op.out]) checkSize(name, shape);
    const { distribution } = op.params as { distribution?: Distribution };
    this.#b.write(distribution?.name ?? name, op.out, () => rule(this.#b, op));
  }

  /** A result under its name; what has another name already, or is no op's result, is copied. */
  #output(name: string, result: ExportedRef): void {
    const b = this.#b;
    let operand = b.read(result);
    const isFree = b.nodes.some(({ outputs }) => outputs.includes(operand)) && !this.#outputs.includes(operand);
    if (!isFree) operand = b.node("Identity", [operand]);
    operand.name = name;
    this.#outputs.push(operand);
  }

  /** What a program that runs the file needs to know of it, as JSON. */
  #metadata(): Record<string, string> {
    const { random } = this.#b;
    const state = this.#state.map(({ input, output }) => ({ input, output }));
    const draws = random.map(({ name, shape, distribution }) => ({ name, shape: shape.map(String), distribution }));
    return {
      ...(state.length > 0 && { "tendril.state": JSON.stringify(state) }),
      ...(draws.length > 0 && { "tendril.random": JSON.stringify(draws) }),
    };
  }
}

/** Runtimes do not agree on what is empty. */
function checkSize(what: string, shape: readonly Size[]): void {
  if (!shape.includes(0)) return;
  throw new ExportError(`toOnnx: ${what} has shape [${shape.join(", ")}]; export without axes of size 0`);
}
