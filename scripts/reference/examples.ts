// The examples of the docstrings: what they import, whether their types are right, and what they give.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import ts from "typescript";
import { examplesOf } from "./docs.ts";
import { type Entity, makeProgram, packageOf, root } from "./model.ts";

export interface Example {
  readonly entity: Entity;
  readonly code: string;
  /** The lines that import every exported name that occurs in it. */
  readonly imports: string;
}

export function allExamples(model: readonly Entity[]): Example[] {
  return model.flatMap((entity) => {
    const docs = [entity.doc, ...entity.members.map(({ doc }) => doc)];
    return docs.flatMap(examplesOf).map((code) => ({ entity, code, imports: importsOf(code, entity, model) }));
  });
}

const parse = (code: string): ts.SourceFile => ts.createSourceFile("example.ts", code, ts.ScriptTarget.Latest, true);

/** Names that are used, but neither declared in the code nor what follows a dot or names a property. */
function freeNames(code: string): Set<string> {
  const [used, declared] = [new Set<string>(), new Set<string>()];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const { parent } = node;
      const isName = (parent as { name?: ts.Node }).name === node;
      const declares = ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent);
      if (isName && (declares || ts.isFunctionDeclaration(parent) || ts.isClassDeclaration(parent))) {
        declared.add(node.text);
      } else if (ts.isImportSpecifier(parent)) declared.add(node.text);
      else if (!isName || ts.isShorthandPropertyAssignment(parent)) used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(code));
  return new Set([...used].filter((name) => !declared.has(name)));
}

export function importsOf(code: string, entity: Entity, model: readonly Entity[]): string {
  const byEntry = new Map<string, string[]>();
  for (const name of freeNames(code)) {
    const offers = model.filter((other) => other.name === name || other.name.startsWith(`${name}.`));
    const nearest =
      offers.find(({ entry }) => entry === entity.entry) ??
      offers.find(({ entry }) => entry === packageOf(entity.entry)) ??
      offers[0];
    if (nearest === undefined) continue;
    const isType = nearest.kind === "interface" || nearest.kind === "type";
    const list = byEntry.get(nearest.entry) ?? [];
    byEntry.set(nearest.entry, [...list, isType ? `type ${name}` : name]);
  }
  const bare = (name: string): string => name.replace("type ", "");
  const lines = [...byEntry].map(([entry, names]) => {
    const sorted = names.sort((a, b) => (bare(a).toLowerCase() < bare(b).toLowerCase() ? -1 : 1));
    return `import { ${sorted.join(", ")} } from "${entry}";\n`;
  });
  return lines.sort().join("");
}

interface Checked {
  readonly at: number;
  readonly code: string;
}

/** Puts a check behind each statement that ends in a comment: an expression, or the value of a declared variable. */
function withChecks(code: string): string {
  const edits: Checked[] = [];
  const visit = (node: ts.Node, inFunction: boolean): void => {
    const expected = /^[ \t]*\/\/ (.*)/.exec(code.slice(node.getEnd()))?.[1];
    const wanted = JSON.stringify(expected?.trim());
    if (expected !== undefined && !inFunction && ts.isExpressionStatement(node)) {
      const [from, to] = [node.expression.getStart(), node.expression.getEnd()];
      edits.push({ at: from, code: `await check(${wanted}, async () => (` }, { at: to, code: "))" });
    } else if (expected !== undefined && !inFunction && ts.isVariableStatement(node)) {
      const name = node.declarationList.declarations[0]?.name;
      if (name !== undefined && ts.isIdentifier(name)) {
        edits.push({ at: node.getEnd(), code: ` await check(${wanted}, async () => ${name.text});` });
      }
    }
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node)));
  };
  visit(parse(code), false);
  return edits.reduceRight((text, { at, code }) => text.slice(0, at) + code + text.slice(at), code);
}

const harness = `
const squeeze = (text) => text.replace(/\\s+/g, " ").trim();
const show = (value) => {
  if (Array.isArray(value)) return "[" + value.map(show).join(", ") + "]";
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).map(([name, entry]) => name + ": " + show(entry));
    return entries.length === 0 ? "{}" : "{ " + entries.join(", ") + " }";
  }
  return String(value);
};
const failures = [];
export async function run(number, example) {
  const check = async (wanted, evaluate) => {
    let value;
    try {
      value = await evaluate();
    } catch (error) {
      value = error;
    }
    const shown = [String(value), show(value)].map(squeeze);
    if (!shown.includes(squeeze(wanted))) failures.push({ number, problem: "gives " + shown[1] + ", not " + wanted });
  };
  const console = { log: (...values) => values.map(String).join(" ") };
  try {
    await example(check, console);
  } catch (error) {
    failures.push({ number, problem: "throws " + error });
  }
}
export const report = () => console.log("\\n" + JSON.stringify(failures));
`;

/** An example as a module: its own imports first, the rest of it in a function. */
function moduleOf({ code, imports }: Example): string {
  const lines = code.split("\n");
  const own = lines.filter((line) => line.startsWith("import "));
  const rest = lines.filter((line) => !line.startsWith("import ")).join("\n");
  const body = withChecks(rest);
  return `${imports}${own.join("\n")}\nexport default async function (check, console) {\n${body}\n}\n`;
}

/** Runs all examples in one process. For each one that fails: its number, and what is wrong. */
export async function runExamples(examples: readonly Example[]): Promise<Map<number, string[]>> {
  const modules = new Map(examples.map((example, i) => [`example-${i}`, moduleOf(example)]));
  const lines = [...modules.keys()].map((name, i) => `import e${i} from "${name}"; await run(${i}, e${i});`);
  modules.set("harness", harness);
  modules.set("main", `import { run, report } from "harness";\n${lines.join("\n")}\nreport();`);
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "reference-"));
  try {
    await build({
      entryPoints: ["main"],
      outfile: join(folder, "examples.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      logLevel: "silent",
      plugins: [
        {
          name: "examples",
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^(main|harness|example-\d+)$/ }, ({ path }) => ({ path, namespace: "example" }));
            onLoad({ filter: /./, namespace: "example" }, ({ path }) => {
              return { contents: modules.get(path) ?? "", loader: "ts", resolveDir: folder };
            });
          },
        },
      ],
    });
    const printed = execFileSync(process.execPath, [join(folder, "examples.mjs")], { cwd: folder, encoding: "utf8" });
    const failures = JSON.parse(printed.trimEnd().split("\n").at(-1) ?? "[]") as { number: number; problem: string }[];
    const found = new Map<number, string[]>();
    for (const { number, problem } of failures) found.set(number, [...(found.get(number) ?? []), problem]);
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the compiler says of the types in all examples. */
export function typeErrors(examples: readonly Example[], before: ts.Program): Map<number, string[]> {
  const files = examples.map((_, i) => join(root, "out", `example-${i}.ts`));
  const text = (example: Example): string => `${example.imports}${example.code}\nexport {};\n`;
  const program = makeProgram(new Map(examples.map((example, i) => [files[i] as string, text(example)])), before);
  const found = new Map<number, string[]>();
  for (const [i, file] of files.entries()) {
    const source = program.getSourceFile(file);
    const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const messages = diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
    if (messages.length > 0) found.set(i, messages);
  }
  return found;
}
