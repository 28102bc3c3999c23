/** Numbers as the page shows them: four significant digits, all of them on hover. */
import type { JSX } from "preact";

/** "2.000", "−0.1234", "1.2e−7". */
export function four(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size >= 1000 && size < 99_995) return String(Number(value.toPrecision(4))).replace("-", "−");
  const text = size !== 0 && (size < 1e-3 || size >= 99_995) ? value.toExponential(1) : value.toPrecision(4);
  return (Number(text) === 0 ? "0.000" : text).replaceAll("-", "−");
}

/** A number that keeps its width while it changes. */
export function Numeral({ value, wide = 7 }: { value: number; wide?: number }): JSX.Element {
  return (
    <span class="numeral" style={{ "--wide": `${wide}ch` }} title={String(value)}>
      {four(value)}
    </span>
  );
}

/** A number beside its bar, which goes right from a line, and left of it where the number is negative. */
export function Bar({ value, low, high, of }: { value: number; low: number; high: number; of: number }): JSX.Element {
  const place = (x: number): number => (100 * (Math.max(low, Math.min(high, x)) - low)) / (high - low);
  const [from, to] = [place(Math.min(0, value)), place(Math.max(0, value))];
  const known = Number.isFinite(value);
  return (
    <span class="bar" aria-hidden="true">
      {known && (
        <i style={{ left: `${from}%`, width: `${Math.max(to - from, 0.5)}%`, background: `var(--class${of % 8})` }} />
      )}
      <b style={{ left: `${place(0)}%` }} />
    </span>
  );
}
