/// <reference path="./seedrandom-alea.d.ts" />
import alea from "seedrandom/lib/alea.js";
import { bind, checkTensor } from "./bind.ts";
import { type CreateOptions, createKinds } from "./create.ts";
import { checkDType, type DType, isFloat, type TypedArray } from "./dtype.ts";
import { DTypeError, ValueError } from "./errors.ts";
import { ge, le, logicalAnd } from "./ops/elementwise.ts";
import { ensure } from "./ops/ensure.ts";
import { checkInteger, checkOptions, describeValue } from "./options.ts";
import { definePrimitive, type Primitive } from "./primitive.ts";
import { checkShape, type Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** A source of random numbers: the same seed gives the same numbers, on every machine. */
export class Generator {
  readonly #next: () => number;

  constructor(seed: number | string) {
    if (typeof seed !== "number" && typeof seed !== "string") {
      throw new ValueError(`Generator: a seed is a number or a string, got ${describeValue(seed)}`);
    }
    this.#next = alea(String(seed)).double;
  }

  /** The next number, uniform on [0, 1), with 53 random bits. */
  next(): number {
    return this.#next();
  }
}

let defaultGenerator = new Generator(`${Date.now()} ${Math.random()}`);

/**
 * Seeds the generator that is used where none is given. Without it, every run draws other numbers.
 * @see https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
export function manualSeed(seed: number | string): void {
  defaultGenerator = new Generator(seed);
}

/** How random tensors are made. */
export interface RandomOptions extends CreateOptions {
  /** Where the numbers come from. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}
const randomKinds = { ...createKinds, generator: Generator } as const;

interface RandomParams {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly draw: (out: TypedArray) => void;
}

/** Fills a tensor by drawing. An op, not a constant: a compiled program draws anew at every call. */
const randomP: Primitive = definePrimitive<readonly Tensor[], RandomParams>({
  name: "random",
  kind: "source",
  effect: true, // numbers are drawn, so that those after them are the same as without compiling
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  vjps: [],
});

function random(
  op: string,
  shape: Shape,
  fallback: DType,
  options: RandomOptions,
  fill: (out: TypedArray, next: () => number) => void,
): Tensor {
  checkOptions(op, options, randomKinds);
  const { generator, dtype = fallback, requiresGrad = false } = options;
  checkDType(op, dtype);
  if (isFloat(fallback) && !isFloat(dtype)) throw new DTypeError(`${op}: draws floats, not ${dtype}; use randint`);
  checkShape(op, shape);
  const draw = (out: TypedArray): void => {
    const source = generator ?? defaultGenerator;
    fill(out, () => source.next());
  };
  const t = bind(randomP, [], { shape: [...shape], dtype, draw });
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

const each =
  (sample: (next: () => number) => number) =>
  (out: TypedArray, next: () => number): void => {
    for (let i = 0; i < out.length; i++) out[i] = sample(next);
  };

/** Uniform on [0, 1). */
export const rand = (shape: Shape, options: RandomOptions = {}): Tensor =>
  random("rand", shape, "float32", options, (out, next) => {
    // Rounding to float32 must not reach 1: 24 bits are what a float32 below 1 can hold.
    const uniform = out instanceof Float32Array ? () => Math.floor(next() * 2 ** 24) / 2 ** 24 : next;
    each(uniform)(out, next);
  });

/** Standard normal: mean 0, variance 1, by Box and Muller's method. */
export const randn = (shape: Shape, options: RandomOptions = {}): Tensor =>
  random(
    "randn",
    shape,
    "float32",
    options,
    each((next) => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())),
  );

/** The integers that a dtype holds, all of them between these two. */
const integersIn = {
  bool: [0, 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  float32: [-(2 ** 24), 2 ** 24],
  float64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
} as const;

function checkHolds(op: string, low: number, high: number, { dtype = "int32" }: RandomOptions): void {
  checkDType(op, dtype);
  const [least, most] = integersIn[dtype];
  if (low >= least && high <= most) return;
  throw new ValueError(`${op}: ${low} … ${high} does not fit ${dtype}, which holds the integers ${least} … ${most}`);
}

/**
 * Integers, uniform on `low` … `high − 1`; int32 unless `dtype` says otherwise. Throws where the dtype cannot hold them
 * all.
 */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkOptions("randint", options, randomKinds);
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ValueError(`randint: needs integers low < high, got ${describeValue(low)} and ${describeValue(high)}`);
  }
  checkHolds("randint", low, high - 1, options);
  const sample = each((next) => low + Math.floor(next() * (high - low)));
  return random("randint", shape, "int32", options, sample);
}

/** The numbers 0 … n − 1 in random order (Fisher and Yates), int32, [n]. */
export function permutation(n: number, options: RandomOptions = {}): Tensor {
  checkInteger("permutation", "n", n, 0);
  checkOptions("permutation", options, randomKinds);
  checkHolds("permutation", 0, n - 1, options);
  return random("permutation", [n], "int32", options, (out, next) => {
    for (let i = 0; i < n; i++) {
      const j = Math.floor(next() * (i + 1));
      out[i] = out[j] as number;
      out[j] = i;
    }
  });
}

/** 1 with the probabilities `p`, else 0; of the shape and dtype of `p`. No gradient passes. */
export function bernoulli(p: Tensor, options: RandomOptions = {}): Tensor {
  checkTensor("bernoulli", "p", p);
  checkOptions("bernoulli", options, randomKinds);
  ensure(logicalAnd(ge(p, 0), le(p, 1)), () => new ValueError("bernoulli: probabilities lie in [0, 1]"));
  const uniform = random(
    "bernoulli",
    p.shape,
    "float64",
    { generator: options.generator },
    each((next) => next()),
  );
  const t = uniform.lt(p.detach()).to(options.dtype ?? p.dtype);
  if (options.requiresGrad) t.requiresGrad = true;
  return t;
}
