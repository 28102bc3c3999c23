/** Numbers under numbers. */

/** Lines in which every column is as wide as its widest cell: the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[], { indent = 2, gap = 2 } = {}): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const margin = " ".repeat(indent);
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 ? cell.padEnd(width) : cell.padStart(width);
    });
    return (margin + cells.join(" ".repeat(gap))).trimEnd();
  });
}

/** The first few items of a list that may be long, and how many are not shown. */
export function atMost<T>(items: readonly T[], limit: number): { shown: readonly T[]; hidden: number } {
  // One item over the limit takes no more room than saying that it is missing.
  if (items.length <= limit + 1) return { shown: items, hidden: 0 };
  return { shown: items.slice(0, limit), hidden: items.length - limit };
}

/** As many items as fit on one line, and how many do not. `lengths`, if the items hold invisible colour codes. */
export function oneLine(
  items: readonly string[],
  { width = 60, between = ", ", lengths = items.map((i) => i.length) } = {},
): string {
  let shown = 0;
  for (let used = 0; shown < items.length; shown++) {
    used += (lengths[shown] ?? 0) + between.length;
    if (shown > 0 && used > width) break;
  }
  const rest = items.length - shown;
  return [...items.slice(0, shown), ...(rest > 0 ? [`… and ${rest} more`] : [])].join(between);
}

/** Cuts a name that is too long for its column. */
export function clip(text: string, width = 14): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
