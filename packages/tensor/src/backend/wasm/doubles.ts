// Elementary functions of two doubles at a time, exact to 1e-13 (erf: 3e-9): rounded to float32 they are within 0.55 ulp,
// without the corrections that float32 would need. Coefficients: least squares at Chebyshev nodes, weighted by the inverse
// of the function.
import type { Code, NewLocal, Operand } from "./assembler/code.ts";
import { f64x2, i32x4, integers, sequence, shuffle, v128, withScalar } from "./assembler/code.ts";
import { horner, type Numbers, select, splat, withSignOf } from "./vectors.ts";

const { POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity } = Number;

const polynomial = (x: Code, coefficients: readonly number[]): Code => horner("f64x2", x, coefficients);
const choose = (mask: Code, a: Operand, b: Operand): Code => select(mask, a, b, "f64x2");

/** eˣ − `less` = 2ⁿ·(eʳ − 1) + (2ⁿ − `less`), n = round(x / ln 2); eʳ − 1 = r + r²·P(r), P exact to 1e-13. */
function power(input: Code, less: 0 | 1, local: NewLocal): Code {
  const [x, n, r, scale] = [0, 1, 2, 3].map(() => local("v128")) as [L, L, L, L];
  const P = polynomial(r, [
    ...[0.4999999999980049, 0.16666666666838925, 0.041666666889279384, 0.008333333258324006],
    ...[0.0013888821952715267, 0.0001984134505731841, 2.4876035222845782e-5, 2.7566219391215493e-6],
  ]);
  return sequence(
    x.set(f64x2.pmin(f64x2.pmax(input, -150), 150)), // beyond float32's range; keeps NaN
    n.set(f64x2.nearest(f64x2.mul(x, Math.LOG2E))),
    r.set(f64x2.sub(x, f64x2.mul(n, Math.LN2))),
    // 2ⁿ, made of its exponent's bits, which are in the upper half of each double. (n is 0 for NaN, but r is NaN.)
    scale.set(i32x4.trunc_sat_f64x2_s_zero(n)),
    scale.set(withScalar("i32x4.shl", i32x4.add(shuffle(scale, scale, 2, 0, 3, 1), integers(0, 1023, 0, 1023)), 20)),
    f64x2.add(f64x2.mul(f64x2.add(r, f64x2.mul(f64x2.mul(r, r), P)), scale), f64x2.sub(scale, less)),
  );
}
type L = ReturnType<NewLocal>;

/** eˣ for float32 x. Beyond float32 it stops at 7e-66 and 1e65, which are rounded to 0 and ∞. */
export const exp = (x: Code, local: NewLocal): Code => power(x, 0, local);
/** eˣ − 1, with all digits near 0 */
export const expm1 = (x: Code, local: NewLocal): Code => withSignOf(x, power(x, 1, local), "f64x2");

/**
 * ln t = n·ln 2 + ln(1 + f), t = 2ⁿ(1 + f), √½ ≤ 1 + f < √2; ln(1 + f) = 2·artanh s = 2s + 2s³·P(s²), s = f / (2 + f).
 * `above` is t − 1, and is taken as f where n = 0: it has the digits that rounding takes off t = 1 + `above`.
 */
function logarithm(input: Code, above: Code, local: NewLocal): Code {
  const [t, n, f, s, z] = [0, 1, 2, 3, 4].map(() => local("v128")) as [L, L, L, L, L];
  const P = polynomial(z, [
    ...[0.3333333333801555, 0.19999997780554524, 0.14286057264527427, 0.11087996779258634, 0.09793329672710957],
  ]);
  const upperHalves = integers(0, -1, 0, -1);
  const mantissa = i32x4.sub(t, v128.and(withScalar("i32x4.shl", n, 20), upperHalves));
  const y = f64x2.add(f64x2.mul(n, Math.LN2), f64x2.add(s, f64x2.mul(f64x2.mul(s, z), P)));
  return sequence(
    t.set(input),
    n.set(withScalar("i32x4.shr_s", i32x4.sub(t, 0x3fe6a09e), 20)), // 0x3fe6a09e is the upper half of √½
    f.set(f64x2.sub(mantissa, 1)),
    n.set(f64x2.convert_low_i32x4_s(shuffle(n, n, 1, 3, 1, 3))),
    f.set(choose(f64x2.eq(n, 0), above, f)),
    s.set(f64x2.div(f, f64x2.add(f, 2))),
    z.set(f64x2.mul(s, s)),
    s.set(f64x2.add(s, s)),
    // ln 0 = −∞. At ∞, NaN and negative t the logarithm is what √t is: ∞, NaN and NaN.
    f.set(choose(f64x2.eq(t, 0), minusInfinity, f64x2.sqrt(t))),
    choose(v128.and(f64x2.gt(t, 0), f64x2.lt(t, infinity)), y, f),
  );
}

/** ln x */
export const log = (x: Code, local: NewLocal): Code => logarithm(x, f64x2.sub(x, 1), local);
/** ln(1 + x), with all digits near 0 */
export function log1p(input: Code, local: NewLocal): Code {
  const x = local("v128");
  return sequence(x.set(input), withSignOf(x, logarithm(f64x2.add(x, 1), x, local), "f64x2"));
}

/** erf x = x·P(x²)/Q(x²) up to 3.95, exact to 3e-9; beyond it is 1 in float32. */
export function erf(input: Code, local: NewLocal): Code {
  const [x, z] = [local("v128"), local("v128")];
  const P = polynomial(z, [
    ...[1.1283791701775254, 0.192741598157323, 0.05573424337357324],
    ...[0.004221434529441096, 0.0004112952173827832, 6.7932422648834e-6],
  ]);
  const Q = polynomial(z, [
    ...[1, 0.5041462336352036, 0.11744125256358452, 0.016284840809212487],
    ...[0.0014202403569656364, 7.259035887743114e-5, 2.6040896726584955e-7],
  ]);
  return sequence(
    x.set(f64x2.pmin(f64x2.pmax(input, -3.95), 3.95)),
    z.set(f64x2.mul(x, x)),
    f64x2.div(f64x2.mul(x, P), Q),
  );
}

/** ln(1 + e^βx) / β = (max(βx, 0) + ln(1 + e^−|βx|)) / β; x where βx is above the threshold. */
export function softplus(x: Code, local: NewLocal, numbers: Numbers): Code {
  const [beta, threshold] = [splat("f64x2", numbers.beta as Operand), splat("f64x2", numbers.threshold as Operand)];
  const z = local("v128");
  const rest = log1p(exp(f64x2.neg(f64x2.abs(z)), local), local);
  return sequence(
    z.set(f64x2.mul(x, beta)),
    choose(f64x2.gt(z, threshold), x, f64x2.div(f64x2.add(f64x2.pmax(z, 0), rest), beta)),
  );
}
