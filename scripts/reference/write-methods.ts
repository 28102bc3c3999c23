/**
 * The last step of building packages/tensor: writes out the methods of Tensor in the packed types. In the sources they are
 * a mapped type over the ops, for which editors show nothing in a .d.ts. Here each becomes a method with the docstring,
 * the parameters and the types of its op, all taken from what was built.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

const dist = resolve(process.argv[2] ?? "dist");
const files = readdirSync(dist).filter((file) => /\.d\.c?ts$/.test(file));
const written = files.filter((file) => writeMethods(join(dist, file)));
if (written.length === 0) throw new Error(`write-methods: no file in ${dist} declares the methods of Tensor`);

function writeMethods(file: string): boolean {
  const text = readFileSync(file, "utf8");
  if (!text.includes("type OpMethods = {")) return false;
  const before = read(file);
  const named = (name: string): ts.Statement | undefined =>
    before.source.statements.find(
      (node) => (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.name.text === name,
    );
  const [mapped, methods] = [named("OpMethods"), named("Methods")];
  if (mapped === undefined || methods === undefined || !ts.isInterfaceDeclaration(methods)) {
    throw new Error(`write-methods: ${file} has no Methods`);
  }
  const { checker } = before;
  const type = checker.getTypeAtLocation(methods);
  const lines = checker.getPropertiesOfType(type).map((method) => textOf(checker, method, methods));
  const replaced = [
    { node: mapped, code: "" },
    { node: methods, code: `interface Methods {\n${lines.join("\n")}\n}` },
  ];
  const changed = replaced
    .sort((a, b) => b.node.pos - a.node.pos)
    .reduce((code, { node, code: own }) => code.slice(0, node.getStart()) + own + code.slice(node.getEnd()), text);
  check(file, changed, [mapped.getText(), methods.getText()]);
  writeFileSync(file, changed);
  return true;
}

interface Read {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly source: ts.SourceFile;
}

/** A file with what it imports; `text` in place of what it holds. */
function read(file: string, text?: string): Read {
  const module = ts.ModuleKind.NodeNext;
  const [target, lib] = [ts.ScriptTarget.ES2022, ["lib.es2022.d.ts"]];
  const options: ts.CompilerOptions = { strict: true, target, lib, types: [], module, noEmit: true };
  const host = ts.createCompilerHost(options, true);
  const getSource = host.getSourceFile;
  host.getSourceFile = (name, version, ...others) =>
    name === file && text !== undefined
      ? ts.createSourceFile(name, text, version, true)
      : getSource.call(host, name, version, ...others);
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  if (source === undefined) throw new Error(`write-methods: cannot read ${file}`);
  return { program, checker: program.getTypeChecker(), source };
}

/** A method as an interface has it; what is no op, such as `T`, as it is. */
function textOf(checker: ts.TypeChecker, method: ts.Symbol, methods: ts.InterfaceDeclaration): string {
  const own = methods.members.find((member) => member.name?.getText() === method.name);
  const [signature] = checker.getTypeOfSymbol(method).getCallSignatures();
  if (signature === undefined) {
    if (own === undefined) throw new Error(`write-methods: ${method.name} is neither an op nor declared`);
    return own.getFullText().replace(/^\n/, "");
  }
  const op = opOf(checker, method, own);
  const [x, ...rest] = op.type.getCallSignatures()[0]?.parameters ?? [];
  const parameters = rest.map((parameter) => parameterText(checker, parameter, methods));
  const show = ts.TypeFormatFlags.NoTruncation;
  const result = checker.typeToString(signature.getReturnType(), methods, show);
  const doc = docText(op.declaration, x?.name ?? "x");
  return `${doc}    ${method.name}(${parameters.join(", ")}): ${result};`;
}

/** The declaration of the op that a method is, and its type. */
function opOf(
  checker: ts.TypeChecker,
  method: ts.Symbol,
  own: ts.TypeElement | undefined,
): { declaration: ts.Node; type: ts.Type } {
  // `readonly var: Method<typeof variance>`, or `ops_add: typeof add` among the members of the namespace of all ops.
  let query: ts.Node | undefined = own;
  if (own === undefined) {
    const [exported] = method.declarations ?? [];
    const symbol = exported && checker.getSymbolAtLocation((exported as ts.ExportSpecifier).name);
    const target = symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    query = target?.valueDeclaration ?? target?.declarations?.[0];
  }
  const found = query && findQuery(query);
  let symbol = found && checker.getSymbolAtLocation(found.exprName);
  if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  const declaration = symbol?.valueDeclaration ?? query;
  if (declaration === undefined) throw new Error(`write-methods: no op is the method ${method.name}`);
  return { declaration, type: checker.getTypeAtLocation(declaration) };
}

function findQuery(node: ts.Node): ts.TypeQueryNode | undefined {
  return ts.isTypeQueryNode(node) ? node : ts.forEachChild(node, findQuery);
}

/** A parameter as it is written, but where its type is a parameter, such as the options of a reduction. */
function parameterText(checker: ts.TypeChecker, parameter: ts.Symbol, methods: ts.Node): string {
  const node = parameter.valueDeclaration as ts.ParameterDeclaration | undefined;
  const written = node?.type === undefined ? undefined : checker.getTypeFromTypeNode(node.type);
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
  const isGeneric = written === undefined || (written.flags & ts.TypeFlags.TypeParameter) !== 0;
  const shown = isGeneric
    ? checker.typeToString(type, methods, ts.TypeFormatFlags.NoTruncation)
    : node?.type?.getText();
  const rest = node?.dotDotDotToken === undefined ? "" : "...";
  return `${rest}${parameter.name}${node?.questionToken === undefined ? "" : "?"}: ${shown}`;
}

/** The docstring of an op, without what it says of its first parameter, which the tensor is. */
function docText(declaration: ts.Node, first: string): string {
  const comment = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc).at(-1);
  if (comment === undefined) throw new Error(`write-methods: ${declaration.getText().slice(0, 80)} has no docstring`);
  const lines = comment.getText().split("\n");
  const kept = lines.filter((line) => !line.includes(`@param ${first} `)).map((line) => `    ${line.trimStart()}\n`);
  return kept.map((line) => line.replace(/^ {4}\*/, "     *")).join("");
}

/** Throws unless the methods have the types that they had: each of both interfaces must extend the other. */
function check(file: string, text: string, was: readonly string[]): void {
  const old = was
    .join("\n")
    .replaceAll("OpMethods", "OldOpMethods")
    .replaceAll("interface Methods", "interface OldMethods");
  const fits =
    "type Fits<A extends B, B> = A; type Forth = Fits<Methods, OldMethods>; type Back = Fits<OldMethods, Methods>;";
  const { program, source } = read(file, `${text}\n${old}\n${fits}\n`);
  const messages = program.getSemanticDiagnostics(source).map(({ messageText }) => messageText);
  const [first] = messages.map((message) => ts.flattenDiagnosticMessageText(message, " "));
  if (first !== undefined) throw new Error(`write-methods: ${file}: ${first}`);
}
