// Checks of options and arguments at run time: most callers have no types, or cast them away.
import { ofAnotherCopy } from "./copies.ts";
import { ValueError } from "./errors.ts";

type Class = abstract new (...args: never[]) => object;

/**
 * What an option may be: what `typeof` says of it, a class that it is an instance of, one of some values, or `"any"`
 * where the function itself looks at it.
 */
export type OptionKind = "boolean" | "number" | "string" | "function" | "any" | readonly unknown[] | Class;

/**
 * Checks that `options` is an object whose own keys are all in `kinds`, with values of those kinds; an option that is
 * `undefined` is left out, and so may be the whole object. For functions and layers that take options.
 * @returns the options, `{}` where there are none
 * @throws {ValueError} when `options` is not a plain object, has another key, or a value of another kind
 * @example
 * checkOptions("sum", { keepdim: true }, { keepdim: "boolean" }) // { keepdim: true }
 * checkOptions("sum", { keepDim: true }, { keepdim: "boolean" }) // ValueError: sum: no option "keepDim"; did you mean "keepdim"?
 */
export function checkOptions<Options>(
  op: string,
  options: Options,
  kinds: Readonly<Record<string, OptionKind>>,
): NonNullable<Options> {
  if (options === undefined) return {} as NonNullable<Options>;
  if (!isPlain(options)) {
    const form = `{ ${Object.keys(kinds).join(", ")} }`;
    throw new ValueError(`${op}: options are an object, ${form}; got ${describeValue(options)}`);
  }
  for (const name of Object.keys(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw new ValueError(`${op}: no option "${name}"; ${remedyFor(name, Object.keys(kinds))}`);
    const value = options[name];
    if (value === undefined || isOfKind(value, kind)) continue;
    throw new ValueError(`${op}: ${name} must be ${describeKind(kind)}, got ${describeValue(value)}`);
  }
  return options;
}

/** An object literal, of any realm: a tensor, an array or a model in its place is a mistake. */
export function isPlain(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null) return false;
  const prototype = Object.getPrototypeOf(x);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isOfKind(value: unknown, kind: OptionKind): boolean {
  if (typeof kind === "string") return kind === "any" || typeof value === kind;
  return typeof kind === "function" ? value instanceof kind : kind.includes(value);
}

function describeKind(kind: OptionKind): string {
  if (typeof kind === "string") return `a ${kind}`;
  return typeof kind === "function" ? `a ${kind.name}` : kind.map(describeValue).join(" or ");
}

/** Throws a `ValueError` unless every one of these arguments, by name, is a number. */
export function checkNumbers(op: string, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== "number") throw new ValueError(`${op}: ${name} must be a number, got ${describeValue(value)}`);
  }
}

/** Throws a `ValueError` unless an argument is an integer, and at least `least`. */
export function checkInteger(op: string, name: string, value: unknown, least: number = Number.MIN_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  const wanted = least === Number.MIN_SAFE_INTEGER ? "an integer" : `an integer ≥ ${least}`;
  throw new ValueError(`${op}: ${name} must be ${wanted}, got ${describeValue(value)}`);
}

/** Throws a `ValueError` unless an argument is a function. */
export function checkFunction(op: string, fn: unknown): void {
  if (typeof fn !== "function") throw new ValueError(`${op}: needs a function, got ${describeValue(fn)}`);
}

/** Another spelling of an option, such as PyTorch's with underscores, or all options that there are. */
function remedyFor(name: string, names: readonly string[]): string {
  const letters = (word: string): string => word.toLowerCase().replace(/[^a-z]/g, "");
  const [given, all] = [letters(name), names.map(letters)];
  const near = all.findIndex((word) => word === given || `${word}s` === given || word === `${given}s`);
  return near >= 0 ? `did you mean "${names[near]}"?` : `there are ${names.join(", ")}`;
}

/**
 * What was given, as errors say it: a number or a word as it is, a tensor with its shape, else what kind of thing.
 * Never throws.
 * @example
 * describeValue([1, 2, 3]) // an array of 3
 * describeValue(tensor([[1, 2]])) // a tensor [1, 2]
 */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === "function") return `a function${value.name === "" ? "" : ` ${value.name}`}`;
  if (typeof value === "bigint") return `the bigint ${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  const { shape } = value as { shape?: unknown };
  if (Array.isArray(shape)) return `a tensor [${shape.join(", ")}]${ofAnotherCopy(value)}`;
  if (Array.isArray(value)) return value.length === 0 ? "an empty array" : `an array of ${value.length}`;
  const name = isPlain(value) ? "" : (value.constructor?.name ?? "");
  return name === ""
    ? `an object { ${Object.keys(value).slice(0, 5).join(", ")} }`
    : `a ${name}${ofAnotherCopy(value)}`;
}
