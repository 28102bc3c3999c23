/** Quartiles of a few rounds, and numbers for people. */

export interface Spread {
  q1: number;
  median: number;
  q3: number;
}

/** Quartiles, interpolated between neighbours. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p: number): number => {
    const i = p * (sorted.length - 1);
    const low = sorted[Math.floor(i)] as number;
    return low + (i - Math.floor(i)) * ((sorted[Math.ceil(i)] as number) - low);
  };
  return { q1: at(0.25), median: at(0.5), q3: at(0.75) };
}

/** Two significant digits, or all before the point: 0.053, 5.3, 53, 532. */
export const digits = (x: number): string =>
  x === 0 || Math.abs(x) >= 100 ? x.toFixed(0) : String(Number(x.toPrecision(x >= 10 ? 3 : 2)));

/** Milliseconds in the unit that fits `like`. */
export function duration(ms: number, like = ms): string {
  if (like >= 1) return `${digits(ms)} ms`;
  return like >= 1e-3 ? `${digits(ms * 1e3)} µs` : `${digits(ms * 1e6)} ns`;
}

/** Whether all numbers are equal, to so much of their size. */
export const agree = (a: readonly number[], b: readonly number[], near: number): boolean =>
  a.length === b.length && a.every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= near * Math.max(Math.abs(x), 1e-12));
