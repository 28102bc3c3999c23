/** Bundlers: each makes one file, or one and a worker's, of a page's program, into a folder of its name. */
import { join } from "node:path";
import nodeResolve from "@rollup/plugin-node-resolve";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import { build as viteBuild } from "vite";
import webpack from "webpack";

/** Writes `entry` of the project, with all that it imports, as `out`/main.js. */
export type Bundle = (project: string, entry: string, out: string) => Promise<void>;

const withVite: Bundle = async (project, entry, out) => {
  await viteBuild({
    root: project,
    base: "./",
    logLevel: "error",
    configFile: false,
    worker: { format: "es", rolldownOptions: { output: { entryFileNames: "[name].js" } } },
    build: {
      outDir: join(project, out),
      rolldownOptions: {
        input: join(project, entry),
        output: { entryFileNames: "main.js" },
        onwarn: (warning) => {
          throw new Error(warning.message);
        },
      },
    },
  });
};

const withEsbuild: Bundle = async (project, entry, out) => {
  const { warnings } = await esbuild.build({
    entryPoints: [join(project, entry)],
    outfile: join(project, out, "main.js"),
    bundle: true,
    minify: true,
    format: "esm",
    logLevel: "silent",
  });
  if (warnings[0] !== undefined) throw new Error(warnings[0].text);
};

const withRollup: Bundle = async (project, entry, out) => {
  const bundle = await rollup({
    input: join(project, entry),
    plugins: [nodeResolve()],
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  await bundle.write({ file: join(project, out, "main.js"), format: "es" });
  await bundle.close();
};

const withWebpack: Bundle = (project, entry, out) =>
  new Promise((done, fail) => {
    const output = { path: join(project, out), filename: "main.js" };
    webpack({ mode: "production", context: project, entry: `./${entry}`, output }, (error, stats) => {
      const problem = stats?.hasErrors() || stats?.hasWarnings() ? stats.toString("errors-warnings") : "";
      // Its advice on sizes is for whole sites.
      if (error) fail(error);
      else if (stats?.hasErrors() || /(?<!size limit|entrypoint size limit)WARNING in \.\//.test(problem))
        fail(new Error(problem));
      else done();
    });
  });

export const bundlers: Readonly<Record<string, Bundle>> = {
  Vite: withVite,
  esbuild: withEsbuild,
  rollup: withRollup,
  webpack: withWebpack,
};
