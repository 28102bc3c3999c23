// An ONNX graph while it is built: nodes, constants, and arithmetic of shapes that follow the batch size.
import { allocate, type DType } from "../dtype.ts";
import { ExportError, type ExportedRef, type ExportedValue } from "../export/graph.ts";
import type { Affine, Size } from "../export/size.ts";
import type { Distribution } from "../random.ts";
import {
  type Attributes,
  type ElementType,
  elementTypes,
  type GraphNode,
  type Initializer,
  type Operand,
} from "./model.ts";

/** Random numbers that whoever runs the graph draws for each call. */
export interface RandomInput {
  /** The name of the graph's input. */
  readonly name: string;
  /** Sizes that follow the batch have their value for a batch of n examples by `at(n)`. */
  readonly shape: readonly Size[];
  /** Of its elements. */
  readonly dtype: DType;
  /** Which numbers: as `rand`, `randn`, `permutation` draw them, or `randint` from `low` to `high` − 1. */
  readonly distribution: Distribution;
}

/** The type of a node's result. Default: its inputs stretched to one shape, the dtype of the first. */
type ResultType = Partial<Pick<Operand, "shape" | "dtype">>;

/** Shapes are the same for every batch. */
export const sameSizes = (a: readonly Size[], b: readonly Size[]): boolean => `${a}` === `${b}`;

