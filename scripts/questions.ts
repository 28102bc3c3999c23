/**
 * A program that mentions everything that installed packages export: each name, method and option, a line each. The checks of
 * hover and of "go to definition" ask about these places, as editors do.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

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
  const file = join(project, "questions.mts");
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

/** A place in a program, what is there, and what must be shown. */
export interface Question {
  readonly label: string;
  readonly name: string;
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
    this.list.push({ parameters: [], needsDefault: false, ...question, label, name, place });
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
  if (program === undefined || source === undefined) throw new Error("questions: TypeScript cannot read the project");
  const checker = program.getTypeChecker();
  const questions = new Questions();
  questions.text = head;
  const imports = source.statements.filter(ts.isImportDeclaration);
  for (const [i, entry] of entries.entries()) {
    const module = checker.getSymbolAtLocation((imports[i] as ts.ImportDeclaration).moduleSpecifier);
    if (module === undefined) throw new Error(`questions: ${entry} has no types`);
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

/** The program in `text`, the places in it, and TypeScript's language service, which has read it as `file`. */
export interface Asked {
  readonly project: string;
  readonly service: ts.LanguageService;
  readonly file: string;
  readonly text: string;
  readonly list: readonly Question[];
}

export function askAboutAll(project: string): Asked {
  const entries = entriesOf(project);
  const { ask, file } = serviceFor(project);
  const head = entries.map((entry, i) => `import * as e${i} from "${entry}";\n`).join("");
  const { text, list } = questionsFor(entries, ask(head), file, head);
  return { project, service: ask(text), file, text, list };
}
