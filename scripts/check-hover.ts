/**
 * Asks TypeScript's language service, as editors do, about the packages installed in a project: each exported name, method
 * and option must show its docstring and its parameters, go to the declaration that has them, and nothing internal may be
 * offered. `tsx scripts/check-hover.ts PROJECT`, or `checkHover(project)`.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { owed } from "./reference/owed.ts";

const packages = ["@tendril/tensor", "@tendril/nn"];

/** What one imports from a package: `@tendril/tensor/compile`, … */
function entriesOf(project: string): string[] {
  return packages.flatMap((name) => {
    const file = join(project, "node_modules", name, "package.json");
    const { exports } = JSON.parse(readFileSync(file, "utf8")) as { exports: Record<string, unknown> };
    const paths = Object.keys(exports).filter((path) => path === "." || /^\.\/[\w-]+$/.test(path));
    return paths.map((path) => (path === "." ? name : `${name}/${path.slice(2)}`));
  });
}

function serviceFor(project: string): { ask: (text: string) => ts.LanguageService; file: string } {
  const file = join(project, "hover.mts");
  let [text, version] = ["", 0];
  const module = ts.ModuleKind.NodeNext;
  const options: ts.CompilerOptions = { strict: true, target: ts.ScriptTarget.ES2022, module, types: [], noEmit: true };
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: (name) => (name === file ? String(version) : "0"),
    getScriptSnapshot: (name) => {
      const own = name === file ? text : ts.sys.readFile(name);
      return own === undefined ? undefined : ts.ScriptSnapshot.fromString(own);
    },
    getCurrentDirectory: () => project,
    getDefaultLibFileName: (own) => ts.getDefaultLibFilePath(own),
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  const ask = (own: string): ts.LanguageService => {
    text = own;
    version++;
    return service;
  };
  return { ask, file };
}

/** A place in a file of questions, what is there, and what must be shown. */
interface Question {
  readonly label: string;
  readonly place: number;
  readonly parameters: readonly string[];
  /** The documentation must say what is taken where the option is left out. */
  readonly needsDefault: boolean;
}

/** Writes the questions as code, one in a line. */
class Questions {
  text = "";
  readonly list: Question[] = [];

  add(label: string, before: string, name: string, after: string, question: Partial<Question> = {}): void {
    const place = this.text.length + before.length;
    this.list.push({ parameters: [], needsDefault: false, ...question, label, place });
    this.text += `${before}${name}${after}\n`;
  }
}

const isType = (symbol: ts.Symbol): boolean => (symbol.flags & ts.SymbolFlags.Value) === 0;
/** The parameters of a signature; those of a generic rest are none in a question, which gives none. */
const namesOf = (signature: ts.Signature | undefined): string[] =>
  (signature?.parameters ?? []).flatMap(({ name, valueDeclaration: node }) => {
    const isRest = node !== undefined && ts.isParameter(node) && node.dotDotDotToken !== undefined;
    return isRest && (signature?.typeParameters?.length ?? 0) > 0 ? [] : name;
  });

/** Questions about all exports of the entries, found in the types that are installed. */
function questionsFor(entries: readonly string[], service: ts.LanguageService, file: string, head: string): Questions {
  const program = service.getProgram();
  const source = program?.getSourceFile(file);
  if (program === undefined || source === undefined) throw new Error("check-hover: TypeScript cannot read the project");
  const checker = program.getTypeChecker();
  const questions = new Questions();
  questions.text = head;
  const imports = source.statements.filter(ts.isImportDeclaration);
  for (const [i, entry] of entries.entries()) {
    const module = checker.getSymbolAtLocation((imports[i] as ts.ImportDeclaration).moduleSpecifier);
    if (module === undefined) throw new Error(`check-hover: ${entry} has no types`);
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      askAbout(questions, checker, symbol, { entry, name: exported.name, path: `e${i}.${exported.name}` });
    }
  }
  return questions;
}

interface Exported {
  readonly entry: string;
  readonly name: string;
  readonly path: string;
}

function askAbout(questions: Questions, checker: ts.TypeChecker, symbol: ts.Symbol, { entry, name, path }: Exported) {
  const label = `${entry} ${path.replace(/^e\d+\./, "")}`;
  const before = path.slice(0, -name.length);
  if (symbol.flags & (ts.SymbolFlags.NamespaceModule | ts.SymbolFlags.ValueModule)) {
    for (const inner of checker.getExportsOfModule(symbol)) {
      const target = inner.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(inner) : inner;
      askAbout(questions, checker, target, { entry, name: inner.name, path: `${path}.${inner.name}` });
    }
    return;
  }
  if (isType(symbol)) {
    questions.add(label, `type T${questions.list.length} = ${before}`, name, ";");
  } else {
    const type = checker.getTypeOfSymbol(symbol);
    const [called] = type.getCallSignatures();
    questions.add(label, before, name, called === undefined ? ";" : "();", { parameters: namesOf(called) });
    const [made] = type.getConstructSignatures();
    if (made !== undefined)
      questions.add(`${label} constructor`, `new ${before}`, name, "();", { parameters: namesOf(made) });
  }
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))
    askAboutMembers(questions, checker, symbol, label, path);
}

