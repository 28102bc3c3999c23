/// <reference path="./seedrandom-alea.d.ts" />
// Random tensors, and the generator that their numbers come from.
import alea from "seedrandom/lib/alea.js";
import { bind, checkTensor } from "./bind.ts";
import { markCopy, shared } from "./copies.ts";
import { type CreateOptions, createKinds, leaf } from "./create.ts";
import { type DType, isFloat, type TypedArray } from "./dtype.ts";
import { DTypeError, ValueError } from "./errors.ts";
import { ge, le, logicalAnd } from "./ops/elementwise.ts";
import { ensure } from "./ops/ensure.ts";
import { checkInteger, checkOptions, describeValue, type OptionKind } from "./options.ts";
import { definePrimitive, type Primitive, type TensorType } from "./primitive.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/**
 * A source of random numbers: the same seed gives the same numbers, on every machine.
 * @throws {ValueError} when the seed is neither a number nor a string
 * @example
 * const generator = new Generator(7);
 * generator.next() // 0.3645951841044893
 * rand([2], { generator }) // tensor([0.1876, 0.1656])
 * @see https://pytorch.org/docs/stable/generated/torch.Generator.html
 */
export class Generator {
  readonly #state: { s0: number; s1: number; s2: number; c: number };

  constructor(seed: number | string) {
    if (typeof seed !== "number" && typeof seed !== "string") {
      throw new ValueError(`Generator: a seed is a number or a string, got ${describeValue(seed)}`);
    }
    this.#state = alea(String(seed), { state: true }).state();
  }

  /** The next number, uniform on [0, 1), with 53 random bits. */
  next(): number {
    return this.fill(new Float64Array(1))[0] as number;
  }

  /** @internal Writes the next numbers to all of `out`, and returns it. */
  fill(out: Float64Array): Float64Array {
    // Baagøe's Alea, as in seedrandom: multiply with carry, on fractions of 32 bits. Two of them make a number.
    let { s0, s1, s2, c } = this.#state;
    for (let i = 0; i < out.length; i++) {
      const first = 2091639 * s0 + c * 2 ** -32;
      const carry = Math.floor(first);
      const second = 2091639 * s1 + carry * 2 ** -32;
      c = Math.floor(second);
      s0 = s2;
      s1 = first - carry;
      s2 = second - c;
      out[i] = s1 + Math.floor(s2 * 2 ** 21) * 2 ** -53;
    }
    Object.assign(this.#state, { s0, s1, s2, c });
    return out;
  }
}

markCopy(Generator.prototype);

/** The generator that is used where none is given. */
const standard = shared("generator", () => ({ current: new Generator(`${Date.now()} ${Math.random()}`) }));

/**
 * Seeds the generator that is used where none is given. Without it, every run draws other numbers.
 * @throws {ValueError} when the seed is neither a number nor a string
 * @example
 * manualSeed(0);
 * const first = rand([2]);
 * manualSeed(0);
 * equal(rand([2]), first) // true
 * @see https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
export function manualSeed(seed: number | string): void {
  standard.current = new Generator(seed);
}

/** How random tensors are made. */
export interface RandomOptions extends CreateOptions {
  /** Where the numbers come from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}
export const randomKinds: Readonly<Record<string, OptionKind>> = { ...createKinds, generator: Generator };

/** What numbers are drawn, for exports: the function by name, and its arguments that are not tensors. */
export interface Distribution {
  /** The function that draws them. */
  readonly name: "rand" | "randn" | "randint" | "permutation" | "bernoulli" | "multinomial";
  /** The least number that randint draws. */
  readonly low?: number;
  /** One more than the largest that randint draws. */
  readonly high?: number;
}

interface RandomParams {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly distribution: Distribution;
  readonly draw: (out: TypedArray, p?: TypedArray) => void;
}

/** Fills a tensor by drawing. An op, not a constant: a compiled program draws anew at every call. */
const randomP: Primitive = definePrimitive<readonly Tensor[], RandomParams>({
  name: "random",
  kind: "source",
  effect: true, // numbers are drawn, so that those after them are the same as without compiling
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  vjps: [],
});

/** How a random tensor is drawn: anew, or, where `checkpoint` runs a function again, as the first time. */
export const drawing = { by: (draw: () => Tensor): Tensor => draw() };

/** Makes the elements of `out` from `start` on from uniform numbers; `p` are the elements of the op's input. */
export type Fill = (out: TypedArray, uniform: Float64Array, start: number, p: TypedArray) => void;
/** Throws for a dtype that cannot hold the elements. */
type Holds = (op: string, dtype: DType) => void;

/** So many elements are drawn at a time: their uniform numbers stay in the first cache. */
const block = 1024;

/** Every way of drawing ends here: `own` is the type of the result, unless the options say. */
export function random(
  op: Distribution["name"],
  own: TensorType,
  options: RandomOptions,
  checkHolds: Holds,
  fill: Fill,
  {
    perElement = 1,
    inputs = [],
    ...range
  }: { perElement?: number; inputs?: Tensor[]; low?: number; high?: number } = {},
): Tensor {
  const { generator } = checkOptions(op, options, randomKinds);
  const draw = (out: TypedArray, p = out): void => {
    const source = generator ?? standard.current;
    const uniform = new Float64Array(perElement * Math.min(block, out.length));
    for (let start = 0; start < out.length; start += block) {
      const count = perElement * Math.min(block, out.length - start);
      fill(out, source.fill(uniform.subarray(0, count)), start, p);
    }
  };
  return leaf(op, own, options, (type) => {
    checkHolds(op, type.dtype);
    return drawing.by(() => bind(randomP, inputs, { ...type, distribution: { name: op, ...range }, draw }));
  });
}

const floats: Holds = (op, dtype) => {
  if (!isFloat(dtype)) throw new DTypeError(`${op}: draws floats, not ${dtype}; use randint`);
};

/**
 * Uniform on [0, 1): a tensor of `shape`, float32 unless `dtype` says float64.
 * @throws {DTypeError} when the dtype is not a float
 * @throws {ShapeError} when the shape is not an array of sizes
 * @throws {ValueError} when an option is misspelt, or the generator is not a `Generator`
 * @example
 * manualSeed(0);
 * rand([3]) // tensor([0.5945, 0.1298, 0.4793])
 * @see https://pytorch.org/docs/stable/generated/torch.rand.html
 */
export const rand = (shape: Shape, options: RandomOptions = {}): Tensor =>
  random("rand", { shape, dtype: "float32" }, options, floats, (out, uniform, start) => {
    // Rounding to float32 must not reach 1: 24 bits are what a float32 below 1 can hold.
    const steps = out instanceof Float32Array ? 2 ** 24 : 2 ** 53;
    for (let i = 0; i < uniform.length; i++) out[start + i] = Math.floor((uniform[i] as number) * steps) / steps;
  });

/**
 * Standard normal, mean 0 and variance 1: a tensor of `shape`, float32 unless `dtype` says float64. By Box and Muller's
 * method.
 * @throws {DTypeError} when the dtype is not a float
 * @throws {ShapeError} when the shape is not an array of sizes
 * @throws {ValueError} when an option is misspelt, or the generator is not a `Generator`
 * @example
 * manualSeed(0);
 * randn([3]) // tensor([ 0.9210, -0.4738, -0.4663])
 * @see https://pytorch.org/docs/stable/generated/torch.randn.html
 */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  const normal: Fill = (out, uniform, start) => {
    for (let i = 0; i < uniform.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - (uniform[i] as number)));
      out[start + i / 2] = radius * Math.cos(2 * Math.PI * (uniform[i + 1] as number));
    }
  };
  return random("randn", { shape, dtype: "float32" }, options, floats, normal, { perElement: 2 });
}

