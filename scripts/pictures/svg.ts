/** The little SVG that is written by hand: words, marks, bars, and the frame around a picture. */
import { round, type Theme } from "./theme.ts";

/** All pictures are this wide in their own units, so that words which are 12 high still read on a narrow telephone. */
export const width = 440;

/** Two sizes of text and one of titles. */
export const size = { small: 12, text: 14, title: 15 } as const;

const sans = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const mono = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

export interface Picture {
  /** The file's name, without theme and ending. */
  name: string;
  /** What a screen reader says: the name of the picture, and what it shows. */
  title: string;
  description: string;
  height: number;
  draw(theme: Theme): string;
}

/** The whole file. */
export function frame({ name, title, description, height, draw }: Picture, theme: Theme): string {
  const lines = draw(theme).split("\n").filter(Boolean);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${1.25 * width}" height="${1.25 * height}" role="img" aria-labelledby="${name}-title ${name}-desc" font-family="${sans}" fill="${theme.ink}" color="${theme.ink}">
<title id="${name}-title">${escapeXml(title)}</title>
<desc id="${name}-desc">${escapeXml(description)}</desc>
<rect width="${width}" height="${height}" rx="8" fill="${theme.ground}"/>
${lines.join("\n")}
</svg>
`;
}

export interface TextOptions {
  anchor?: "start" | "middle" | "end";
  fill?: string;
  bold?: boolean;
}

/** Words in the ordinary size; `small` and `title` in the other two; `digits` for numbers, which keep their width. */
export const text = writer({ "font-size": size.text });
export const small = writer({ "font-size": size.small });
export const title = writer({ "font-size": size.title, "font-weight": 600 });
export const digits = writer({ "font-size": 13, "font-family": mono });

type Write = (x: number, y: number, words: string, options?: TextOptions) => string;

function writer(look: Record<string, string | number>): Write {
  return (x, y, words, { anchor = "start", fill, bold = false } = {}) => {
    const more = {
      "text-anchor": anchor === "start" ? "" : anchor,
      fill: fill ?? "",
      "font-weight": bold ? "600" : "",
    };
    return `<text ${attributes({ x, y, ...look, ...filled(more) })}>${escapeXml(words)}</text>\n`;
  };
}

/** Lines of small faint words, one below the other. In the widest system font some 55 characters fill the picture. */
export function note(x: number, y: number, lines: readonly string[], { faint }: Theme): string {
  return lines.map((words, i) => small(x, y + 17 * i, words, { fill: faint })).join("");
}

export function rect(x: number, y: number, w: number, h: number, look: Record<string, string | number>): string {
  return `<rect ${attributes({ x, y, width: w, height: h, ...look })}/>\n`;
}

export function line(x1: number, y1: number, x2: number, y2: number, stroke: string, strokeWidth = 1): string {
  return `<line ${attributes({ x1, y1, x2, y2, stroke, "stroke-width": strokeWidth })}/>\n`;
}

/** The shape of class k in its colour: a disc, a triangle or a square. */
export function mark(k: 0 | 1 | 2, x: number, y: number, theme: Theme, r = 5): string {
  const fill = theme.classes[k];
  if (k === 0) return `<circle ${attributes({ cx: x, cy: y, r, fill })}/>\n`;
  if (k === 2) return rect(x - 0.9 * r, y - 0.9 * r, 1.8 * r, 1.8 * r, { fill });
  const corners = [x, y - 1.15 * r, x + 1.1 * r, y + 0.8 * r, x - 1.1 * r, y + 0.8 * r];
  return `<polygon ${attributes({ points: corners.map((c) => round(c, 1)).join(" "), fill })}/>\n`;
}

/** A bar from `zero` to the right for what is positive, to the left for what is negative. */
export function bar(zero: number, y: number, length: number, fill: string): string {
  return rect(Math.min(zero, zero + length), y, Math.abs(length), 6, { fill });
}

function attributes(values: Record<string, string | number>): string {
  const written = (value: string | number): string => String(typeof value === "number" ? round(value, 1) : value);
  return Object.entries(values)
    .map(([name, value]) => `${name}="${written(value)}"`)
    .join(" ");
}

function filled(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

export function escapeXml(words: string): string {
  return words.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