/** Whether a member is one that a class of JavaScript has, such as the name of an error. */
const isFromOutside = (checker: ts.TypeChecker, name: string, type: ts.Type): boolean =>
  (type.isClassOrInterface() ? checker.getBaseTypes(type) : []).some((base) => {
    const files = checker.getPropertyOfType(base, name)?.declarations?.map((node) => node.getSourceFile().fileName);
    return (files?.some((file) => !file.includes("@tendril")) ?? false) || isFromOutside(checker, name, base);
  });

function askAboutMembers(
  questions: Questions,
  checker: ts.TypeChecker,
  symbol: ts.Symbol,
  label: string,
  path: string,
): void {
  const type = checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType;
  const generics = type.typeParameters?.map(() => "any").join(", ");
  const holder = `x${questions.list.length}`;
  questions.text += `declare const ${holder}: ${path}${generics === undefined ? "" : `<${generics}>`};\n`;
  for (const member of checker.getPropertiesOfType(type)) {
    const isOurs = member.declarations?.some((node) => /@tendril/.test(node.getSourceFile().fileName));
    const flags = member.valueDeclaration && ts.getCombinedModifierFlags(member.valueDeclaration);
    const hidden = ((flags ?? 0) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0;
    if (!isOurs || hidden || /^__|^#/.test(member.name) || isFromOutside(checker, member.name, type)) continue;
    const optional = (member.flags & ts.SymbolFlags.Optional) !== 0;
    const [called] = optional ? [] : checker.getTypeOfSymbol(member).getCallSignatures();
    const question = { parameters: namesOf(called), needsDefault: optional && symbol.name.endsWith("Options") };
    questions.add(`${label}.${member.name}`, `${holder}.`, member.name, called === undefined ? ";" : "();", question);
  }
}

/** What is wrong with the answers: one line for each. */
function problemsWith(service: ts.LanguageService, file: string, { list }: Questions): string[] {
  return list.flatMap(({ label, place, parameters, needsDefault }) => {
    const info = service.getQuickInfoAtPosition(file, place);
    const words = ts.displayPartsToString(info?.documentation);
    const shown = ts.displayPartsToString(info?.displayParts);
    const problems: string[] = [];
    const isConstructor = label.endsWith(" constructor");
    if (words === "" && !isConstructor) problems.push("shows no docstring");
    if (needsDefault && !/default/i.test(words)) problems.push("does not say its default");
    const missing = parameters.filter((name) => !new RegExp(`\\b${name}\\??:`).test(shown));
    if (missing.length > 0) problems.push(`does not show ${missing.join(", ")}: ${shown}`);
    if (info?.tags?.some(({ name }) => name === "internal")) problems.push("is internal, and offered");
    if (!isConstructor && words !== "") problems.push(...definitionProblems(service, file, place, label));
    return problems.map((problem) => `${label} ${problem}`);
  });
}

/**
 * A definition must be a declaration with a docstring, not the name in a list of exports; a member without a docstring of
 * its own may have it from the class that it is inherited from.
 */
function definitionProblems(service: ts.LanguageService, file: string, place: number, label: string): string[] {
  const [definition] = service.getDefinitionAtPosition(file, place) ?? [];
  if (definition === undefined) return ["has no definition"];
  const { fileName, textSpan, contextSpan = textSpan, kind } = definition;
  const text = service.getProgram()?.getSourceFile(fileName)?.text ?? "";
  const [before, after] = [text.slice(0, contextSpan.start), text.slice(contextSpan.start)];
  const isMember = label.includes(".") && memberKinds.some((own) => own === kind);
  if (isMember || /\*\/\s*$/.test(before) || /^\s*\/\*\*/.test(after)) return [];
  return [`goes to "${after.split("\n")[0]?.slice(0, 80)}", which has no docstring`];
}

const { memberFunctionElement, memberVariableElement, memberGetAccessorElement } = ts.ScriptElementKind;
const memberKinds = [memberFunctionElement, memberVariableElement, memberGetAccessorElement];

/** Throws unless everything exported explains itself, but what is still owed. Returns how much was asked. */
export function checkHover(project: string): number {
  const labels = owed();
  const isOwed = (problem: string): boolean => labels.some((label) => new RegExp(`^${label}[. ]`).test(problem));
  const entries = entriesOf(project);
  const { ask, file } = serviceFor(project);
  const head = entries.map((entry, i) => `import * as e${i} from "${entry}";\n`).join("");
  const questions = questionsFor(entries, ask(head), file, head);
  const problems = problemsWith(ask(questions.text), file, questions).filter((problem) => !isOwed(problem));
  if (problems.length > 0) throw new Error(`${problems.length} problems of hover:\n${problems.join("\n")}`);
  return questions.list.length;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  console.log(`hover: right for ${checkHover(resolve(process.argv[2] ?? "."))} names, methods and options`);
}
