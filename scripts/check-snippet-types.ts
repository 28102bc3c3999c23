/**
 * Type-checks the programs of the documents as in a strict project of a reader: against the types of the packages that are
 * installed in a project. `tsx scripts/check-snippet-types.ts PROJECT`, or `checkSnippetTypes(project)`.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { documents, root, type Snippet, snippetsOf } from "../test/snippets.ts";

interface Program extends Pick<Snippet, "code" | "line"> {
  readonly document: string;
}

const programs = (): Program[] =>
  documents().flatMap((document) =>
    snippetsOf(readFileSync(join(root, document), "utf8")).flatMap(({ code, line, source }) =>
      source === undefined ? { document, code, line } : [],
    ),
  );

/** A program with a mistake, which must be found: else the settings or the packages' types have not been read. */
const wrong: Program = {
  document: "the wrong program",
  line: 1,
  code: 'import { tensor } from "@tendril/tensor";\nconst [first] = tensor([1]).data;\nfirst.toFixed();\n',
};

/** What `tsc --init` writes, with the two lines that docs/start.md asks for. */
const readers: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ESNext,
  types: ["node"],
  typeRoots: [join(root, "node_modules/@types")],
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  strict: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  moduleDetection: ts.ModuleDetectionKind.Force,
  skipLibCheck: true, // everywhere/ checks the packages' own types
  noEmit: true,
};

/** The settings of this repository: for programs that import its files, and so their types, which are not the packed ones. */
function repositorys(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  return { ...options, noUnusedLocals: false };
}
const isOfRepository = ({ code }: Program): boolean => /from "\.\.?\//.test(code);

/** The errors of programs as if each were a file of `folder`, one line for each. */
function errorsIn(programs: readonly Program[], folder: string, options: ts.CompilerOptions): string[] {
  const files = new Map([...programs, wrong].map((program, i) => [join(folder, `snippet-${i}.ts`), program]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name)?.code ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const code = files.get(name)?.code;
    return code === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, code, version);
  };
  const checked = ts.createProgram([...files.keys()], options, host);
  const errors = [...files].flatMap(([file, { document, line }]) => {
    const source = checked.getSourceFile(file);
    if (source === undefined) throw new Error(`${document}:${line} was not read by TypeScript`);
    return [...checked.getSyntacticDiagnostics(source), ...checked.getSemanticDiagnostics(source)].map((error) => {
      const at = line + source.getLineAndCharacterOfPosition(error.start ?? 0).line;
      return `${document}:${at}: ${ts.flattenDiagnosticMessageText(error.messageText, " ")}`;
    });
  });
  const others = errors.filter((error) => !error.startsWith(wrong.document));
  if (errors.length === others.length) throw new Error(`check-snippet-types: ${wrong.document} has no error`);
  return others;
}

/** Throws where a program has type errors. Returns how many programs there are. */
export function checkSnippetTypes(project: string): number {
  const all = programs();
  const [ours, theirs] = [all.filter(isOfRepository), all.filter((program) => !isOfRepository(program))];
  const errors = [
    ...errorsIn(theirs, project, readers),
    ...errorsIn(ours, join(root, "out/snippet-types"), repositorys()),
  ];
  if (errors.length > 0) throw new Error(`${errors.length} type errors in the documents:\n${errors.join("\n")}`);
  return all.length;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  console.log(`types: right in ${checkSnippetTypes(resolve(process.argv[2] ?? "."))} programs of the documents`);
}
