/** What growth.json holds. */

/** At one size: floating-point operations of a step, and by peer its milliseconds and those of the first step. */
export interface Point {
  size: number;
  flops: number;
  times: Record<string, { ms: number; first: number }>;
}

export interface Growth {
  written: string;
  peers: Record<string, string>;
  series: { name: string; title: string; points: Point[] }[];
}
