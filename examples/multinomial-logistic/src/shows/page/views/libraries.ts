/** The drawing libraries: large, and needed only after the first look, so they come in a file of their own. */
import { signal } from "@preact/signals";

export type Libraries = typeof import("../libraries.ts");

/** `undefined` until they are there. */
export const libraries = signal<Libraries | undefined>(undefined);

export async function loadLibraries(): Promise<void> {
  if (import.meta.env.DEV) {
    libraries.value = await import("../libraries.ts");
    return;
  }
  // A classic script, since a page that is opened from a folder may not import modules.
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "libraries.js";
    script.onload = resolve;
    script.onerror = () => reject(new Error("libraries.js is missing: copy the whole folder"));
    document.head.append(script);
  });
  libraries.value = (globalThis as unknown as { tendrilLibraries: Libraries }).tendrilLibraries;
}
