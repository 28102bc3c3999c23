// Numbers of a traced step that follow from the batch size N: fitted to what they were at several sizes.

/**
 * A number that follows the batch size N: a·N + b, or 1/(a·N + b). Never throws.
 * @example
 * const { random } = toOnnx((x) => dropout(x), { x: zeros([1, 8]) }, { batch: true });
 * random.map(({ shape }) => shape.join(" × ")) // [N × 8]
 * random.map(({ shape }) => shape.map((n) => (typeof n === "number" ? n : n.at(32)))) // [[32, 8]]
 */
export class Affine {
  constructor(
    /** How much it grows with each example. */
    readonly a: number,
    /** Its value for N = 0. */
    readonly b: number,
    /** Whether it is the reciprocal. Default false. */
    readonly inverse: boolean = false,
  ) {}

  /** Its value for a batch of n examples. Never throws. */
  at(n: number): number {
    const x = this.a * n + this.b;
    return this.inverse ? 1 / x : x;
  }

  /** As files and drawings write it, such as `2*N + 1`. Never throws. */
  toString(): string {
    const { a, b, inverse } = this;
    const product = a === 1 ? "N" : a === -1 ? "-N" : `${a}*N`;
    const sum = b === 0 ? product : `${product} ${b < 0 ? "-" : "+"} ${Math.abs(b)}`;
    return inverse ? `1/(${sum})` : sum;
  }
}

/** A number that is the same for every batch, or one that follows from the batch size. */
export type Size = number | Affine;

/**
 * The number that has these values at these batch sizes; `undefined` if it is neither the same for all, nor a·N + b, nor
 * 1/(a·N + b). `precision`: the relative error that rounding may have left in the values, 0 for integers.
 */
export function fitSize(sizes: readonly number[], values: readonly number[], precision: number): Size | undefined {
  const [first] = values as readonly [number];
  if (values.every((value) => Object.is(value, first))) return first;
  const agrees = (x: Affine): boolean =>
    values.every((value, i) => Math.abs(x.at(sizes[i] as number) - value) <= precision * Math.abs(value));
  const lines = [
    line(sizes, values, false),
    line(
      sizes,
      values.map((value) => 1 / value),
      true,
    ),
  ];
  // Rounded values give coefficients that are a little off: whole ones are tried first.
  const whole = lines.map(({ a, b, inverse }) => new Affine(Math.round(a), Math.round(b), inverse));
  return [...whole, ...lines].find(agrees);
}

/** The line through the first and the last point. */
function line(sizes: readonly number[], values: readonly number[], inverse: boolean): Affine {
  const [n0, n1] = [sizes[0] as number, sizes.at(-1) as number];
  const [v0, v1] = [values[0] as number, values.at(-1) as number];
  const a = (v1 - v0) / (n1 - n0);
  return new Affine(a, v0 - a * n0, inverse);
}

/** x + factor·y, of sizes. */
export function plus(x: Size, y: Size, factor = 1): Size {
  const [a, b] = [x, y].map((size) => (typeof size === "number" ? new Affine(0, size) : size)) as [Affine, Affine];
  const slope = a.a + factor * b.a;
  const rest = a.b + factor * b.b;
  return slope === 0 ? rest : new Affine(slope, rest);
}
