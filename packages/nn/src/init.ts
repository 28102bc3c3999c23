// Initial values of parameters, by PyTorch's rules.
import { Generator, noGrad, rand, randn, ShapeError, type Tensor } from "@tendril/tensor";
import { requireBetween, requireFinite, requireTensor, show } from "./check.ts";
import { checked, type Kinds } from "./options.ts";

// Each initialiser overwrites `x` in place, outside any graph, and returns it.
// Source of all formulas: https://pytorch.org/docs/stable/nn.init.html

interface Seeded {
  /** Where values are drawn from. Default the global generator, which `manualSeed` seeds. */
  generator?: Generator;
}

/** What follows a layer, for which its weights are scaled. */
export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

/** The options of `kaimingUniform` and `kaimingNormal`. */
export interface KaimingOptions extends Seeded {
  /** The negative slope of the leaky ReLU that follows. Default 0. */
  a?: number;
  /** Whether to keep the variance of the forward pass, `"fanIn"`, or of the backward pass, `"fanOut"`. Default `"fanIn"`. */
  mode?: "fanIn" | "fanOut";
  /** What follows the layer. Default `"leakyRelu"`. */
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
const nonlinearities = /* @__PURE__ */ Object.keys(gains);

/** The options of `uniform`. */
export interface UniformOptions extends Seeded {
  /** The least value. Default 0. */
  a?: number;
  /** The value that all are below. Default 1. */
  b?: number;
}

/** The options of `normal`. */
export interface NormalOptions extends Seeded {
  /** The mean. Default 0. */
  mean?: number;
  /** The standard deviation. Default 1. */
  std?: number;
}

/** The options of `xavierUniform` and `xavierNormal`. */
export interface XavierOptions extends Seeded {
  /** What values are multiplied by, such as `calculateGain("relu")`. Default 1. */
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

/**
 * Overwrites x [...] with draws from U[a, b), and returns it.
 * @throws {ValueError} when x is not a tensor, a number is not finite, or an option is unknown or of another kind
 * @throws {DTypeError} when x is not a float
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @example
 * const w = init.uniform(parameter(zeros([2, 3])), { a: -1, b: 1 });
 * w.abs().le(1).all() // tensor(true)
 */
export function uniform(x: Tensor, options: UniformOptions = {}): Tensor {
  const { a = 0, b = 1, generator } = checked("uniform", options, uniformKinds);
  requireTensor("uniform", "x", x);
  requireFinite("uniform", "a", a);
  requireFinite("uniform", "b", b);
  const draw = rand(x.shape, { dtype: x.dtype, generator });
  return noGrad(() => x.assign(draw.mul(b - a).add(a)));
}

/**
 * Overwrites x [...] with draws from N(mean, std²), and returns it.
 * @throws {ValueError} when x is not a tensor, a number is not finite, std is negative, or an option is unknown or of another
 *   kind
 * @throws {DTypeError} when x is not a float
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @example
 * init.normal(parameter(zeros([2, 3])), { std: 0.02 }).shape // [2, 3]
 */
export function normal(x: Tensor, options: NormalOptions = {}): Tensor {
  const { mean = 0, std = 1, generator } = checked("normal", options, normalKinds);
  requireTensor("normal", "x", x);
  requireFinite("normal", "mean", mean);
  requireBetween("normal", "std", std, 0);
  const draw = randn(x.shape, { dtype: x.dtype, generator });
  return noGrad(() => x.assign(draw.mul(std).add(mean)));
}

/**
 * Overwrites x [...] with one value, and returns it.
 * @throws {ValueError} when x is not a tensor, or the value not finite
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @example
 * init.constant(parameter(zeros([2])), 0.5) // tensor([0.5000, 0.5000], requiresGrad=true)
 */
export const constant = (x: Tensor, value: number): Tensor => fill("constant", x, value);

/**
 * Overwrites x [...] with 0, and returns it.
 * @throws {ValueError} when x is not a tensor
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @example
 * init.zeros(parameter(tensor([1, 2]))) // tensor([0., 0.], requiresGrad=true)
 */
export const zeros = (x: Tensor): Tensor => fill("zeros", x, 0);

/**
 * Overwrites x [...] with 1, and returns it.
 * @throws {ValueError} when x is not a tensor
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @example
 * init.ones(parameter(tensor([0, 2]))) // tensor([1., 1.], requiresGrad=true)
 */
export const ones = (x: Tensor): Tensor => fill("ones", x, 1);

function fill(op: string, x: Tensor, value: number): Tensor {
  requireTensor(op, "x", x);
  requireFinite(op, "value", value);
  return noGrad(() => x.assign(value));
}

/**
 * Overwrites x [out, in, ...kernel] with draws from U(±gain·√(6 / (fanIn + fanOut))), and returns it.
 * @throws {ValueError} when x is not a tensor, a number is not finite, or an option is unknown or of another kind
 * @throws {DTypeError} when x is not a float
 * @throws {ShapeError} when x has fewer than two axes
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @see Glorot & Bengio 2010
 * @example
 * const w = init.xavierUniform(parameter(zeros([4, 2])));
 * w.abs().le(1).all() // tensor(true)
 */
export function xavierUniform(x: Tensor, options: XavierOptions = {}): Tensor {
  const { gain = 1, generator } = checked("xavierUniform", options, xavierKinds);
  requireFinite("xavierUniform", "gain", gain);
  const { fanIn, fanOut } = fans("xavierUniform", x);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, { a: -bound, b: bound, generator });
}

/**
 * Overwrites x [out, in, ...kernel] with draws from N(0, gain²·2 / (fanIn + fanOut)), and returns it.
 * @throws {ValueError} when x is not a tensor, a number is not finite, or an option is unknown or of another kind
 * @throws {DTypeError} when x is not a float
 * @throws {ShapeError} when x has fewer than two axes
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @see Glorot & Bengio 2010
 * @example
 * init.xavierNormal(parameter(zeros([4, 2])), { gain: init.calculateGain("tanh") }).shape // [4, 2]
 */
export function xavierNormal(x: Tensor, options: XavierOptions = {}): Tensor {
  const { gain = 1, generator } = checked("xavierNormal", options, xavierKinds);
  requireFinite("xavierNormal", "gain", gain);
  const { fanIn, fanOut } = fans("xavierNormal", x);
  return normal(x, { std: gain * Math.sqrt(2 / (fanIn + fanOut)), generator });
}

/**
 * Overwrites x [out, in, ...kernel] with draws from U(±gain·√(3 / fan)), and returns it.
 * @throws {ValueError} when x is not a tensor, a number is not finite, or an option is unknown or of another kind
 * @throws {DTypeError} when x is not a float
 * @throws {ShapeError} when x has fewer than two axes
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @see He et al. 2015
 * @example
 * const w = init.kaimingUniform(parameter(zeros([4, 3])), { nonlinearity: "relu" });
 * w.abs().le(Math.SQRT2).all() // tensor(true)
 */
export function kaimingUniform(x: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd("kaimingUniform", x, options);
  return uniform(x, { a: -bound, b: bound, generator: options.generator });
}

/**
 * Overwrites x [out, in, ...kernel] with draws from N(0, gain² / fan), and returns it.
 * @throws {ValueError} when x is not a tensor, a number is not finite, or an option is unknown or of another kind
 * @throws {DTypeError} when x is not a float
 * @throws {ShapeError} when x has fewer than two axes
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @see He et al. 2015
 * @example
 * init.kaimingNormal(parameter(zeros([8, 3, 5, 5])), { mode: "fanOut", nonlinearity: "relu" }).shape // [8, 3, 5, 5]
 */
export const kaimingNormal = (x: Tensor, options: KaimingOptions = {}): Tensor =>
  normal(x, { std: kaimingStd("kaimingNormal", x, options), generator: options.generator });

/**
 * The factor of weights that keeps the standard deviation through a layer and its nonlinearity: √2 for ReLU.
 * @throws {ValueError} when the nonlinearity is unknown, or an option is unknown or of another kind
 * @see https://pytorch.org/docs/stable/nn.init.html
 * @example
 * init.calculateGain("tanh") // 1.6666666666666667
 */
export function calculateGain(
  nonlinearity: Nonlinearity,
  options: {
    /** The negative slope of `"leakyRelu"`. Default 0.01. */
    slope?: number;
  } = {},
): number {
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
