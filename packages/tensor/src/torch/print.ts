// A step as Python: one line for each op, shapes as comments.
import { type DType, isFloat, type TypedArray } from "../dtype.ts";
import {
  ExportError,
  type ExportedOp,
  type ExportedRef,
  type ExportedStep,
  type ExportedValue,
  type SizedType,
} from "../export/graph.ts";
import { Affine } from "../export/size.ts";
import { type Operand, rules, torchType } from "./rules.ts";
import { broadcast, literal, Names, quoted, sameSizes, tuple } from "./text.ts";

/** Constants of up to so many elements are written as lists, and larger ones, up to `mostElements`, as base64. */
const mostListed = 64;
const mostElements = 1 << 20;

const typeText = ({ shape, dtype }: SizedType): string =>
  `${dtype === "float32" ? "" : `${dtype} `}[${shape.join(", ")}]`;

/** The body of a function that does a step. `read` gives what stands for a state where the function begins. */
export class Body {
  /** The arguments' names. */
  readonly parameters: readonly string[];
  /** Constants of the file, each on a line. */
  readonly constants: string[] = [];
  readonly #step: ExportedStep;
  readonly #names = new Names();
  readonly #nameOf = new Map<ExportedValue, string>();
  readonly #reads: string[] = [];
  readonly #ops: string[] = [];
  #usesDevice = false;

