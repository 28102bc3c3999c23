// Checks for everything that loads a saved state: all of it is checked before any of it is written.
import { describeValue, type ShapeError, TendrilError, Tensor, ValueError } from "@tendril/tensor";
import { isRecord, show } from "./check.ts";
import { describe } from "./copies.ts";

/** The entries of a state. Throws unless it is a plain object. */
export function entriesOf(dict: unknown): [string, unknown][] {
  if (isRecord(dict)) return Object.entries(dict);
  throw new ValueError(`loadStateDict: a state is an object, as stateDict() gives it; got ${describeValue(dict)}`);
}

/** What must agree, in words, for each entry. */
export type Traits = readonly [name: string, trait: string][];

/** The trait of an entry that should be a tensor: its shape, such as `[2, 3]`, or what it is instead. */
export const traitOfTensor = ([name, x]: [string, unknown]): [string, string] => [
  name,
  x instanceof Tensor ? show(x.shape) : describe(x),
];

/**
 * Throws unless the state that is given has the entries of the own one, with the same traits; `strict: false` compares
 * only those that both have. Where only shapes differ, the error is a `Misfit`.
 */
export function requireFit(
  ownTraits: Traits,
  givenTraits: Traits,
  { strict = true, Misfit = ValueError }: { strict?: boolean; Misfit?: typeof ShapeError } = {},
): void {
  const [own, given] = [new Map(ownTraits), new Map(givenTraits)];
  const missing = [...own.keys()].filter((name) => !given.has(name));
  const unexpected = [...given.keys()].filter((name) => !own.has(name));
  const misfits = [...own].filter(([name, trait]) => (given.get(name) ?? trait) !== trait);
  const differ = misfits.map(([name, trait]) => {
    const got = given.get(name) ?? "";
    const isTensor = trait.startsWith("[") && !got.startsWith("[");
    return `${name} must be ${isTensor ? "a tensor " : ""}${trait}, got ${got}`;
  });
  const problems = [
    ...(strict && missing.length > 0 ? [`missing ${firstOf(missing, ", ")}`] : []),
    ...(strict && unexpected.length > 0 ? [`unexpected ${firstOf(unexpected, ", ")}`] : []),
    ...(differ.length > 0 ? [firstOf(differ, "; ")] : []),
  ];
  if (problems.length === 0) return;
  const shapesOnly =
    problems[0] === firstOf(differ, "; ") && misfits.every(([name]) => given.get(name)?.startsWith("["));
  const Failure = shapesOnly ? Misfit : ValueError;
  throw new Failure(`loadStateDict: ${problems.join("; ")}`);
}

const firstOf = (list: readonly string[], separator: string): string =>
  [...list.slice(0, 8), ...(list.length > 8 ? [`${list.length - 8} more`] : [])].join(separator);

/** Runs the checks of a state, and returns what they return; their errors say that nothing was loaded. */
export function checkState<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof TendrilError) reword(error, `${error.message}; nothing was loaded`);
    throw error;
  }
}

/** Gives an error another message. V8 has written the old one into its stack. */
export function reword(error: Error, message: string): void {
  error.stack = error.stack?.replace(error.message, () => message);
  error.message = message;
}
