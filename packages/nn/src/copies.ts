// Modules of another copy of this package are no modules here, and would be left out of the training in silence.
import { describeValue, Tensor } from "@tendril/tensor";

const copyKey = Symbol.for("tendril.nn.copy");
type Marked = { readonly [copyKey]?: string };
let here: string | undefined;

/** Marks the objects of a class as those of this copy, which is the file in which `loaded` was made. */
export function markCopy(prototype: object, loaded: Error): void {
  here = /(?:[\w-]+:\/\/|\/|[A-Z]:\\)[^()\n]*(?=:\d+:\d+\)?$)/m.exec(loaded.stack ?? "")?.[0] ?? "an unknown file";
  Object.defineProperty(prototype, copyKey, { value: here });
}

/** Whether `x` is a tensor or a module of another copy. */
export const isOfAnotherCopy = (x: object): boolean => describe(x).includes("of another copy");

/** What came, in words. */
export function describe(x: unknown): string {
  const text = describeValue(x);
  const from = (x as Marked | null | undefined)?.[copyKey];
  if (text.includes("of another copy")) return text;
  if (from !== undefined && from !== here) {
    const remedy = "use one version, by import only or by require only";
    return `${text} of another copy: two copies of Tendril are loaded, from ${here} and from ${from}; ${remedy}`;
  }
  return text.startsWith("a tensor") && !(x instanceof Tensor) ? `${text} of another library` : text;
}
