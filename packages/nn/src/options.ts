// Checks options at run time, against a table that stands beside the interface of each function's or class's options.
import { checkOptions, type DType, describeValue, Generator, type OptionKind, ValueError } from "@tendril/tensor";

/** Of each option what it may be. */
export type Kinds<Options> = { readonly [Name in keyof Required<Options>]: OptionKind };

export const floats: readonly DType[] = ["float32", "float64"];

/** Options of layers with weights. */
export interface WeightOptions {
  /** The dtype of the weights. Default float32. */
  dtype?: "float32" | "float64";
  /** Where the initial weights, and what is dropped, are drawn from. Default the global one, which `manualSeed` seeds. */
  generator?: Generator;
}
export const weightKinds: Kinds<WeightOptions> = { dtype: floats, generator: Generator };

/**
 * The options as they came, checked: throws as `checkOptions` does, and for `0.1` in place of `{ p: 0.1 }` shows in
 * `call` what was meant.
 */
export function checked<Options extends object>(
  op: string,
  options: Options | undefined,
  kinds: Kinds<Options>,
  call: (form: string) => string = (form) => form,
): Partial<Options> {
  if (options === undefined) return {};
  if (typeof options !== "object") {
    const value = describeValue(options);
    const fits = (kind: OptionKind): boolean =>
      kind === typeof options || (Array.isArray(kind) && kind.includes(options));
    const meant = Object.entries<OptionKind>(kinds).find(([, kind]) => fits(kind));
    if (meant !== undefined) {
      const remedy = call(`{ ${meant[0]}: ${value} }`);
      throw new ValueError(`${op}: options are an object; got ${value}; did you mean ${remedy}?`);
    }
  }
  checkOptions(op, options, kinds);
  return options;
}

/** Which objects are options that somebody keeps: settings, in which no parameters are looked for. */
const settled = new WeakSet<object>();
export const isSettled = (x: object): boolean => settled.has(x);

/**
 * Options to be kept: the defaults with what is given in their place, later ones first, as a frozen copy, so that nobody
 * changes them behind the back of what has been made with them. Throws as `checked` does.
 */
export function settle<Options extends object, Defaults extends Partial<Options>>(
  op: string,
  kinds: Kinds<Options>,
  defaults: Defaults,
  given: readonly (Options | undefined)[],
  call?: (form: string) => string,
): Readonly<Options & Defaults> {
  const all: Record<string, unknown> = { ...defaults };
  for (const options of given) {
    for (const [name, value] of Object.entries(checked(op, options, kinds, call))) {
      if (value !== undefined) all[name] = frozen(value);
    }
  }
  settled.add(all);
  return Object.freeze(all) as Readonly<Options & Defaults>;
}

const frozen = (x: unknown): unknown => (Array.isArray(x) ? Object.freeze(x.map(frozen)) : x);
