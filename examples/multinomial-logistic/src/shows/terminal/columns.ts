/** Numbers under numbers, and lines that fit the terminal. */
import { stripVTControlCharacters } from "node:util";

/** East Asian characters and emoji take two columns, accents and joiners none. */
const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const none = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** How many columns a text takes in a terminal; colour codes take none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    width += wide.test(character) ? 2 : none.test(character) ? 0 : 1;
  }
  return width;
}

/**
 * Lines in which every column is as wide as its widest cell: the first to the left, the others to the right. Columns
 * for which `width` has no room stand beneath, in lines that begin with the first column again.
 */
export function columns(
  rows: readonly (readonly string[])[],
  { indent = 2, gap = 2, width = Number.POSITIVE_INFINITY } = {},
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  const [first = 0, ...others] = widths;
  let block: number[] = [];
  const blocks = [block];
  let used = indent + first;
  for (const [index, other] of others.entries()) {
    if (block.length > 0 && used + gap + other > width) {
      block = [];
      blocks.push(block);
      used = indent + first;
    }
    block.push(index + 1);
    used += gap + other;
  }
  const lineOf = (row: readonly string[], shown: readonly number[]): string => {
    const name = pad(row[0] ?? "", first);
    const cells = shown.map((column) => pad(row[column] ?? "", -(widths[column] ?? 0)));
    return (" ".repeat(indent) + [name, ...cells].join(" ".repeat(gap))).trimEnd();
  };
  return blocks.flatMap((shown, n) => [...(n > 0 ? [""] : []), ...rows.map((row) => lineOf(row, shown))]);
}

/** Fills up with spaces: behind the text, or before it when the width is negative. */
export function pad(text: string, width: number): string {
  const spaces = " ".repeat(Math.max(0, Math.abs(width) - widthOf(text)));
  return width < 0 ? spaces + text : text + spaces;
}

/** The first few items of a list that may be long, and how many are not shown. */
export function atMost<T>(items: readonly T[], limit: number): { shown: readonly T[]; hidden: number } {
  // One item over the limit takes no more room than saying that it is missing.
  if (items.length <= limit + 1) return { shown: items, hidden: 0 };
  return { shown: items.slice(0, limit), hidden: items.length - limit };
}

/** As many items as fit on one line, and how many do not. */
export function oneLine(items: readonly string[], { width = 60, between = ", " } = {}): string {
  let shown = 0;
  for (let used = 0; shown < items.length; shown++) {
    used += widthOf(items[shown] ?? "") + between.length;
    if (shown > 0 && used > width) break;
  }
  const rest = items.length - shown;
  return [...items.slice(0, shown), ...(rest > 0 ? [`… and ${rest} more`] : [])].join(between);
}

/** Cuts a name that is too long for its column. */
export function clip(text: string, width = 14): string {
  return widthOf(text) <= width ? text : `${start(text, width - 1)}…`;
}

/** As many characters as fit. */
function start(text: string, width: number): string {
  let end = 0;
  for (const character of text) {
    if (widthOf(text.slice(0, end) + character) > width) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Goes on in the next line, with the same indent, where a line is too long: between words, or in a long word. */
export function wrap(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line];
  const indent = /^ */.exec(line)?.[0] ?? "";
  const lines = [indent];
  const last = (): string => lines.at(-1) ?? "";
  for (const [, space = "", word = ""] of line.trimStart().matchAll(/( *)([^ ]+)/g)) {
    const joined = last() === indent ? indent + word : last() + space + word;
    if (widthOf(joined) <= width) lines[lines.length - 1] = joined;
    else if (widthOf(indent + word) <= width) lines.push(indent + word);
    else {
      if (last() !== indent) lines.push(indent);
      // A word of several lines loses its colour: it could be cut in the middle of a code.
      for (let rest = stripVTControlCharacters(word); rest !== ""; ) {
        const part = start(rest, width - indent.length);
        rest = rest.slice(part.length);
        lines[lines.length - 1] = indent + part;
        if (rest !== "") lines.push(indent);
      }
    }
  }
  return lines;
}