/** The integers that a dtype holds, all of them between these two. */
const integersIn = {
  bool: [0, 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  float32: [-(2 ** 24), 2 ** 24],
  float64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const;

function integers(low: number, high: number): Holds {
  return (op, dtype) => {
    const [least, most] = integersIn[dtype];
    if (low >= least && high <= most) return;
    throw new ValueError(`${op}: ${low} … ${high} does not fit ${dtype}, which holds the integers ${least} … ${most}`);
  };
}

/**
 * Integers, uniform on `low` … `high − 1`: a tensor of `shape`, int32 unless `dtype` says otherwise.
 * @throws {ValueError} when low and high are not integers with low < high, or the dtype cannot hold them all
 * @throws {ShapeError} when the shape is not an array of sizes
 * @example
 * manualSeed(0);
 * randint(0, 10, [5]) // tensor([5, 1, 4, 6, 1], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.randint.html
 */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ValueError(`randint: needs integers low < high, got ${describeValue(low)} and ${describeValue(high)}`);
  }
  const count = high - low;
  const within: Fill = (out, uniform, start) => {
    for (let i = 0; i < uniform.length; i++) out[start + i] = low + Math.floor((uniform[i] as number) * count);
  };
  return random("randint", { shape, dtype: "int32" }, options, integers(low, high - 1), within, { low, high });
}

/**
 * The numbers 0 … n − 1 in random order, [n], int32. By Fisher and Yates' method.
 * @throws {ValueError} when n is not an integer ≥ 0, or the dtype cannot hold it
 * @example
 * manualSeed(0);
 * permutation(5) // tensor([4, 2, 3, 0, 1], dtype=int32)
 * @see https://pytorch.org/docs/stable/generated/torch.randperm.html
 */
export function permutation(n: number, options: RandomOptions = {}): Tensor {
  checkInteger("permutation", "n", n, 0);
  return random("permutation", { shape: [n], dtype: "int32" }, options, integers(0, n - 1), (out, uniform, start) => {
    for (let k = 0; k < uniform.length; k++) {
      const i = start + k;
      const j = Math.floor((uniform[k] as number) * (i + 1));
      out[i] = out[j] as number;
      out[j] = i;
    }
  });
}

/**
 * 1 with the probabilities `p`, else 0: [...] → [...], in the dtype of `p`. No gradient passes.
 * @throws {ValueError} when `p` is not a tensor, or a probability is outside [0, 1]
 * @example
 * manualSeed(0);
 * bernoulli(full([5], 0.5)) // tensor([0., 1., 1., 0., 1.])
 * @see https://pytorch.org/docs/stable/generated/torch.bernoulli.html
 */
export function bernoulli(p: Tensor, options: RandomOptions = {}): Tensor {
  checkTensor("bernoulli", "p", p);
  checkOptions("bernoulli", options, randomKinds);
  ensure(logicalAnd(ge(p, 0), le(p, 1)), () => new ValueError("bernoulli: probabilities lie in [0, 1]"));
  const coin: Fill = (out, uniform, start, p) => {
    for (let i = 0; i < uniform.length; i++) out[start + i] = Number((uniform[i] as number) < (p[start + i] as number));
  };
  return random("bernoulli", p, options, () => {}, coin, { inputs: [p] });
}
