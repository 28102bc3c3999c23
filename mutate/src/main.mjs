// Mutation testing of the compiler and of backprop: changes the source in many small ways, and asks of each change
// whether a test notices it. Ends with the score of each file and the changes that nobody noticed or explained.
//
//   npm run mutate                        all files
//   npm run mutate -- plan.ts simplify.ts   some of them
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Stryker } from "@stryker-mutator/core";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const sources = "packages/tensor/src";
const compiler = readdirSync(`${sources}/compile`, { recursive: true }).filter((name) => name.endsWith(".ts"));
const known = [...compiler.map((name) => `${sources}/compile/${name}`), `${sources}/grad.ts`];

const testFiles = (names) => names.map((name) => `packages/tensor/test/${name}.test.ts`);
const around = [
  ...testFiles(["compile.mutants", "compile.around", "compile.random", "compile"]),
  "packages/nn/test/compile.test.ts",
];
const numbers = [...around, ...testFiles(["compile.mutants.loops", "compile.fusion"])];
const table = [...numbers, ...testFiles(["compile.mutants.threads", "compile.table"])];
const threads = [...numbers, ...testFiles(["compile.mutants.threads", "compile.threads"])];
/** The tests of a file, in this order: slow ones only where they are needed, since a mutant is to take seconds. */
const suites = {
  "grad.ts": testFiles(["autodiff", "graph", "gradcheck", "properties", "ops"]),
  ...suite(around, "failure graph guards index print trace"),
  ...suite(numbers, "decompose fuse simplify"),
  ...suite(table, "forms lanes long-rows loop loops products rows short-rows strides"),
  ...suite(threads, "emit layout plan program threads"),
  ...suite([...testFiles(["compile.views"]), ...numbers], "join-parts views"),
  "workers.ts": testFiles(["compile.mutants.workers", "compile.mutants.threads", "compile.threads"]),
};
function suite(tests, names) {
  return Object.fromEntries(names.split(" ").map((name) => [`${name}.ts`, tests]));
}
const testsOf = (file) => suites[basename(file)] ?? threads;

function chosen(names) {
  const wrong = names.find((name) => !known.some((file) => basename(file) === name));
  if (wrong !== undefined) {
    console.error(`mutate: ${wrong} is not one of ${known.map((file) => basename(file)).join(", ")}`);
    process.exit(2);
  }
  return known.filter((file) => names.length === 0 || names.includes(basename(file)));
}

/** The mutants of some files, which have the same tests, each with what became of it. */
async function run(files, tests) {
  process.env.MUTATE_TESTS = tests.join(" ");
  return new Stryker({
    mutate: files,
    mutator: { excludedMutations: ["StringLiteral"] },
    ignorePatterns: ["bench", "docs", "examples", "out", "dist", "coverage"],
    testRunner: "vitest",
    vitest: { configFile: "mutate/vitest.config.ts", related: false },
    plugins: ["@stryker-mutator/vitest-runner"],
    tempDirName: "mutate/.stryker-tmp",
    concurrency: 2,
    timeoutMS: 15_000,
    timeoutFactor: 2,
    dryRunTimeoutMinutes: 15,
    reporters: process.stdout.isTTY ? ["progress"] : ["progress-append-only"],
    allowEmpty: true,
  }).runMutationTest();
}

const inOneLine = (text) => text.replace(/\s+/g, " ").trim();

/** A mutant as text. The line that it begins on tells where it stands, so that edits elsewhere change nothing. */
function described({ fileName, location: { start, end }, replacement, status }, texts) {
  const lines = texts.get(basename(fileName)).split("\n");
  const own = lines.slice(start.line - 1, end.line);
  own[own.length - 1] = own.at(-1).slice(0, end.column - 1);
  own[0] = own[0].slice(start.column - 1);
  return {
    file: basename(fileName),
    line: lines[start.line - 1].trim(),
    original: inOneLine(own.join("\n")),
    replacement: inOneLine(replacement),
    at: start.line,
    status,
  };
}

const same = (a, b) => ["file", "line", "original", "replacement"].every((key) => a[key] === b[key]);
const noticed = new Set(["Killed", "Timeout", "RuntimeError", "CompileError"]);

const files = chosen(process.argv.slice(2));
const texts = new Map(files.map((file) => [basename(file), readFileSync(file, "utf8")]));
const explanations = JSON.parse(readFileSync("mutate/explained.json", "utf8")).filter(({ file }) => texts.has(file));
const mutants = [];
for (const tests of new Set(files.map(testsOf))) {
  const own = files.filter((file) => testsOf(file) === tests);
  const results = await run(own, tests);
  mutants.push(...results.filter(({ status }) => status !== "Ignored").map((mutant) => described(mutant, texts)));
}

const survivors = mutants.filter(({ status }) => !noticed.has(status));
const unexplained = survivors.filter((mutant) => !explanations.some((explanation) => same(mutant, explanation)));
const outdated = explanations.filter((explanation) => !survivors.some((mutant) => same(mutant, explanation)));

console.log("\nfile           mutants  killed  explained  unexplained  score");
for (const name of [...texts.keys(), "all"]) {
  const of = (list) => list.filter(({ file }) => name === "all" || file === name).length;
  const [count, left, open] = [mutants, survivors, unexplained].map(of);
  const score = count === 0 ? "–" : `${((100 * (count - left)) / count).toFixed(1)} %`;
  const cells = [count, count - left, left - open, open].map((n, i) => String(n).padStart([9, 8, 11, 13][i]));
  console.log(`${name.padEnd(13)}${cells.join("")}  ${score}`);
}
for (const { file, at, line, original, replacement, status } of unexplained) {
  console.log(`\nunexplained (${status}): ${file}:${at}\n  ${line}\n- ${original}\n+ ${replacement}`);
}
for (const { file, line, original, replacement } of outdated) {
  console.log(`\nexplained, but no such mutant survives: ${file}\n  ${line}\n- ${original}\n+ ${replacement}`);
}
process.exitCode = unexplained.length + outdated.length > 0 ? 1 : 0;
