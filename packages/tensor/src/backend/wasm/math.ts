// Elementary functions of four float32 at a time, within 2 ulp. Each reduces its argument to a short interval and takes
// a polynomial there. The coefficients minimise the relative error: least squares at Chebyshev nodes, weighted by the
// inverse of the function; the lowest is rounded to float32, the others are fitted again, and so on upwards.
import { type Code, code, f32x4, i32x4, type NewLocal, sequence, v128, withScalar } from "./assembler/code.ts";
import { horner, select, withSignOf } from "./vectors.ts";

const polynomial = (x: Code, ...coefficients: readonly number[]): Code => horner("f32x4", x, coefficients);

/** ln 2 in two parts: the first has so few bits that its products with small integers are exact. */
const [ln2High, ln2Low] = [0.693359375, Math.LN2 - 0.693359375];

/** A small number plus this has no bits left for a fraction: the sum is rounded, and its low bits are the integer. */
const rounder = 1.5 * 2 ** 23;
const rounderBits = 0x4b400000;

/**
 * eˣ = 2ⁿ·eʳ with n = round(x / ln 2), so that |r| ≤ ln 2 / 2; eʳ = 1 + r + r²·P(r), P exact to 4e-9.
 * Beyond the clamp the result is 0 or ∞. The factor 2ⁿ comes in halves: it may itself be out of float32's range.
 */
export function exp(input: Code, local: NewLocal): Code {
  const [x, n, r, half, high, shifted] = Array.from({ length: 6 }, () => local("v128")) as [L, L, L, L, L, L];
  const square = f32x4.mul(r, r);
  const P = polynomial(r, 0.4999998807907, 0.166665121913, 0.0416695997119, 0.00836965534836, 0.00137515936513);
  // 1 + r is rounded; what is lost comes back with the small terms, which halves the error.
  const lost = f32x4.sub(r, f32x4.sub(high, 1));
  const power = f32x4.add(high, f32x4.add(lost, f32x4.mul(square, P)));
  const twoTo = (k: Code): Code => withScalar("i32x4.shl", i32x4.add(k, 127), 23);
  return sequence(
    x.set(f32x4.pmin(f32x4.pmax(input, -104), 89)), // keeps NaN, and is one instruction, where min and max are several
    shifted.set(f32x4.add(f32x4.mul(x, Math.LOG2E), rounder)),
    n.set(f32x4.sub(shifted, rounder)),
    r.set(f32x4.sub(f32x4.sub(x, f32x4.mul(n, ln2High)), f32x4.mul(n, ln2Low))),
    high.set(f32x4.add(r, 1)),
    n.set(i32x4.sub(shifted, rounderBits)),
    half.set(withScalar("i32x4.shr_s", n, 1)),
    f32x4.mul(f32x4.mul(power, twoTo(half)), twoTo(i32x4.sub(n, half))),
  );
}

/** ln x = n·ln 2 + ln(1 + f), x = 2ⁿ(1 + f), √½ ≤ 1 + f < √2; ln(1 + f) = f − f²/2 + f³·P(f), P exact to 7e-9. */
export function log(input: Code, local: NewLocal): Code {
  const [x, n, f, z, y, bits] = Array.from({ length: 6 }, () => local("v128")) as [L, L, L, L, L, L];
  const tiny = f32x4.lt(x, 2 ** -126); // subnormal: its exponent does not show
  const P = polynomial(
    f,
    ...[0.3333335518836975, -0.2500087022781372, 0.19999806582927704, -0.16620679199695587],
    ...[0.14226360619068146, -0.13208027184009552, 0.12631773948669434, -0.07363876700401306],
  );
  return sequence(
    x.set(input),
    bits.set(select(tiny, f32x4.mul(x, 2 ** 25), x)),
    n.set(withScalar("i32x4.shr_s", i32x4.sub(bits, 0x3f3504f3), 23)), // 0x3f3504f3 is √½
    f.set(f32x4.sub(i32x4.sub(bits, withScalar("i32x4.shl", n, 23)), 1)),
    n.set(f32x4.sub(f32x4.convert_i32x4_s(n), v128.and(tiny, code("f32x4", 25)))),
    z.set(f32x4.mul(f, f)),
    y.set(f32x4.add(f32x4.mul(f32x4.mul(f, z), P), f32x4.mul(n, ln2Low))),
    y.set(f32x4.add(f32x4.add(f, f32x4.sub(y, f32x4.mul(z, 0.5))), f32x4.mul(n, ln2High))),
    y.set(select(f32x4.lt(x, Number.POSITIVE_INFINITY), y, x)), // ln ∞ = ∞, and NaN stays
    y.set(select(f32x4.lt(x, 0), Number.NaN, y)),
    select(f32x4.eq(x, 0), Number.NEGATIVE_INFINITY, y),
  );
}
type L = ReturnType<NewLocal>;

/** tanh x = x + x³·P(x²) up to 0.625, P exact to 5e-9 of tanh; above, ±(1 − 2 / (e^2|x| + 1)). */
export function tanh(input: Code, local: NewLocal): Code {
  const [x, z, size, large] = [local("v128"), local("v128"), local("v128"), local("v128")];
  const P = polynomial(z, -0.333332777023, 0.133313313127, -0.0537306107582, 0.0206095855683, -0.00567207951099);
  const small = f32x4.add(size, f32x4.mul(f32x4.mul(size, z), P));
  return sequence(
    x.set(input),
    size.set(f32x4.abs(x)),
    large.set(f32x4.sub(1, f32x4.div(2, f32x4.add(exp(f32x4.add(size, size), local), 1)))),
    z.set(f32x4.mul(x, x)),
    withSignOf(x, select(f32x4.lt(size, 0.625), small, large)),
  );
}

/** σ(x) = e / (1 + e) for x < 0 and 1 / (1 + e) else, e = e^−|x|, which cannot overflow. */
export function sigmoid(input: Code, local: NewLocal): Code {
  const [x, e, sum, ratio] = [local("v128"), local("v128"), local("v128"), local("v128")];
  // What rounding takes off 1 + e. For small c, and b near 1, a / (b + c) is about a/b · (1 − c).
  const lost = f32x4.sub(e, f32x4.sub(sum, 1));
  return sequence(
    x.set(input),
    e.set(exp(f32x4.neg(f32x4.abs(x)), local)),
    sum.set(f32x4.add(e, 1)),
    ratio.set(f32x4.div(select(f32x4.lt(x, 0), e, 1), sum)),
    f32x4.sub(ratio, f32x4.mul(ratio, lost)),
  );
}
