/** Draws the pictures of the lessons, each for a light and a dark page: `npm run pictures`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pictureFiles } from "./pictures/all.ts";

const folder = resolve(import.meta.dirname, "../docs/pictures");
mkdirSync(folder, { recursive: true });
for (const [name, content] of pictureFiles()) writeFileSync(join(folder, name), content);
