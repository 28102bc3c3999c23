/** `npm run docs`: builds the site into out/site, and checks its links. SITE_BASE is the path that it is to work under. */
import { join, relative } from "node:path";
import { build } from "vitepress";
import { built, root } from "./contents.ts";
import { brokenIn } from "./links.ts";
import { prepare } from "./prepare.ts";

prepare();
await build(join(root, "site"));
const { pages, links, broken } = brokenIn(built, process.env.SITE_BASE ?? "/");
for (const line of broken) console.error(line);
if (broken.length > 0) {
  console.error(`docs: ${broken.length} links lead nowhere`);
  process.exit(1);
}
console.log(`${relative(process.cwd(), built)}: ${pages} pages, ${links} links, all of which lead somewhere`);
