// Elementwise kernels: one JavaScript function for each op.
import { allocate, resultType, type TypedArray, writeElements } from "../../dtype.ts";
import { ValueError } from "../../errors.ts";
import { broadcastMap, wholeMap } from "../../index-map.ts";
import type { NDArray } from "../../primitive.ts";
import { copy } from "../copy.ts";
import type { Kernel } from "./index.ts";

/** An operand's elements: as many as the output has, or one. `meeting`: the operands that are promoted together. */
function elements({ data, shape, dtype }: NDArray, out: NDArray, meeting: readonly NDArray[]): TypedArray {
  // A 0-d float64 beside float32 takes part as a float32.
  if (data.length === 1)
    return dtype === "float64" && resultType(meeting) === "float32" ? Float32Array.from(data) : data;
  if (data.length === out.data.length) return data;
  const stretched = allocate(dtype, out.data.length);
  copy(stretched, wholeMap(out.shape), data, broadcastMap(wholeMap(shape), out.shape));
  return stretched;
}

/** A sum or product of booleans is a boolean again. */
function asTruth({ data, dtype }: NDArray): void {
  if (dtype === "bool") for (let i = 0; i < data.length; i++) data[i] = data[i] === 0 ? 0 : 1;
}

const unary =
  (f: (x: number) => number): Kernel =>
  (out, [x]) => {
    const { data } = out;
    const from = (x as NDArray).data;
    for (let i = 0; i < data.length; i++) data[i] = f(from[i] as number);
  };

const binary =
  (f: (a: number, b: number) => number | boolean): Kernel =>
  (out, inputs) => {
    const { data } = out;
    const x = elements(inputs[0] as NDArray, out, inputs);
    const y = elements(inputs[1] as NDArray, out, inputs);
    const p = Number(x.length > 1);
    const q = Number(y.length > 1);
    if (p + q === 2) for (let i = 0; i < data.length; i++) data[i] = Number(f(x[i] as number, y[i] as number));
    else for (let i = 0; i < data.length; i++) data[i] = Number(f(x[i * p] as number, y[i * q] as number));
    asTruth(out);
  };

/** 1 / (1 + e⁻ˣ), in the form in which the power cannot overflow. */
function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

function roundHalfToEven(x: number): number {
  const nearest = Math.round(x);
  return nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/**
 * erf to double precision: below 2.5 the series 2/√π · e^(−x²) Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!, whose terms are all positive; above,
 * 1 − erfc by its continued fraction, e^(−x²)/√π · 1/(x + ½/(x + 1/(x + 1½/(x + …)))).
 * Abramowitz & Stegun, 7.1.6 and 7.1.14.
 */
function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a > 0 && a <= 6)) return Math.sign(x); // 0, NaN; and beyond 6 erf is 1 to the last bit
  const scale = Math.exp(-a * a) / Math.sqrt(Math.PI);
  if (a < 2.5) {
    let total = 0;
    for (let n = 0, term = 2 * x; Math.abs(term) > 1e-17 * Math.abs(total); n++, term *= (2 * x * x) / (2 * n + 1))
      total += term;
    return scale * total;
  }
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - scale / fraction);
}

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  // Integers wrap around as in C: a plain product would lose its low bits beyond 2⁵³.
  mul: (out, inputs, params) => (out.dtype === "int32" ? mulInt : mulFloat)(out, inputs, params),
  div: binary((a, b) => a / b),
  pow: (out, inputs, params) => (out.dtype === "int32" ? powInt : powFloat)(out, inputs, params),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  xlogy: binary((x, y) => (x === 0 && !Number.isNaN(y) ? 0 : x * Math.log(y))),
  eq: binary((a, b) => a === b),
  ne: binary((a, b) => a !== b),
  lt: binary((a, b) => a < b),
  le: binary((a, b) => a <= b),
  gt: binary((a, b) => a > b),
  ge: binary((a, b) => a >= b),
  logicalAnd: binary((a, b) => a !== 0 && b !== 0),
  logicalOr: binary((a, b) => a !== 0 || b !== 0),
  logicalNot: unary((x) => Number(x === 0)),
  logAddExp: binary((a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))))),
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  sign: unary((x) => (x > 0 ? 1 : x < 0 ? -1 : 0)), // 0 for NaN too, as in PyTorch
  exp: unary(Math.exp),
  expm1: unary(Math.expm1),
  log: unary(Math.log),
  log1p: unary(Math.log1p),
  log2: unary(Math.log2),
  sqrt: unary(Math.sqrt),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  erf: unary(erf),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  round: unary(roundHalfToEven),
  relu: unary((x) => Math.max(x, 0)),
  sigmoid: unary(sigmoid),
  tanh: unary(Math.tanh),
  where: (out, inputs) => {
    const [condition, a, b] = inputs.map((x) => elements(x, out, inputs.slice(1))) as [
      TypedArray,
      TypedArray,
      TypedArray,
    ];
    const [c, p, q] = [condition, a, b].map((x) => Number(x.length > 1)) as [number, number, number];
    for (let i = 0; i < out.data.length; i++) out.data[i] = (condition[i * c] ? a[i * p] : b[i * q]) as number;
  },
  softplus: (out, inputs, params) => {
    const { beta, threshold } = params as { beta: number; threshold: number };
    const f = (x: number): number =>
      x * beta > threshold ? x : (Math.max(x * beta, 0) + Math.log1p(Math.exp(-Math.abs(x * beta)))) / beta;
    unary(f)(out, inputs, params);
  },
  clamp: (out, inputs, params) => {
    const { min, max } = params as { min: number; max: number };
    unary((x) => Math.min(Math.max(x, min), max))(out, inputs, params);
  },
  cast: (out, [x]) => writeElements("to", out, (x as NDArray).data),
  clone: (out, [x]) => out.data.set((x as NDArray).data),
  ensure: (out, [ok]) => {
    if ((ok as NDArray).data[0] === 0) throw new ValueError("ensure: a condition does not hold");
    out.data[0] = 1;
  },
};

const mulFloat = binary((a, b) => a * b);
const mulInt = binary(Math.imul);
/** As C's pow: 1 to the power NaN or ±∞ is 1, and so is −1 to the power ±∞. JavaScript gives NaN for these. */
const powFloat = binary((a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b));
/** By squaring, so that it wraps around as repeated products do. For b < 0 and |a| > 1, aᵇ is a fraction: it becomes 0. */
const powInt = binary((a, b) => {
  if (b < 0) return Math.trunc(a ** b);
  let power = 1;
  for (let base = a, n = b; n > 0; base = Math.imul(base, base), n >>>= 1) if (n & 1) power = Math.imul(power, base);
  return power;
});