  constructor(step: ExportedStep, read: (state: ExportedStep["states"][number]) => string) {
    this.#step = step;
    this.parameters = step.inputs.map((input) => this.#named(input, input.origin.name));
    for (const state of step.states) {
      this.#reads.push(lineOf(`${this.#named(state, state.origin.name)} = ${read(state)}`, state));
    }
    const results = step.outputs.filter(({ result }) => sameSizes(result.shape, result.value.shape));
    const wanted = new Map(results.map(({ name, result }) => [result.value, name]));
    for (const op of step.ops) this.#print(op, wanted.get(op.out) ?? op.primitive.name);
    // Results may be constants: their lines come to the others.
    for (const { result } of [...step.outputs, ...step.writes]) this.text(result);
  }

  /** The lines, when all texts have been asked for. */
  get lines(): string[] {
    const batched = this.#step.inputs.findIndex(({ shape: [n] }) => n instanceof Affine);
    const [state] = this.#step.states;
    const owner = this.parameters[0] ?? (state && this.#nameOf.get(state));
    const device = [`device = ${owner === undefined ? '"cpu"' : `${owner}.device`}`];
    const isLate = this.parameters.length === 0; // a state's, which is read first
    return [
      ...(batched < 0 ? [] : [`N = ${this.parameters[batched]}.shape[0]`]),
      ...(this.#usesDevice && !isLate ? device : []),
      ...this.#reads,
      ...(this.#usesDevice && isLate ? device : []),
      ...this.#ops,
    ];
  }

  /** What the arguments and results are, for the function's docstring. */
  get signature(): string {
    const { inputs, outputs } = this.#step;
    const given = inputs.map((input, i) => `${this.parameters[i]}: ${typeText(input)}`).join(", ");
    // A docstring may hold no quotes, backslashes or control characters as they are.
    const shown = (name: string): string => (/["\\\p{C}]/u.test(name) ? quoted(name) : name);
    const results = outputs.map(({ name, result }) => `${shown(name)}: ${typeText(result)}`).join(", ");
    return `${given} -> ${results}`;
  }

  /** A tensor, for what follows the lines. */
  text(ref: ExportedRef, dtype?: DType): string {
    return this.#operand(ref).tensor(dtype);
  }

  #named(value: ExportedValue, wanted: string): string {
    const name = this.#names.of(wanted);
    this.#nameOf.set(value, name);
    return name;
  }

  #device(): string {
    this.#usesDevice = true;
    return ", device=device";
  }

  #variable(value: ExportedValue): string {
    return this.#nameOf.get(value) ?? this.#constant(value);
  }

  /** A line that makes a constant of several elements. */
  #constant(value: ExportedValue): string {
    const name = this.#named(value, "constant");
    const { elements } = value.origin as { elements: TypedArray };
    const [type, shape] = [torchType(value.dtype), tuple(value.shape)];
    if (elements.length > mostElements) {
      const what = `a tensor of ${elements.length} elements that has no name is part of the step`;
      throw new ExportError(`toTorch: ${what}; give it one in names, or make it an input`);
    }
    if (elements.length <= mostListed) {
      const list = [...elements].map((x) => literal(x, value.dtype)).join(", ");
      const made = `torch.tensor([${list}], dtype=${type}${this.#device()})`;
      this.#ops.push(lineOf(`${name} = ${made}.reshape(${shape})`, value));
    } else {
      const stored = `CONSTANT_${this.constants.length}`;
      this.constants.push(`${stored} = decode(${quoted(base64(elements))}, ${type}, ${shape})`);
      this.#device();
      this.#ops.push(lineOf(`${name} = ${stored}.to(device)`, value));
    }
    return name;
  }

  /** `isStretched`: the op stretches its operands, so that a number need not have their shape. */
  #operand({ value, shape, dtype }: ExportedRef, isStretched = false): Operand {
    const elements = value.origin.kind === "constant" ? value.origin.elements : [];
    const [number] = elements.length === 1 ? elements : [];
    const own = number !== undefined && isStretched ? [] : shape;
    const tensor = (as = dtype): string => {
      if (number !== undefined) {
        return `torch.full(${tuple(own)}, ${literal(number, as)}, dtype=${torchType(as)}${this.#device()})`;
      }
      const text = this.#variable(value) + (sameSizes(shape, value.shape) ? "" : `.reshape(${tuple(shape)})`);
      return as === dtype ? text : `${text}.to(${torchType(as)})`;
    };
    const as = (dtype?: DType): string =>
      number === undefined ? tensor(dtype) : literal(number, dtype ?? value.dtype);
    return { shape: own, dtype, isNumber: number !== undefined, as, tensor };
  }

  #print({ primitive, inputs, params, out }: ExportedOp, wanted: string): void {
    const [first] = inputs;
    if (primitive.kind === "check" && first?.value.origin.kind === "constant") return; // what holds without looking
    const rule = rules[primitive.name];
    if (rule === undefined) {
      const what = `${primitive.name} of shape [${out.shape}] has no rule`;
      throw new ExportError(`toTorch: ${what}; compute it before the step`);
    }
    const stretches = primitive.kind === "elementwise";
    const xs = inputs.map((ref) => this.#operand(ref, stretches));
    const text = rule({ xs, out, params, device: () => this.#device() });
    if (primitive.kind === "check") {
      this.#ops.push(text);
      return;
    }
    const isWhole = !stretches || sameSizes(broadcast(xs.map(({ shape }) => shape)), out.shape);
    const stretched = isWhole ? text : `(${text}).expand(${tuple(out.shape)})`;
    this.#ops.push(lineOf(`${this.#named(out, wanted)} = ${stretched}`, out));
  }
}

const lineOf = (code: string, type: SizedType): string => `${code.padEnd(62)}  # ${typeText(type)}`;

/** The elements' bytes, little-endian as on every machine that runs this. */
function base64({ buffer, byteOffset, byteLength }: TypedArray): string {
  let bytes = "";
  for (const byte of new Uint8Array(buffer, byteOffset, byteLength)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

/**
 * The loss as a quotient, for batches that come in parts: each part's numerators and denominators add up. It is one if
 * the step returned `weight` beside it, or if the op that makes it divides a sum by the number, or the weights, of the
 * rows; `undefined` for others. The denominator may not depend on what is trained.
 */
export function quotientOf(step: ExportedStep, body: Body): string | undefined {
  const output = (name: string): ExportedRef | undefined => step.outputs.find((out) => out.name === name)?.result;
  const loss = output("loss") ?? (step.outputs.length === 1 ? step.outputs[0]?.result : undefined);
  if (loss === undefined || !isFloat(loss.dtype) || loss.shape.length > 0) return undefined;
  const makers = new Map(step.ops.map((op) => [op.out, op]));
  const isTrained = ({ value }: ExportedRef): boolean =>
    value.origin.kind === "state"
      ? value.origin.tensor.requiresGrad
      : makers.get(value)?.inputs.some(isTrained) === true;
  const weight = output("weight");
  if (weight !== undefined) {
    if (weight.shape.length > 0 || isTrained(weight)) {
      const remedy = "return the one number that the loss was divided by, and that no parameter changes";
      throw new ExportError(`toTorch: weight of shape [${weight.shape}] is not a denominator of the loss; ${remedy}`);
    }
    return `${body.text(loss)} * ${body.text(weight, loss.dtype)}, ${body.text(weight, loss.dtype)}`;
  }
  const division = makers.get(loss.value);
  const [total, count] = division?.inputs ?? [];
  if (division?.primitive.name !== "div" || total === undefined || count === undefined) return undefined;
  const { origin } = count.value;
  if (origin.kind === "constant") {
    const [n] = origin.elements;
    const isProportional = n instanceof Affine ? n.b === 0 && !n.inverse : !step.isBatched;
    if (!isProportional) return undefined;
  } else if (isTrained(count)) return undefined;
  return `${body.text(total, loss.dtype)}, ${body.text(count, loss.dtype)}`;
}
