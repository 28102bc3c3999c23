/** The types, for each TypeScript and each way in which it looks for them; and what attw says of the tarballs. */
import { join } from "node:path";
import { type Check, output } from "./run.ts";

const installed = join(import.meta.dirname, "../node_modules");
const compilers = ["ts54", "ts55", "ts56", "ts57", "ts58", "ts59", "ts60", "ts70"] as const;

/** No types but the library's own: neither Node's nor a page's. */
const flags = "--noEmit --strict --skipLibCheck false --target es2022 --lib es2022".split(" ");

/** How modules are found, and which files show it. */
const resolutions: Readonly<Record<string, readonly string[]>> = {
  node16: ["--module", "node16", "usage.mts", "usage.cts"],
  nodenext: ["--module", "nodenext", "usage.mts", "usage.cts"],
  bundler: ["--module", "es2022", "--moduleResolution", "bundler", "usage.ts"],
  node10: ["--module", "commonjs", "--moduleResolution", "node10", "usage.ts"],
};
/** `node10` is deprecated in TypeScript 6 and gone in 7. */
const lacks = (compiler: string, resolution: string): boolean => resolution === "node10" && /^ts[67]/.test(compiler);

export function typeChecks(project: string, tarballs: readonly string[]): Check[] {
  const compiled = compilers.flatMap((compiler) =>
    Object.entries(resolutions).flatMap(([resolution, rest]): Check[] => {
      if (lacks(compiler, resolution)) return [];
      const tsc = join(installed, compiler, "bin/tsc");
      const run = async (): Promise<string> => {
        const files = await output(process.execPath, [tsc, ...flags, "--listFiles", ...rest], project);
        const [source] = files.split("\n").filter((file) => /@tendril\/\w+\/src\//.test(file));
        if (source !== undefined) throw new Error(`compiles ${source}, which is there for editors only`);
        if (!/@tendril\/nn\/dist\/index\.d\.c?ts/.test(files)) throw new Error("does not list what it compiles");
        return "compiles";
      };
      return [[`TypeScript ${compiler.slice(2, 3)}.${compiler.slice(3)}, ${resolution}`, run]];
    }),
  );
  const looked = tarballs.map((tarball): Check => {
    const attw = join(installed, ".bin/attw");
    const run = async (): Promise<string> => {
      await output(attw, [tarball, "--format", "ascii", "--no-emoji"], project);
      return "no problems";
    };
    return [`attw, ${tarball.replace(/.*\//, "")}`, run];
  });
  return [...looked, ...compiled];
}
