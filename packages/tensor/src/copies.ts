// Several copies of this library in one process (as ESM and as CommonJS, or two versions): what they share, and how an
// error says that the objects of two of them were mixed.
const host = globalThis as unknown as Record<symbol, object | undefined>;

/** What all copies share under a name: made by the first of them that asks. */
export const shared = <T extends object>(name: string, make: () => T): T => {
  const key = Symbol.for(`tendril.${name}`);
  host[key] ??= make();
  return host[key] as T;
};

const copyKey = Symbol.for("tendril.copy");
/** The file that this copy was loaded from is in the stack, which is not written before it is read. */
const loaded = new Error();
const here = (): string =>
  /(?:[\w-]+:\/\/|\/|[A-Z]:\\)[^()\n]*(?=:\d+:\d+\)?$)/m.exec(loaded.stack ?? "")?.[0] ?? "an unknown file";

/** Marks the objects of a class as those of this copy. */
export function markCopy(prototype: object): void {
  Object.defineProperty(prototype, copyKey, { value: here });
}

/** `" of another copy: …"`, where an object is one of another copy; else nothing. */
export function ofAnotherCopy(x: object): string {
  const from = (x as { [copyKey]?: () => string })[copyKey];
  if (from === undefined || from === here) return "";
  return ` of another copy: two copies of Tendril are loaded, from ${here()} and from ${from()}; use one version, by import only or by require only`;
}
