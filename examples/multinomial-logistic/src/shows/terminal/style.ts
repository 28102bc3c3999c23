/** Colour, or none: decided once, here. */
import pc from "picocolors";

/** The columns of a line where no terminal says less. */
const widest = 100;

type Paint = (text: string) => string;

export interface Style {
  /** A terminal that a person looks at: colours and redrawing in place are welcome. */
  live: boolean;
  /** How many columns a line may take. */
  width: number;
  bold: Paint;
  dim: Paint;
  /** Each class has a colour; after six they come round again. Letters and marks tell the classes apart without it. */
  classColour(k: number, text: string): string;
}

/** No colour and no cursor movement without a terminal, with NO_COLOR (https://no-color.org), or with --json. */
export function createStyle(
  stream: { isTTY?: boolean; columns?: number | undefined },
  env: NodeJS.ProcessEnv,
  { json }: { json: boolean },
): Style {
  const live = Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== "dumb" && !json;
  const colours = pc.createColors(live);
  const cycle = [colours.cyan, colours.red, colours.green, colours.magenta, colours.blue, colours.yellow];
  return {
    live,
    width: stream.isTTY ? widthOfTerminal(stream.columns) : widest,
    bold: colours.bold,
    dim: colours.dim,
    classColour: (k, text) => (cycle[k % cycle.length] ?? colours.reset)(text),
  };
}

/** Longer lines are hard to read, and in less than 40 columns tables and the map say nothing (some terminals say 0). */
function widthOfTerminal(columns = 0): number {
  return Math.min(widest, Math.max(40, columns || 80));
}

/** The letter that stands for class k on the map, which shows no more classes than there are letters. */
export function letter(k: number): string {
  return String.fromCharCode(65 + k);
}

/** The mark that fills the region of class k on the map. */
export function mark(k: number): string {
  return "·:-+~=\"'"[k % 8] ?? "·";
}
