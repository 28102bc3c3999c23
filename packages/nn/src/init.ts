import { type Generator, noGrad, rand, randn, ShapeError, type Tensor } from "@tendril/tensor";
import { show } from "./check.ts";

// Each initialiser overwrites `x` in place, outside any graph, and returns it.
// Source of all formulas: https://pytorch.org/docs/stable/nn.init.html

/** Where random values come from: the global generator if left out. */
interface Seeded {
  generator?: Generator;
}

export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

export interface KaimingOptions extends Seeded {
  /** The negative slope of the leaky ReLU that follows. */
  a?: number;
  /** Keep the variance of the forward pass (`fanIn`) or of the backward pass (`fanOut`). */
  mode?: "fanIn" | "fanOut";
  nonlinearity?: Nonlinearity;
}

/** U[a, b). */
export function uniform(x: Tensor, { a = 0, b = 1, generator }: { a?: number; b?: number } & Seeded = {}): Tensor {
  const draw = rand(x.shape, { dtype: x.dtype, generator });
  return noGrad(() => x.assign(draw.mul(b - a).add(a)));
}

/** N(mean, std²). */
export function normal(
  x: Tensor,
  { mean = 0, std = 1, generator }: { mean?: number; std?: number } & Seeded = {},
): Tensor {
  const draw = randn(x.shape, { dtype: x.dtype, generator });
  return noGrad(() => x.assign(draw.mul(std).add(mean)));
}

export const constant = (x: Tensor, value: number): Tensor => noGrad(() => x.assign(value));
export const zeros = (x: Tensor): Tensor => constant(x, 0);
export const ones = (x: Tensor): Tensor => constant(x, 1);

/** U(±gain·√(6 / (fanIn + fanOut))). Glorot & Bengio 2010. Throws for fewer than two axes. */
export function xavierUniform(x: Tensor, { gain = 1, generator }: { gain?: number } & Seeded = {}): Tensor {
  const { fanIn, fanOut } = fans("xavierUniform", x);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, { a: -bound, b: bound, generator });
}

/** N(0, gain²·2 / (fanIn + fanOut)). Glorot & Bengio 2010. Throws for fewer than two axes. */
export function xavierNormal(x: Tensor, { gain = 1, generator }: { gain?: number } & Seeded = {}): Tensor {
  const { fanIn, fanOut } = fans("xavierNormal", x);
  return normal(x, { std: gain * Math.sqrt(2 / (fanIn + fanOut)), generator });
}

/** U(±gain·√(3 / fan)). He et al. 2015. Throws for fewer than two axes. */
export function kaimingUniform(x: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd("kaimingUniform", x, options);
  return uniform(x, { a: -bound, b: bound, generator: options.generator });
}

/** N(0, gain² / fan). He et al. 2015. Throws for fewer than two axes. */
export const kaimingNormal = (x: Tensor, options: KaimingOptions = {}): Tensor =>
  normal(x, { std: kaimingStd("kaimingNormal", x, options), generator: options.generator });

/** By how much a nonlinearity shrinks the standard deviation of what passes through it, inverted. */
export function calculateGain(nonlinearity: Nonlinearity, { slope = 0.01 }: { slope?: number } = {}): number {
  switch (nonlinearity) {
    case "linear":
    case "sigmoid":
      return 1;
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + slope ** 2));
    case "selu":
      return 3 / 4;
  }
}

function kaimingStd(
  op: string,
  x: Tensor,
  { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" }: KaimingOptions,
): number {
  return calculateGain(nonlinearity, { slope: a }) / Math.sqrt(fans(op, x)[mode]);
}

/** How many inputs feed one output and the reverse, for a weight [out, in, ...kernel]. */
function fans(op: string, { shape }: Tensor): { fanIn: number; fanOut: number } {
  const [fanOut, fanIn, ...kernel] = shape;
  if (fanOut === undefined || fanIn === undefined) {
    throw new ShapeError(`${op}: needs a weight of shape [out, in, …], got ${show(shape)}; use uniform or normal`);
  }
  const receptive = kernel.reduce((size, n) => size * n, 1);
  return { fanIn: fanIn * receptive, fanOut: fanOut * receptive };
}
