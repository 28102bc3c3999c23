import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { buildSync } from "esbuild";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { everything } from "./lesson-alone.ts";

// The lesson is the same in a terminal, a page and a worker, so it may use only what is the same in all of them.
const lesson = fileURLToPath(new URL("../src/lesson", import.meta.url));
const packages = /^(@tendril\/(nn|tensor)(\/\w+)?|csv-parse\/browser\/esm\/sync)$/;
const language = runInNewContext("Object.getOwnPropertyNames(globalThis)") as string[];
// `console` comes with V8, and behind `globalThis` anything could be.
const names = new Set([...language.filter((name) => !/^(console|globalThis)$/.test(name)), "performance"]);

/** What a file of the lesson imports or names that the lesson must not. */
function breaches(file: string, text: string): string[] {
  const options: ts.CompilerOptions = { noLib: true, noResolve: true, types: [], target: ts.ScriptTarget.ES2022 };
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const host = {
    ...ts.createCompilerHost(options),
    getSourceFile: (name: string) => (name === file ? source : undefined),
  };
  const checker = ts.createProgram([file], options, host).getTypeChecker();
  const found: string[] = [];

  const checkImport = (specifier: ts.Node | undefined): void => {
    const from = specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : "(computed)";
    const inside = from.startsWith(".") && join(dirname(file), from).startsWith(join(lesson, "/"));
    if (!inside && !packages.test(from)) found.push(`imports ${from}`);
  };
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
      checkImport(node.moduleSpecifier);
      return; // The names in it are the other module's.
    }
    if (ts.isImportTypeNode(node)) checkImport(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      checkImport(node.arguments[0]);
    if (ts.isMetaProperty(node)) found.push(`names ${node.getText()}`);
    if (ts.isIdentifier(node) && isFree(node) && !names.has(node.text)) found.push(`names ${node.text}`);
    ts.forEachChild(node, visit);
  };
  /** A name of a value that the file does not declare. */
  const isFree = (node: ts.Identifier): boolean => {
    const { parent } = node;
    if (ts.isQualifiedName(parent) || (ts.isTypeNode(parent) && !ts.isExpressionWithTypeArguments(parent)))
      return false;
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
    if (ts.isBindingElement(parent) && parent.propertyName === node) return false;
    const symbol = ts.isShorthandPropertyAssignment(parent)
      ? checker.getShorthandAssignmentValueSymbol(parent)
      : checker.getSymbolAtLocation(node);
    return symbol === undefined || node.text === "globalThis";
  };
  visit(source);
  return found;
}

describe("the lesson keeps within its border", () => {
  const files = readdirSync(lesson, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));

  it.each(files)("%s", (file) => {
    expect(breaches(join(lesson, file), readFileSync(join(lesson, file), "utf8"))).toEqual([]);
  });

  it.each([
    ['import { readFileSync } from "node:fs";', "imports node:fs"],
    ['import "fs";', "imports fs"],
    ['import type { Options } from "../node/options.ts";', "imports ../node/options.ts"],
    ['export { drawMap } from "../shows/terminal/map.ts";', "imports ../shows/terminal/map.ts"],
    ['import { x } from "../lesson-of-another/x.ts";', "imports ../lesson-of-another/x.ts"],
    ['import { parse } from "csv-parse/sync";', "imports csv-parse/sync"],
    ['type Stats = import("node:fs").Stats;', "imports node:fs"],
    ['await import("node:fs");', "imports node:fs"],
    ["const name = `fs`; await import(name);", "imports (computed)"],
    ['const fs = require("fs");', "names require"],
    ["process.exitCode = 2;", "names process"],
    ["const { process } = globalThis;", "names globalThis"],
    ["const all = { document };", "names document"],
    ["class Part extends HTMLElement {}", "names HTMLElement"],
    ["if (typeof window !== 'undefined') Buffer.from('');", "names window", "names Buffer"],
    ["setTimeout(() => console.log(1));", "names setTimeout", "names console"],
    ["const path = import.meta.url;", "names import.meta"],
  ])("%s would be found", (line, ...found) => {
    expect(breaches(join(lesson, "x.ts"), line)).toEqual(found);
  });

  it("and nothing is found that belongs to the language or to the file", () => {
    const text = `
      import { grad, type Tensor } from "@tendril/tensor";
      import { iris as process } from "./data.ts";
      type Rows = Iterable<NodeJS.Process> & Record<string, Document>;
      export const window = (document: Rows, { process: self }: { process: number }) =>
        new Map([[document.window, { Buffer: Math.max(self, process.x), window, grad }]]).size + performance.now();
      export class Fault extends Error {}`;
    expect(breaches(join(lesson, "x.ts"), text)).toEqual([]);
  });
});

it("the lesson runs where there is neither Node nor a page, and learns the same", () => {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL("./lesson-alone.ts", import.meta.url))],
    bundle: true,
    write: false,
    platform: "browser",
    format: "iife",
    globalName: "alone",
  });
  const there: unknown = runInNewContext(`${outputFiles[0]?.text};\nalone.everything()`, { performance });
  expect(there).toBe(everything());
});
