// Trains the model of docs/characters.md, and lets it write what the page quotes: `npx tsx docs/characters/train.ts`.
import { readFileSync } from "node:fs";
import { manualSeed } from "@tendril/tensor";
import { CharacterModel, context, encode, evaluate, trainer, write } from "./characters.ts";

const steps = Number(process.argv[2] ?? 3000);
const sonnets = readFileSync(new URL("sonnets.txt", import.meta.url), "utf8");
const letters = [...new Set(sonnets)].sort().join("");
const poems = sonnets.split("\n\n");
const seen = encode(poems.slice(0, -4).join("\n\n"), letters);
const unseen = encode(poems.slice(-4).join("\n\n"), letters);

manualSeed(0);
const model = new CharacterModel(letters.length);
const step = trainer(model, seen);
for (let k = 0; k <= steps; k++) {
  if (k % 500 === 0) {
    const [known, other] = [evaluate(model, seen), evaluate(model, unseen)].map((loss) => loss.toFixed(2));
    console.log(`step ${String(k).padStart(4)}: loss ${known} on what it is trained on, ${other} on what it is not`);
  }
  step();
}
const prompt = unseen.narrow(0, 0, context);
const textOf = (ids: readonly number[]): string => ids.map((id) => letters[id]).join("");
for (const temperature of [0.5, 1]) {
  const written = textOf(write(model, prompt, 400, temperature));
  console.log(`\nat temperature ${temperature}:\n${textOf(Array.from(prompt.data))}|${written}`);
}
