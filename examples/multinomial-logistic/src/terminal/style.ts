/** Colour, or none: decided once, here. */
import pc from "picocolors";

type Paint = (text: string) => string;

export interface Style {
  /** A terminal that a person looks at: colours and redrawing in place are welcome. */
  live: boolean;
  bold: Paint;
  dim: Paint;
  /** Each class has a colour; after six they come round again. Letters and marks tell the classes apart without it. */
  classColour(k: number, text: string): string;
}

/** No colour and no cursor movement without a terminal, with NO_COLOR (https://no-color.org), or with --json. */
export function createStyle(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv, { json }: { json: boolean }): Style {
  const live = Boolean(stream.isTTY) && !env.NO_COLOR && env.TERM !== "dumb" && !json;
  const colours = pc.createColors(live);
  const cycle = [colours.cyan, colours.red, colours.green, colours.magenta, colours.blue, colours.yellow];
  return {
    live,
    bold: colours.bold,
    dim: colours.dim,
    classColour: (k, text) => (cycle[k % cycle.length] ?? colours.reset)(text),
  };
}

/** The letter that stands for class k on the map, which shows no more classes than there are letters. */
export function letter(k: number): string {
  return String.fromCharCode(65 + k);
}

/** The mark that fills the region of class k on the map. */
export function mark(k: number): string {
  return "·:-+~=\"'"[k % 8] ?? "·";
}
