// The class Tensor, and the storage of its elements.
import { markCopy } from "./copies.ts";
import { allocateFor, type DType, isFloat, type TypedArray, writeElements } from "./dtype.ts";
import { GradError, ShapeError, ValueError } from "./errors.ts";
import type { Methods } from "./methods.ts";
import { type NestedArray, nest } from "./nested.ts";
import { describeValue } from "./options.ts";
import type { Node, TensorType } from "./primitive.ts";
import { format } from "./print.ts";
import { type Recorder, recording } from "./recorder.ts";
import { type Shape, sameShape, show, sizeOf } from "./shape.ts";

/** What ops take: a tensor, or numbers that become one (and take the dtype of the tensors beside them). */
export type TensorLike = Tensor | number | boolean | NestedArray;

/** Axes: one, several, or (left out) all of them. Negative ones count from the end. */
export type Dims = number | readonly number[];

let storages = 0;
const noClone = Symbol("a tensor: send toTransfer(x), see fromTransfer");

/** The elements of one or more tensors (a reshape and a detach share them), with a count of in-place changes. */
export class Storage {
  version = 0;
  readonly #id: number = ++storages;
  /** The trace in which this was made, if any: its elements are a constant of that trace. */
  readonly madeIn: Recorder | null = recording.current;
  /** A symbol cannot be cloned: `postMessage` and `structuredClone` throw, instead of copying what is in here. */
  readonly noClone: symbol = noClone;
  constructor(
    /** Raw elements; does not notify the recorder. */
    readonly elements: TypedArray,
  ) {}
  /** Its number: no other storage ever has it. (Hidden, so that test tools take equal elements for equal.) */
  get id(): number {
    return this.#id;
  }
  get data(): TypedArray {
    recording.current?.read(this);
    return this.elements;
  }
  /** The elements for printing; `null` where there are none yet, since they are being traced. */
  get known(): TypedArray | null {
    return recording.current === null ? this.elements : recording.current.known(this);
  }
}

