/** The two sets of colours, and how numbers are written. */

export interface Theme {
  name: "light" | "dark";
  ground: string;
  ink: string;
  faint: string;
  line: string;
  /** Okabe and Ito's blue, vermilion and bluish green: of the classes, which also have a shape each. For marks, not for words. */
  classes: readonly [string, string, string];
}

export const themes: readonly Theme[] = [
  {
    name: "light",
    ground: "#ffffff",
    ink: "#1b1b1b",
    faint: "#5f5f5f",
    line: "#d0d0d0",
    classes: ["#0072b2", "#d55e00", "#009e73"],
  },
  {
    name: "dark",
    ground: "#16181c",
    ink: "#e8e8e8",
    faint: "#a8a8a8",
    line: "#44474d",
    classes: ["#4aa3df", "#f0803c", "#2cc295"],
  },
];

/** A number with at most so many decimals, without zeros at the end, with a real minus sign. */
export function number(value: number, decimals = 4): string {
  return String(round(value, decimals)).replace("-", "−").replace("Infinity", "∞");
}

/** A number with exactly so many decimals. */
export function fixed(value: number, decimals = 4): string {
  return round(value, decimals).toFixed(decimals).replace("-", "−");
}

/** A column or row of numbers with as many decimals each, unless all are short. */
export function numbers(values: ArrayLike<number>): string[] {
  const all = Array.from(values);
  const short = all.every((value) => !Number.isFinite(value) || round(value, 1) === round(value, 4));
  return all.map((value) => (short ? number(value) : fixed(value)));
}

/** Also where functions such as exp differ in the last bit between machines, what is drawn is the same. Never −0. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals)) + 0;
}
