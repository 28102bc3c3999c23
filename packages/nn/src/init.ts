// Initial values of parameters, by PyTorch's rules.
import { Generator, noGrad, rand, randn, ShapeError, type Tensor } from "@tendril/tensor";
import { requireBetween, requireFinite, requireTensor, show } from "./check.ts";
import { checked, type Kinds } from "./options.ts";

// Each initialiser overwrites `x` in place, outside any graph, and returns it. All throw `ValueError` for what is no
// tensor, no option or no finite number.
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

const gains: Record<Nonlinearity, (slope: number) => number> = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (slope) => Math.sqrt(2 / (1 + slope ** 2)),
  selu: () => 3 / 4,
};
const nonlinearities = Object.keys(gains);

export interface UniformOptions extends Seeded {
  a?: number;
  b?: number;
}
export interface NormalOptions extends Seeded {
  mean?: number;
  std?: number;
}
export interface XavierOptions extends Seeded {
  gain?: number;
}

const uniformKinds: Kinds<UniformOptions> = { a: "number", b: "number", generator: Generator };
const normalKinds: Kinds<NormalOptions> = { mean: "number", std: "number", generator: Generator };
const xavierKinds: Kinds<XavierOptions> = { gain: "number", generator: Generator };
const kaimingKinds: Kinds<KaimingOptions> = {
  a: "number",
  mode: ["fanIn", "fanOut"],
  nonlinearity: nonlinearities,
  generator: Generator,
};

/** U[a, b). */
export function uniform(x: Tensor, options: UniformOptions = {}): Tensor {
  const { a = 0, b = 1, generator } = checked("uniform", options, uniformKinds);
  requireTensor("uniform", "x", x);
  requireFinite("uniform", "a", a);
  requireFinite("uniform", "b", b);
  const draw = rand(x.shape, { dtype: x.dtype, generator });
  return noGrad(() => x.assign(draw.mul(b - a).add(a)));
}

/** N(mean, std²). */
export function normal(x: Tensor, options: NormalOptions = {}): Tensor {
  const { mean = 0, std = 1, generator } = checked("normal", options, normalKinds);
  requireTensor("normal", "x", x);
  requireFinite("normal", "mean", mean);
  requireBetween("normal", "std", std, 0);
  const draw = randn(x.shape, { dtype: x.dtype, generator });
  return noGrad(() => x.assign(draw.mul(std).add(mean)));
}

export const constant = (x: Tensor, value: number): Tensor => fill("constant", x, value);
export const zeros = (x: Tensor): Tensor => fill("zeros", x, 0);
export const ones = (x: Tensor): Tensor => fill("ones", x, 1);

function fill(op: string, x: Tensor, value: number): Tensor {
  requireTensor(op, "x", x);
  requireFinite(op, "value", value);
  return noGrad(() => x.assign(value));
}

/** U(±gain·√(6 / (fanIn + fanOut))). Glorot & Bengio 2010. Throws for fewer than two axes. */
export function xavierUniform(x: Tensor, options: XavierOptions = {}): Tensor {
  const { gain = 1, generator } = checked("xavierUniform", options, xavierKinds);
  requireFinite("xavierUniform", "gain", gain);
  const { fanIn, fanOut } = fans("xavierUniform", x);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, { a: -bound, b: bound, generator });
}

/** N(0, gain²·2 / (fanIn + fanOut)). Glorot & Bengio 2010. Throws for fewer than two axes. */
export function xavierNormal(x: Tensor, options: XavierOptions = {}): Tensor {
  const { gain = 1, generator } = checked("xavierNormal", options, xavierKinds);
  requireFinite("xavierNormal", "gain", gain);
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
export function calculateGain(nonlinearity: Nonlinearity, options: { slope?: number } = {}): number {
  checked("calculateGain", { nonlinearity }, { nonlinearity: nonlinearities });
  const { slope = 0.01 } = checked("calculateGain", options, { slope: "number" });
  return gains[nonlinearity](slope);
}

function kaimingStd(op: string, x: Tensor, options: KaimingOptions): number {
  const { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" } = checked(op, options, kaimingKinds);
  requireFinite(op, "a", a);
  return calculateGain(nonlinearity, { slope: a }) / Math.sqrt(fans(op, x)[mode]);
}

/** How many inputs feed one output and the reverse, for a weight [out, in, ...kernel]. */
function fans(op: string, x: Tensor): { fanIn: number; fanOut: number } {
  requireTensor(op, "x", x);
  const [fanOut, fanIn, ...kernel] = x.shape;
  if (fanOut === undefined || fanIn === undefined) {
    throw new ShapeError(`${op}: needs a weight of shape [out, in, …], got ${show(x.shape)}; use uniform or normal`);
  }
  const receptive = kernel.reduce((size, n) => size * n, 1);
  return { fanIn: fanIn * receptive, fanOut: fanOut * receptive };
}
