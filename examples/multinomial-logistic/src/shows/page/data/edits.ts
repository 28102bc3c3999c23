/** What somebody did to the points of a dataset, as a list that the address can hold. */
import { parseNumber } from "../../../lesson/numbers.ts";
import type { Place, Point, Points } from "./points.ts";

export type Edit =
  | { kind: "move"; id: number; at: Place }
  | { kind: "add"; class: number; at: Place }
  | { kind: "delete"; id: number };

/** One more class than the dataset has can be painted, up to so many. */
export const mostClasses = 8;
/** Names of painted classes. */
const newNames = ["damson", "elder", "fir", "gorse", "hazel", "ivy", "juniper", "larch"];

/** The points after the edits. Added points are trained on. Edits of points that are not there change nothing. */
export function applyEdits(base: Points, edits: readonly Edit[]): Points {
  const points = new Map(base.list.map((point) => [point.id, point]));
  let next = base.list.length;
  for (const edit of edits) {
    if (edit.kind === "add") {
      points.set(next, { id: next, at: edit.at, class: edit.class, heldOut: false });
      next++;
    } else if (edit.kind === "delete") {
      points.delete(edit.id);
    } else {
      const point = points.get(edit.id);
      if (point !== undefined) points.set(edit.id, { ...point, at: edit.at });
    }
  }
  const list: Point[] = [...points.values()];
  const count = list.reduce((most, point) => Math.max(most, point.class + 1), base.classes.length);
  const fresh = newNames.filter((name) => !base.classes.includes(name));
  const classes = Array.from({ length: count }, (_, k) => base.classes[k] ?? fresh[k - base.classes.length] ?? `${k}`);
  return { ...base, classes, list };
}

/** Places have as many digits as the address holds, so that it restores exactly them. */
const round = (value: number): number => Number(value.toPrecision(6));

/** The list with one more edit; where it moves the point that was moved last, in place of that one. */
export function withEdit(edits: readonly Edit[], given: Edit): Edit[] {
  const edit: Edit = given.kind === "delete" ? given : { ...given, at: [round(given.at[0]), round(given.at[1])] };
  const last = edits.at(-1);
  const again = edit.kind === "move" && last?.kind === "move" && last.id === edit.id;
  return [...(again ? edits.slice(0, -1) : edits), edit];
}

/** "m12:0.5,1.2" moves point 12, "a0:1,2" adds one of class 0, "d7" deletes. */
export function writeEdits(edits: readonly Edit[]): string {
  return edits
    .map((edit) => {
      if (edit.kind === "delete") return `d${edit.id}`;
      const at = edit.at.join(",");
      return edit.kind === "move" ? `m${edit.id}:${at}` : `a${edit.class}:${at}`;
    })
    .join(";");
}

/** The edits in a text, or `undefined` if it is not such a text. */
export function readEdits(text: string): Edit[] | undefined {
  if (text === "") return [];
  const edits: Edit[] = [];
  for (const part of text.split(";")) {
    const [, kind, number, x, y] = /^([mad])(\d{1,7})(?::([^,]+),([^,]+))?$/.exec(part) ?? [];
    const [u, v] = [parseNumber(x ?? ""), parseNumber(y ?? "")];
    const index = Number(number);
    if (kind === "d" && x === undefined) edits.push({ kind: "delete", id: index });
    else if (u === undefined || v === undefined || (kind === "a" && index >= mostClasses)) return undefined;
    else if (kind === "m") edits.push({ kind: "move", id: index, at: [u, v] });
    else if (kind === "a") edits.push({ kind: "add", class: index, at: [u, v] });
    else return undefined;
  }
  return edits;
}
