/** The lines in the engine's source where each op's derivatives stand: found when the page is built, a few of each file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** Where a rule stands, and its text. */
export interface RuleLines {
  file: string;
  line: number;
  code: string;
}

const root = join(import.meta.dirname, "../../../../../..");
const files = [
  ...["elementwise", "reduce", "matmul", "indexing"].map((name) => `packages/tensor/src/ops/${name}.ts`),
  "packages/nn/src/losses/cross-entropy.ts",
];
/** Where the files lie. */
export const sources: readonly string[] = files.map((file) => join(root, file));

/** The functions that define a primitive from a name and rules, and where the rules begin among their arguments. */
const definers: Readonly<Record<string, number>> = { unary: 2, binary: 2, reduction: 2, normalizer: 1 };

/** For each op, one list for each time that it is defined; in it one entry for each input, `null` where it has no rule. */
export function findRules(): Map<string, (RuleLines | null)[][]> {
  const found = new Map<string, (RuleLines | null)[][]>();
  for (const file of files) {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      const [name, rules] = (ts.isCallExpression(node) && definition(node)) || [];
      if (name !== undefined && rules !== undefined) {
        found.set(name, [...(found.get(name) ?? []), rules.map((rule) => linesOf(source, rule))]);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

/** The op's name and its rules, if this call defines one. */
function definition({
  expression,
  arguments: given,
}: ts.CallExpression): [string, readonly ts.Expression[]] | undefined {
  const [first] = given;
  const from = definers[expression.getText()];
  if (from !== undefined && first !== undefined && ts.isStringLiteral(first)) {
    return [first.text, given.slice(from)];
  }
  if (first === undefined || !ts.isObjectLiteralExpression(first)) return undefined;
  const property = (key: string): ts.Expression | undefined =>
    first.properties.filter(ts.isPropertyAssignment).find(({ name }) => name.getText() === key)?.initializer;
  const [name, vjps] = [property("name"), property("vjps")];
  if (name === undefined || !ts.isStringLiteral(name) || vjps === undefined) return undefined;
  return [name.text, ts.isArrayLiteralExpression(vjps) ? vjps.elements : [vjps]];
}

/** The whole lines that a rule is on, less what they are indented by. */
function linesOf(source: ts.SourceFile, rule: ts.Expression): RuleLines | null {
  if (rule.kind === ts.SyntaxKind.NullKeyword) return null;
  const lineAt = (place: number): number => source.getLineAndCharacterOfPosition(place).line;
  const [first, last] = [lineAt(rule.getStart()), lineAt(rule.getEnd())];
  const lines = source.text.split("\n").slice(first, last + 1);
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0;
  return { file: source.fileName, line: first + 1, code: lines.map((line) => line.slice(indent)).join("\n") };
}
