/** Packs both packages into out/tarballs, as they are published: `npm i out/tarballs/*.tgz` installs them anywhere. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const out = join(root, "out/tarballs");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const packages = ["tensor", "nn"].map((name) => `./packages/${name}`);
execFileSync("npm", ["pack", "--silent", "--pack-destination", out, ...packages], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
});
for (const file of readdirSync(out)) console.log(relative(process.cwd(), join(out, file)));
