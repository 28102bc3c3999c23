/** A module that is computed while the page is built, so that the page holds only the outcome. */
import type { Plugin } from "vite";

/** `import { value } from "virtual:name"`. It is computed anew when one of the watched files changes. */
export function virtual(name: string, compute: () => unknown, watched: readonly string[] = []): Plugin {
  const id = `virtual:${name}`;
  return {
    name: id,
    resolveId: (asked) => (asked === id ? `\0${id}` : undefined),
    load(asked) {
      if (asked !== `\0${id}`) return undefined;
      for (const file of watched) this.addWatchFile(file);
      return `export const ${name} = ${JSON.stringify(compute())};`;
    },
  };
}