/**
 * An n-dimensional array of numbers, [...], that remembers how it was computed. Make one with `tensor`, `zeros`,
 * `randn`, … Most ops are methods too: `add(x, y)` is `x.add(y)`. Functions only are `where`, `cat`, `stack`, `oneHot`
 * and `embedding`, and what costs nothing where it is not imported, such as `einsum`.
 * @throws {TraceError} when its elements are read in a step that is being compiled
 * @example
 * const x = tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * x.matmul(x.T).sum().backward();
 * x.grad // tensor([[ 8., 12.], [ 8., 12.]])
 * @see https://pytorch.org/docs/stable/tensors.html
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: methods.ts defines every method that is declared there
export class Tensor {
  /** @internal How this tensor was computed; `null` for a leaf. */
  node: Node | null = null;
  #grad: Tensor | null = null;
  #requiresGrad = false;

  /** @internal Use `tensor(…)`. */
  constructor(
    /** @internal */ readonly storage: Storage,
    /** Sizes of the axes, outermost first. */
    readonly shape: Shape,
    /** What the elements are: float32, float64, int32 or bool. */
    readonly dtype: DType,
  ) {
    recording.current?.made(this);
  }

  /**
   * The gradient that `backward()` has accumulated here; `null` before. Only leaves that require it have one.
   * @throws {ShapeError} when it is set to anything but `null` or a tensor of this shape
   */
  get grad(): Tensor | null {
    recording.current?.gradient(this, true);
    return this.#grad;
  }
  set grad(value: Tensor | null) {
    if (value !== null && (!(value instanceof Tensor) || !sameShape(value.shape, this.shape)))
      throw new ShapeError(`grad: must be null or a tensor ${show(this.shape)}, got ${describeValue(value)}`);
    recording.current?.gradient(this, false);
    this.#grad = value;
  }
  /** The elements, row-major. A view, not a copy: treat it as read-only, and change a leaf with `assign`. */
  get data(): TypedArray {
    return this.storage.data;
  }
  /** How many elements there are. */
  get size(): number {
    return sizeOf(this.shape);
  }
  /** How many axes there are. */
  get ndim(): number {
    return this.shape.length;
  }
  /** Whether this tensor was made directly, rather than computed from tensors that require a gradient. */
  get isLeaf(): boolean {
    return this.node === null;
  }
  /** Whether `backward()` reaches this tensor. Settable on leaves of a floating dtype. */
  get requiresGrad(): boolean {
    recording.current?.flag(this);
    return this.#requiresGrad || this.node !== null;
  }
  set requiresGrad(value: boolean) {
    if (typeof value !== "boolean") {
      throw new ValueError(`requiresGrad: must be a boolean, got ${describeValue(value)}`);
    }
    if (this.node !== null)
      throw new GradError("requiresGrad: can be set on leaves only, and this tensor was computed; use x.detach()");
    if (value && !isFloat(this.dtype)) {
      throw new GradError(`requiresGrad: only floats have gradients, this is ${this.dtype}; use .to("float32")`);
    }
    recording.current?.flag(this);
    this.#requiresGrad = value;
  }

  /**
   * The only element as a number (a bool gives 0 or 1).
   * @throws {ShapeError} when there is not exactly one element
   * @example
   * tensor([[7]]).item() // 7
   */
  item(): number {
    if (this.size !== 1) throw new ShapeError(`item: needs exactly one element, got shape ${show(this.shape)}`);
    return this.data[0] as number;
  }
  /**
   * The elements as nested arrays (a 0-d tensor gives its number); a bool tensor gives booleans. Throws only in a step
   * that is being compiled.
   * @throws {TraceError} in a step that is being compiled
   * @example
   * tensor([[1, 2], [3, 4]]).toArray() // [[1, 2], [3, 4]]
   */
  toArray(): number | boolean | NestedArray {
    return nest<number | boolean>(this.data, this.shape, this.dtype === "bool" ? (x) => x !== 0 : (x) => x);
  }
  /**
   * What `JSON.stringify` writes: the elements are a flat list, and those that JSON has no numbers for ("NaN",
   * "Infinity", "-Infinity", "-0") are strings. `tensor(data.map(Number), { shape, dtype })` makes it a tensor again.
   * @throws {TraceError} in a step that is being compiled
   * @example
   * JSON.stringify(tensor([[1, 2]])) // {"dtype":"float32","shape":[1,2],"data":[1,2]}
   */
  toJSON(): { dtype: DType; shape: Shape; data: (number | boolean | string)[] } {
    const { dtype, shape } = this;
    return { dtype, shape, data: Array.from(this.data, dtype === "bool" ? (x) => x !== 0 : forJSON) };
  }
  /**
   * PyTorch's way of printing: aligned columns, long axes shortened, dtype and requiresGrad where not the default.
   * Never throws.
   * @example
   * tensor([1.5, -2]).toString() // ?
   */
  toString(): string {
    return format(this);
  }
}

markCopy(Tensor.prototype);

/** What can be done with a tensor: every op, and how gradients are asked for. Defined in methods.ts. */
export interface Tensor extends Methods {}

/** A new leaf with a copy of `values`, as many as its shape has room for. */
export function makeTensor(op: string, values: ArrayLike<number | boolean>, { shape, dtype }: TensorType): Tensor {
  const data = allocateFor(op, { shape, dtype });
  writeElements(op, { shape, dtype, data }, values);
  return new Tensor(new Storage(data), shape, dtype);
}

function forJSON(x: number): number | boolean | string {
  if (Object.is(x, -0)) return "-0";
  return Number.isFinite(x) ? x : String(x);
}

// `x < y` would compare strings, and `x + 1` join them: a tensor becomes a string only where one is asked for.
Object.defineProperty(Tensor.prototype, Symbol.toPrimitive, {
  value(this: Tensor, hint: string): string {
    if (hint === "string") return format(this);
    const why = `a tensor ${show(this.shape)} is not a number, and operators such as <, == and + do not work on it`;
    throw new ValueError(`${why}; use x.item() for its number, x.lt(y), x.add(y), … for ops on tensors, or String(x)`);
  },
});

// What console.log shows in Node, lined up also inside other objects.
Object.defineProperty(Tensor.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: Tensor, _depth: number, { indentationLvl = 0 }: { indentationLvl?: number } = {}): string {
    return format(this).replaceAll("\n", `\n${" ".repeat(indentationLvl)}`);
  },
});
