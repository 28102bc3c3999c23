/** What is needed only after the first look comes in files of its own: the drawing libraries, the exports. */
import { signal } from "@preact/signals";

export type Libraries = typeof import("../libraries.ts");
export type Exports = typeof import("../exports.ts");

/** `undefined` until they are there. */
export const libraries = signal<Libraries | undefined>(undefined);

export async function loadLibraries(): Promise<void> {
  libraries.value = import.meta.env.DEV
    ? await import("../libraries.ts")
    : await load("libraries.js", "tendrilLibraries");
}

export async function loadExports(): Promise<Exports> {
  return import.meta.env.DEV ? await import("../exports.ts") : await load("exports.js", "tendrilExports");
}

/** What a script defines. It is a classic one, since a page that is opened from a folder may not import modules. */
async function load<T>(file: string, name: string): Promise<T> {
  const known = (globalThis as Record<string, unknown>)[name];
  if (known !== undefined) return known as T;
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = file;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${file} is missing: copy the whole folder`));
    document.head.append(script);
  });
  return (globalThis as Record<string, unknown>)[name] as T;
}
