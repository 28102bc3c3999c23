/**
 * Asks tsserver, as editors do, where the packages installed in a project define each exported name, method and option: "go
 * to definition" must open a source of the package, where that name is declared with the docstring that its hover shows.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import ts from "typescript";
import type { Asked, Question } from "./questions.ts";

/** Methods of Tensor whose ops have another name. */
const renamed: Readonly<Record<string, string>> = { var: "variance", to: "cast" };

/** A line and an offset in it, both from 1. */
interface Location {
  readonly line: number;
  readonly offset: number;
}
/** Where a name stands, and the declaration around it, which editors show in a preview; of a constructor all is name. */
interface Definition {
  readonly file: string;
  readonly start: Location;
  readonly end: Location;
  readonly contextStart?: Location;
  readonly contextEnd?: Location;
}

/** Throws unless everything exported is found where it is defined. Returns how much was asked. */
export async function checkDefinitions(asked: Asked): Promise<number> {
  const { service, file, list } = asked;
  const words = list.map(({ place }) =>
    ts.displayPartsToString(service.getQuickInfoAtPosition(file, place)?.documentation),
  );
  // What a module (.mts) imports, and what CommonJS (.cts) does.
  const answers = await answersOf(asked, ["mts", "cts"]);
  const problems = [...answers].flatMap(([ending, definitions]) =>
    list.flatMap((question, i) => {
      const problem = problemWith(question, words[i] ?? "", definitions[i] ?? []);
      return problem === undefined ? [] : `${question.label} (.${ending}) ${problem}`;
    }),
  );
  if (problems.length > 0) throw new Error(`${problems.length} wrong definitions:\n${problems.join("\n")}`);
  return list.length;
}

/** What tsserver answers to each question, in files with these endings. */
async function answersOf(
  { project, text, list }: Asked,
  endings: readonly string[],
): Promise<Map<string, Definition[][]>> {
  const folder = join(project, "editor");
  mkdirSync(folder, { recursive: true });
  const compilerOptions = { module: "nodenext", target: "es2022", strict: true, types: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  const lines = ts.createSourceFile("", text, ts.ScriptTarget.Latest);
  const requests = endings.flatMap((ending) => {
    const file = join(folder, `questions.${ending}`);
    writeFileSync(file, text);
    const questions = list.map(({ place }) => {
      const { line, character } = lines.getLineAndCharacterOfPosition(place);
      return { command: "definition", arguments: { file, line: line + 1, offset: character + 1 } };
    });
    return [{ command: "open", arguments: { file } }, ...questions];
  });
  const script = join(import.meta.dirname, "../node_modules/typescript/lib/tsserver.js");
  const options = ["--disableAutomaticTypingAcquisition", "--suppressDiagnosticEvents"];
  const server = spawn(process.execPath, [script, ...options], { stdio: ["pipe", "pipe", "inherit"] });
  server.stdin.write(
    requests.map((request, seq) => `${JSON.stringify({ seq, type: "request", ...request })}\n`).join(""),
  );
  const answers: Definition[][] = [];
  for await (const line of createInterface(server.stdout)) {
    const message = line.startsWith("{") ? JSON.parse(line) : {};
    if (message.type === "response" && message.command === "definition") answers.push(message.body ?? []);
    if (answers.length === endings.length * list.length) break;
  }
  server.kill();
  return new Map(endings.map((ending, i) => [ending, answers.slice(i * list.length, (i + 1) * list.length)]));
}

/** What is wrong with where an editor goes for a name; `words` are its docstring. */
function problemWith({ label, name }: Question, words: string, definitions: readonly Definition[]): string | undefined {
  // Errors are made by the constructor of `Error`, too.
  const own = definitions.filter(({ file }) => !file.endsWith(".d.ts") || file.includes("@tendril"));
  if (own.length === 0) return "has no definition";
  const isConstructor = label.endsWith(" constructor");
  const wanted = (label.includes(" Tensor.") && renamed[name]) || name;
  const found = own.map((definition) => declarationAt(definition));
  const wrong = found.findIndex((one) => one?.name !== wanted && !(isConstructor && one?.isConstructor));
  if (wrong >= 0) return `goes to ${show(own[wrong])}, which does not declare ${wanted}`;
  if (isConstructor) return undefined;
  // A member of a class that says nothing has the docstring of the one that it overrides.
  const explained = found.some((one) => one !== undefined && (one.doc === "" ? one.inClass : words.includes(one.doc)));
  return explained ? undefined : `goes to ${show(own[0])}, which has another docstring`;
}
const show = (definition: Definition | undefined): string =>
  `${definition?.file.replace(/.*node_modules\//, "")}:${definition?.start.line}:${definition?.start.offset}`;

interface Declaration {
  readonly name: string;
  readonly doc: string;
  readonly inClass: boolean;
  readonly isConstructor: boolean;
}

/** What a source of the packages declares by the name at a place; nothing where there is no such name. */
function declarationAt({ file, start, end, contextStart, contextEnd }: Definition): Declaration | undefined {
  if (!/\/node_modules\/@tendril\/\w+\/src\/.*(?<!\.d)\.ts$/.test(file)) return undefined;
  const source = sourceOf(file);
  const at = ({ line, offset }: Location): number => (source.getLineStarts()[line - 1] ?? 0) + offset - 1;
  const word = wordAt(source, at(start));
  const isConstructor = ["constructor", "new"].includes(word.getText());
  const isName = (word.parent as ts.NamedDeclaration).name === word && word.getEnd() === at(end);
  const isAround = contextStart === undefined || (at(contextStart) <= at(start) && at(contextEnd ?? start) >= at(end));
  if (word.getStart() !== at(start) || !isAround || !(isName || isConstructor)) return undefined;
  const node = word.parent;
  const comment = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1)?.comment;
  const inClass = ts.isClassLike(node.parent);
  return { name: word.getText(), doc: ts.getTextOfJSDocComment(comment) ?? "", inClass, isConstructor };
}

const read = new Map<string, ts.SourceFile>();
function sourceOf(file: string): ts.SourceFile {
  const source = read.get(file) ?? ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  read.set(file, source);
  return source;
}

function wordAt(node: ts.Node, place: number): ts.Node {
  const child = node.getChildren().find((each) => each.getStart() <= place && place < each.getEnd());
  return child === undefined ? node : wordAt(child, place);
}
