import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from "dependency-cruiser";
import extractConfig from "dependency-cruiser/config-utl/extract-depcruise-config";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Imports of values point down the list in ARCHITECTURE.md: .dependency-cruiser.mjs makes rules of its rows.
const root = resolve(import.meta.dirname, "..");
const { forbidden = [], options } = await extractConfig(join(root, ".dependency-cruiser.mjs"));
// The engine's name is its sources, as in tsconfig.base.json; to users it is what was built of them.
const alias = { "@tendril/tensor$": join(root, "packages/tensor/src/index.ts") };

async function cruised(baseDir: string): Promise<ICruiseResult> {
  const ruleSet: IFlattenedRuleSet = { forbidden };
  const { output } = await cruise(
    ["packages/tensor/src", "packages/nn/src"],
    { ...options, baseDir, ruleSet, validate: true },
    { ...options?.enhancedResolveOptions, alias },
  );
  return output as ICruiseResult;
}

const inRoot = await cruised(root);
const broken = ({ summary }: ICruiseResult): string[] =>
  summary.violations.map(({ rule, from, to }) => `${from} → ${to}: ${rule.name}`).sort();

describe("imports", () => {
  it("point down the list of ARCHITECTURE.md, form no circles, and leave the engine's insides to the engine", () => {
    expect(broken(inRoot)).toEqual([]);
  });

  it("are looked at in every file, of values only", () => {
    const { modules } = inRoot;
    for (const folder of ["packages/tensor/src", "packages/nn/src"]) {
      const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
      const sources = files.filter((file) => file.endsWith(".ts")).map((file) => `${folder}/${file}`);
      const seen = new Set(modules.map(({ source }) => source));
      expect(sources.filter((file) => !seen.has(file))).toEqual([]);
    }
    const importsOf = (file: string): string[] | undefined =>
      modules.find(({ source }) => source === file)?.dependencies.map(({ resolved }) => resolved);
    expect(importsOf("packages/tensor/src/methods.ts")).toContain("packages/tensor/src/grad.ts");
    expect(importsOf("packages/tensor/src/primitive.ts")).not.toContain("packages/tensor/src/tensor.ts"); // of a type
    expect(importsOf("packages/nn/src/linear.ts")).toContain("packages/tensor/src/index.ts"); // by the package's name
  });
});

describe("wrong imports", () => {
  const folder = mkdtempSync(join(tmpdir(), "imports-"));
  const files: Record<string, string> = {
    "tensor/src/index.ts": `export { add } from "./ops/add.ts";`,
    "tensor/src/ops/add.ts": `import { sub } from "./sub.ts"; import type { f } from "../grad.ts"; export const add = (x: typeof f) => sub(x);`,
    "tensor/src/ops/sub.ts": `import { add } from "./add.ts"; export const sub = (x: unknown) => add(x as never);`,
    "tensor/src/grad.ts": `import { add } from "./ops/add.ts"; export const f = () => add;`,
    "tensor/src/shape.ts": `import { f } from "./grad.ts"; export const shape = f;`,
    "tensor/src/dtype.ts": `import { nested } from "./nested.ts"; export const dtype = () => nested;`,
    "tensor/src/nested.ts": `import { dtype } from "./dtype.ts"; export const nested = () => dtype;`,
    "tensor/src/unheard-of.ts": `export const x = 1;`,
    "tensor/src/compile/graph.ts": `import { loop } from "./schedule/loop.ts"; import { x } from "../unheard-of.ts"; export const g = [loop, x];`,
    "tensor/src/compile/schedule/loop.ts": `import { forms } from "./forms.ts"; import { emit } from "../code/emit.ts"; export const loop = [forms, emit];`,
    "tensor/src/compile/schedule/forms.ts": `export const forms = 1;`,
    "tensor/src/compile/code/emit.ts": `export const emit = 1;`,
    "tensor/src/backend/wasm/assembler/code.ts": `import { kernels } from "../index.ts"; export const code = kernels;`,
    "tensor/src/backend/wasm/index.ts": `export const kernels = 1;`,
    "nn/src/linear.ts": `import { shape } from "../../tensor/src/shape.ts"; import { add } from "../../tensor/src/index.ts"; import "./gone.ts"; export const l = [shape, add];`,
  };
  beforeAll(() => {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, "packages", file)), { recursive: true });
      writeFileSync(join(folder, "packages", file), text);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("are noticed, each by its rule, and no others", async () => {
    const short = broken(await cruised(folder)).map((line) => line.replaceAll("packages/", ""));
    expect(short).toMatchInlineSnapshot(`
      [
        "nn/src/linear.ts → ./gone.ts: every import is of a file that is there",
        "nn/src/linear.ts → tensor/src/index.ts: nn imports the engine by its name",
        "nn/src/linear.ts → tensor/src/shape.ts: nn imports the engine by its name",
        "nn/src/linear.ts → tensor/src/shape.ts: nn uses the public API of the engine",
        "tensor/src/backend/wasm/assembler/code.ts → tensor/src/backend/wasm/index.ts: backend/wasm/assembler/ imports nothing of a row above",
        "tensor/src/compile/graph.ts → tensor/src/compile/schedule/loop.ts: compile/graph.ts imports nothing of a row above",
        "tensor/src/compile/graph.ts → tensor/src/unheard-of.ts: every file of the engine is in a row of ARCHITECTURE.md's table",
        "tensor/src/compile/schedule/loop.ts → tensor/src/compile/code/emit.ts: compile/schedule/ imports nothing of a row above",
        "tensor/src/dtype.ts → tensor/src/nested.ts: no circles, but among files that use one another at call time",
        "tensor/src/shape.ts → tensor/src/grad.ts: shape.ts, index-map.ts, dtype.ts, nested.ts, options.ts, errors.ts, copies.ts imports nothing of a row above",
      ]
    `);
  });
});