function broadcast(shapes: readonly (readonly Size[])[]): Size[] {
  const axes = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: axes }, (_, i) => {
    const sizes = shapes.map((shape) => shape[shape.length - axes + i] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
}

export class Builder {
  readonly nodes: GraphNode[] = [];
  readonly initializers: Initializer[] = [];
  readonly random: (RandomInput & Operand)[] = [];
  readonly #names = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #operands = new Map<ExportedValue, Operand>();
  /** Constants and rearranged operands by what they are, so that each is there once. */
  readonly #known = new Map<string, Operand>();
  readonly #ids = new Map<Operand, number>();
  /** What nodes are called after: the op that is written now. */
  #label = "shape";

  /** `batch`: an input whose first axis is the batch. Errors begin with `op`. */
  constructor(
    readonly op: string,
    readonly batch: Operand | undefined,
  ) {}

  refuse(what: string): ExportError {
    return new ExportError(`${this.op}: ${what}`);
  }

  /** An input for random numbers. */
  draw(distribution: Distribution, shape: readonly Size[], dtype: DType): Operand {
    const input = { name: this.unique(`random_${this.random.length}`), shape, dtype, distribution };
    this.random.push(input);
    return input;
  }

  /** A name that nothing else has: `name`, or with a number behind it. */
  unique(name: string): string {
    let free = name;
    for (let i = 1; this.#names.has(free); i++) free = `${name}_${i}`;
    this.#names.add(free);
    return free;
  }

  /** Writes an op by its rule; its nodes are called after it, its result has its name. */
  write(primitive: string, value: ExportedValue, rule: () => Operand): void {
    const count = this.#counts.get(primitive) ?? 0;
    this.#counts.set(primitive, count + 1);
    this.#label = this.unique(`${primitive}_${count}`);
    const first = this.nodes.length;
    const result = rule();
    if (this.nodes.slice(first).some(({ outputs }) => outputs.includes(result))) result.name = this.#label;
    this.#operands.set(value, result);
    this.#label = "shape";
  }

  /** What stands for a value that is no op's result. */
  define(value: ExportedValue, operand: Operand): void {
    this.#operands.set(value, operand);
  }

  node(type: string, inputs: readonly Operand[], attributes: Attributes = {}, result: ResultType = {}): Operand {
    return this.nodeOf(type, inputs, attributes, [result])[0] as Operand;
  }

  /** A node with several results. */
  nodeOf(type: string, inputs: readonly Operand[], attributes: Attributes, results: readonly ResultType[]): Operand[] {
    const outputs = results.map(({ shape, dtype }) => ({
      name: this.unique(`${this.#label}.${type}`),
      shape: shape ?? broadcast(inputs.map((x) => x.shape)),
      dtype: dtype ?? (inputs[0] as Operand).dtype,
    }));
    this.nodes.push({ name: (outputs[0] as Operand).name, type, inputs, outputs, attributes });
    return outputs;
  }

  /** Elements that are known; `name` is free, where one is given. */
  constant(dtype: ElementType, shape: readonly number[], elements: ArrayLike<number>, name?: string): Operand {
    const key =
      name === undefined && elements.length <= 16 ? `${dtype} ${shape}: ${Array.from(elements, showSign)}` : null;
    const known = key === null ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const operand: Operand = { name: name ?? this.unique("constant"), shape, dtype };
    this.initializers.push({ operand, data: rawBytes(dtype, elements) });
    if (key !== null) this.#known.set(key, operand);
    return operand;
  }

  /** A number, which may follow the batch size. */
  number(value: Size, dtype: ElementType): Operand {
    if (typeof value === "number") return this.constant(dtype, [], [value]);
    return this.#once(`number ${value} ${dtype}`, () => {
      const n = this.cast(this.reshape(this.#batchSize(), []), "float64");
      const scaled = this.node("Mul", [n, this.number(value.a, "float64")]);
      const sum = this.node("Add", [scaled, this.number(value.b, "float64")]);
      return this.cast(value.inverse ? this.node("Div", [this.number(1, "float64"), sum]) : sum, dtype);
    });
  }

  /** Sizes or positions as a list, int64. */
  ints(list: readonly Size[]): Operand {
    if (list.every((n) => typeof n === "number")) return this.constant("int64", [list.length], list as number[]);
    return this.#once(`ints ${list}`, () => {
      const parts = list.map((n) => (typeof n === "number" ? this.constant("int64", [1], [n]) : this.#size(n)));
      return parts.length === 1
        ? (parts[0] as Operand)
        : this.node("Concat", parts, { axis: 0 }, { shape: [list.length] });
    });
  }

  #size(n: Affine): Operand {
    if (!Number.isInteger(n.a) || !Number.isInteger(n.b) || n.inverse) {
      throw this.refuse(`a size is ${n} for batch size N, which is no integer; leave out batch`);
    }
    return this.#once(`size ${n}`, () => {
      const scaled =
        n.a === 1 ? this.#batchSize() : this.node("Mul", [this.#batchSize(), this.constant("int64", [1], [n.a])]);
      return n.b === 0 ? scaled : this.node("Add", [scaled, this.constant("int64", [1], [n.b])]);
    });
  }

  #batchSize(): Operand {
    const { batch } = this;
    if (batch === undefined) throw this.refuse(`a size follows the batch size, but no input has it`);
    return this.#once("N", () => this.node("Shape", [batch], { start: 0, end: 1 }, { shape: [1], dtype: "int64" }));
  }

  /** What an op reads. Without `whole`, one number that fills the operand may stay a number. */
  read({ value, shape, dtype }: ExportedRef, { whole = true }: { whole?: boolean } = {}): Operand {
    const { origin } = value;
    if (origin.kind === "constant" && origin.elements.length === 1) {
      const one = this.number(origin.elements[0] as Size, dtype);
      return whole ? this.expand(one, shape) : one;
    }
    let operand = this.#operands.get(value);
    if (operand === undefined && origin.kind === "constant") {
      operand = this.constant(dtype, value.shape as number[], origin.elements as ArrayLike<number>);
      this.#operands.set(value, operand);
    }
    if (operand === undefined) throw this.refuse(`an op reads a value that nothing has made`);
    return this.reshape(operand, shape);
  }

  cast(x: Operand, dtype: ElementType): Operand {
    if (x.dtype === dtype) return x;
    return this.#of(x, `as ${dtype}`, () => this.node("Cast", [x], { to: elementTypes[dtype] }, { dtype }));
  }

  reshape(x: Operand, shape: readonly Size[]): Operand {
    if (sameSizes(x.shape, shape)) return x;
    return this.#of(x, `reshaped ${shape}`, () => this.node("Reshape", [x, this.ints(shape)], {}, { shape }));
  }

  expand(x: Operand, shape: readonly Size[]): Operand {
    if (sameSizes(x.shape, shape)) return x;
    return this.#of(x, `expanded ${shape}`, () => this.node("Expand", [x, this.ints(shape)], {}, { shape }));
  }

  transpose(x: Operand, perm: readonly number[]): Operand {
    if (perm.every((axis, i) => axis === i)) return x;
    const shape = perm.map((axis) => x.shape[axis] as Size);
    return this.#of(x, `transposed ${perm}`, () => this.node("Transpose", [x], { perm }, { shape }));
  }

  /** The reduction over some axes, which stay with size 1. Over none it is x. */
  reduce(type: "ReduceSum" | "ReduceMax" | "ReduceMin", x: Operand, dims: readonly number[]): Operand {
    if (dims.length === 0) return x;
    const shape = x.shape.map((n, axis) => (dims.includes(axis) ? 1 : n));
    if (type === "ReduceSum") return this.node(type, [x, this.ints(dims)], { keepdims: 1 }, { shape });
    return this.node(type, [x], { axes: dims, keepdims: 1 }, { shape });
  }

  /** `make`, or what it gave before for the same operand. */
  #of(x: Operand, what: string, make: () => Operand): Operand {
    const id = this.#ids.get(x) ?? this.#ids.size;
    this.#ids.set(x, id);
    return this.#once(`${id} ${what}`, make);
  }

  #once(key: string, make: () => Operand): Operand {
    const known = this.#known.get(key) ?? make();
    this.#known.set(key, known);
    return known;
  }
}

/** −0 is not 0. */
const showSign = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

function rawBytes(dtype: ElementType, elements: ArrayLike<number>): Uint8Array {
  if (dtype === "int64") return new Uint8Array(BigInt64Array.from(Array.from(elements, BigInt)).buffer);
  const data = allocate(dtype as DType, elements.length);
  data.set(elements);
  return new Uint8Array(data.buffer);
}
