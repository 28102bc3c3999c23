/** A whole curve in one line of text. */

const bars = "▁▂▃▄▅▆▇█";

/** One bar for each value, or for the mean of several neighbours when there are more than `width` of them. */
export function sparkline(values: readonly number[], { width = 60 } = {}): string {
  const shown = resample(values, width);
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const level = (value: number): number =>
    high === low ? 0 : Math.round(((value - low) / (high - low)) * (bars.length - 1));
  return shown.map((value) => bars[level(value)] ?? "").join("");
}

function resample(values: readonly number[], width: number): number[] {
  const buckets = Math.min(width, values.length);
  return Array.from({ length: buckets }, (_, k) => {
    const bucket = values.slice(
      Math.floor((k * values.length) / buckets),
      Math.floor(((k + 1) * values.length) / buckets),
    );
    return bucket.reduce((sum, value) => sum + value, 0) / bucket.length;
  });
}
