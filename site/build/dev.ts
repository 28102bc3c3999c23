/** `npm run docs:dev`: serves the site while it is written; a document that is saved is shown at once. */
import { watch } from "node:fs";
import { join } from "node:path";
import { createServer } from "vitepress";
import { root } from "./contents.ts";
import { collectAll, prepare } from "./prepare.ts";

prepare();
const server = await createServer(join(root, "site"));
await server.listen();
server.printUrls();

let timer: NodeJS.Timeout | undefined;
for (const folder of ["docs", "site/pages"]) {
  watch(join(root, folder), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      try {
        collectAll();
      } catch (error) {
        console.error(String(error));
      }
    }, 100);
  });
}
