/// <reference path="./seedrandom-alea.d.ts" />
import alea from "seedrandom/lib/alea.js";
import { bind } from "./bind.ts";
import type { CreateOptions } from "./create.ts";
import { checkDType, type DType, type TypedArray } from "./dtype.ts";
import { ValueError } from "./errors.ts";
import { ge, le, logicalAnd } from "./ops/elementwise.ts";
import { ensure } from "./ops/ensure.ts";
import { definePrimitive, type Primitive } from "./primitive.ts";
import { checkShape, type Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** A source of random numbers: the same seed gives the same numbers, on every machine. */
export class Generator {
  readonly #next: () => number;

  constructor(seed: number | string) {
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

interface RandomParams {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly draw: (out: TypedArray) => void;
}

/** Fills a tensor by drawing. An op, not a constant: a compiled program draws anew at every call. */
const randomP: Primitive = definePrimitive<readonly Tensor[], RandomParams>({
  name: "random",
  effect: true, // numbers are drawn, so that those after them are the same as without compiling
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
  vjps: [],
});

function random(
  op: string,
  shape: Shape,
  fallback: DType,
  { generator, dtype = fallback, requiresGrad = false }: RandomOptions,
  fill: (out: TypedArray, next: () => number) => void,
): Tensor {
  checkDType(op, dtype);
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

/** Integers, uniform on `low` … `high − 1`; int32. */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ValueError(`randint: needs integers low < high, got ${low} and ${high}`);
  }
  const sample = each((next) => low + Math.floor(next() * (high - low)));
  return random("randint", shape, "int32", options, sample);
}

/** The numbers 0 … n − 1 in random order (Fisher and Yates), int32, [n]. */
export const permutation = (n: number, options: RandomOptions = {}): Tensor =>
  random("permutation", [n], "int32", options, (out, next) => {
    for (let i = 0; i < n; i++) {
      const j = Math.floor(next() * (i + 1));
      out[i] = out[j] as number;
      out[j] = i;
    }
  });

/** 1 with the probabilities `p`, else 0; of the shape and dtype of `p`. No gradient passes. */
export function bernoulli(p: Tensor, options: RandomOptions = {}): Tensor {
  ensure(logicalAnd(ge(p, 0), le(p, 1)), () => new ValueError("bernoulli: probabilities lie in [0, 1]"));
  const uniform = random(
    "bernoulli",
    p.shape,
    "float64",
    { generator: options.generator },
    each((next) => next()),
  );
  return uniform.lt(p.detach()).to(options.dtype ?? p.dtype);
}
