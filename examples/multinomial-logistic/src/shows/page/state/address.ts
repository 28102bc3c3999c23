/** The address holds what was chosen. */
import { type Choices, initial, readChoices, writeChoices } from "./choices.ts";
import { choose, chosen, notice } from "./chosen.ts";
import { table } from "./data.ts";

/** Everything that was chosen, as one object. */
function allChosen(): Choices {
  return Object.fromEntries(Object.entries(chosen).map(([key, { value }]) => [key, value])) as unknown as Choices;
}

/** Takes what an address says. */
export function takeAddress(hash: string): void {
  const { choices, problems } = readChoices(hash.replace(/^#/, ""));
  const lost = choices.data === "csv" && table.peek() === undefined;
  choose(lost ? { ...choices, data: "blobs", axes: initial.axes, edits: [] } : choices);
  notice.value = lost
    ? "This link was made with a table of one's own, which a link cannot hold: drop the table here again."
    : problems.length > 0
      ? `Not understood in this link, and left out: ${problems.join(", ")}`
      : undefined;
}

export function address(): string {
  return `#${writeChoices(allChosen())}`;
}
