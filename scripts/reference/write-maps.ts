/**
 * A step of building a package: maps its packed types to its sources. `dist/index.d.ts.map` holds, for each name that
 * `dist/index.d.ts` declares, where the sources declare it, so that "go to definition" in an editor opens the source. A
 * method of Tensor, which write-methods.ts has written out, is declared by its op.
 *
 *   tsx ../../scripts/reference/write-maps.ts   in the folder of a package
 */
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { addSegment, GenMapping, toEncodedMap } from "@jridgewell/gen-mapping";
import ts from "typescript";
import { entries, functionIn, makeProgram, packageOf } from "./model.ts";

const { name: own } = JSON.parse(readFileSync("package.json", "utf8")) as { name: string };
const dist = resolve("dist");
const files = readdirSync(dist).filter((file) => file.endsWith(".d.ts"));
const sources = makeProgram();
const checker = sources.getTypeChecker();
const module = ts.ModuleKind.NodeNext;
const types = ts.createProgram(
  files.map((file) => join(dist, file)),
  { strict: true, target: ts.ScriptTarget.ES2022, module, types: [], noEmit: true },
);
const typesChecker = types.getTypeChecker();

const targetOf = (symbol: ts.Symbol, from: ts.TypeChecker): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? from.getAliasedSymbol(symbol) : symbol;

/** The source's symbol for each symbol that the packed types export. */
const pairs = new Map<ts.Symbol, ts.Symbol>();

function moduleOf(program: ts.Program, file: string): ts.Symbol {
  const source = program.getSourceFile(file);
  const symbol = source && program.getTypeChecker().getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`write-maps: ${file} is no module`);
  return symbol;
}

function pairExports(packed: ts.Symbol, source: ts.Symbol): void {
  const there = new Map(checker.getExportsOfModule(source).map((symbol) => [symbol.name, targetOf(symbol, checker)]));
  for (const exported of typesChecker.getExportsOfModule(packed)) {
    const [symbol, found] = [targetOf(exported, typesChecker), there.get(exported.name)];
    if (found === undefined) throw new Error(`write-maps: no source of ${own} exports ${exported.name}`);
    pairs.set(symbol, found);
    if (symbol.flags & ts.SymbolFlags.Module) pairExports(symbol, found);
  }
}

/**
 * What the sources of this package declare, by kind and name: for types that are not exported, but used by what is. Names
 * that several files declare are left out.
 */
function declaredOnce(): Map<string, ts.Symbol | undefined> {
  const found = new Map<string, ts.Symbol | undefined>();
  for (const source of sources.getSourceFiles()) {
    if (relative(resolve("src"), source.fileName).startsWith("..")) continue;
    for (const node of source.statements.flatMap(declarationsIn)) {
      const symbol = symbolOf(node, checker);
      const [key, before] = [keyOf(node), found.get(keyOf(node))];
      found.set(key, found.has(key) && before !== symbol ? undefined : symbol);
    }
  }
  return found;
}

const keyOf = ({ kind, name }: ts.NamedDeclaration): string => `${kind} ${name?.getText()}`;

function declarationsIn(statement: ts.Statement): ts.NamedDeclaration[] {
  const found: readonly ts.Node[] = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations
    : [statement];
  return (found as readonly ts.NamedDeclaration[]).filter(({ name }) => name !== undefined && ts.isIdentifier(name));
}

function symbolOf(node: ts.NamedDeclaration, from: ts.TypeChecker): ts.Symbol {
  const symbol = node.name && from.getSymbolAtLocation(node.name);
  if (symbol === undefined) throw new Error(`write-maps: ${node.getText().slice(0, 80)} declares nothing`);
  return symbol;
}

/** A declaration in the packed types, and the same one in the sources, where they have it. */
type Pair = readonly [packed: ts.Node, source: ts.Node | undefined];

function writeMap(file: string): void {
  const packed = types.getSourceFile(file);
  if (packed === undefined) throw new Error(`write-maps: cannot read ${file}`);
  const all = packed.statements.flatMap(declarationsIn).flatMap(pairsOf);
  const map = new GenMapping({ file: basename(file) });
  for (const [from, to] of placesIn(all)) {
    const { line, character } = packed.getLineAndCharacterOfPosition(from);
    if (to === undefined) {
      addSegment(map, line, character);
    } else {
      const source = to.file.getLineAndCharacterOfPosition(to.at);
      const path = relative(dirname(file), to.file.fileName).replaceAll("\\", "/");
      addSegment(map, line, character, path, source.line, source.character);
    }
  }
  writeFileSync(`${file}.map`, JSON.stringify(toEncodedMap(map)));
  appendFileSync(file, `//# sourceMappingURL=${basename(file)}.map\n`);
}

/** The pairs of a declaration and of what is declared in it, such as members and parameters. */
function pairsOf(declaration: ts.NamedDeclaration): Pair[] {
  const symbol = symbolOf(declaration, typesChecker);
  const source = pairs.get(symbol) ?? byName.get(keyOf(declaration));
  const alike = (of: ts.Symbol | undefined): ts.Node[] =>
    of?.declarations?.filter(({ kind }) => kind === declaration.kind) ?? [];
  // A class may be declared with an interface, a constant with a type.
  const found = alike(source)[alike(symbol).indexOf(declaration)] ?? source?.declarations?.[0];
  const inside = pairNames(declaration, found);
  if (symbol.name !== "Methods" || !ts.isInterfaceDeclaration(declaration) || source === undefined) return inside;
  const methods = checker.getDeclaredTypeOfSymbol(source);
  return [...inside, ...declaration.members.flatMap((member) => pairNames(member, opOf(methods, member)))];
}

/** The declaration of the op that a method is; of `T`, which is no op, its own. */
function opOf(methods: ts.Type, { name }: ts.TypeElement): ts.Node {
  const method = name && checker.getPropertyOfType(methods, name.getText());
  const [node] = method?.declarations ?? [];
  if (node === undefined) throw new Error(`write-maps: no source has the method ${name?.getText()}`);
  // `readonly var: Method<typeof variance>`, or an op that the module of all ops declares or passes on.
  const written = ts.isPropertySignature(node) ? functionIn(checker, node) : undefined;
  const passed = ts.isExportSpecifier(node) ? checker.getSymbolAtLocation(node.name) : undefined;
  const op = written ?? (passed && targetOf(passed, checker));
  return op?.declarations?.[0] ?? node;
}

function pairNames(packed: ts.Node, source: ts.Node | undefined): Pair[] {
  const there = source === undefined ? undefined : namesIn(source);
  return [...namesIn(packed)].flatMap(([path, nodes]) => nodes.map((node, i): Pair => [node, there?.get(path)?.[i]]));
}

/** What is declared in a declaration, by the path of names to it: itself is "", an option of a function ".options.dim". */
function namesIn(declaration: ts.Node): Map<string, ts.Node[]> {
  const found = new Map<string, ts.Node[]>();
  const add = (path: string, node: ts.Node): unknown => found.set(path, [...(found.get(path) ?? []), node]);
  const visit = (node: ts.Node, path: string): void => {
    if (ts.isBlock(node)) return; // the body of a function: nobody else sees its names
    const name = nameOf(node)?.getText();
    const inside = name === undefined ? path : `${path}.${name}`;
    if (name !== undefined) add(inside, node);
    // `constructor(readonly shape: Shape)` declares a property, too.
    if (ts.isParameterPropertyDeclaration(node, node.parent)) add(`.${name}`, node);
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  add("", declaration);
  ts.forEachChild(declaration, (child) => visit(child, ""));
  return found;
}

/** The name that a node declares; of a constructor the word "constructor" or "new", where editors go for `new`. */
function nameOf(node: ts.Node): ts.Node | undefined {
  const makes = ts.isConstructorDeclaration(node) || ts.isConstructorTypeNode(node);
  if (!makes) return ts.isExpression(node) ? undefined : (node as ts.NamedDeclaration).name; // not `x.name`
  const { ConstructorKeyword, NewKeyword } = ts.SyntaxKind;
  return node.getChildren().find(({ kind }) => kind === ConstructorKeyword || kind === NewKeyword);
}

/**
 * Positions in the types, with their positions in the sources. Editors look up both ends of the name, and both ends of the
 * declaration, which they show in a preview. For a position that the map lacks they take the next one that it has, so a
 * name without a source has an entry, too, which leads nowhere.
 */
function placesIn(all: readonly Pair[]): Map<number, { file: ts.SourceFile; at: number } | undefined> {
  const places = new Map<number, { file: ts.SourceFile; at: number } | undefined>();
  const put = (from: ts.Node | undefined, to: ts.Node | undefined): void => {
    if (from === undefined) return;
    const file = to?.getSourceFile();
    places.set(from.getStart(), to && file && { file, at: to.getStart() });
    if (to && file) places.set(from.getEnd(), { file, at: to.getEnd() });
  };
  for (const [packed, source] of all) if (source !== undefined) put(wholeOf(packed), wholeOf(source));
  // A namespace, `init`, is a whole file in the sources: it leads to the first line.
  for (const [packed, source] of all) put(nameOf(packed), source && (nameOf(source) ?? source));
  return places;
}

/** `const x = …;` for `x = …`. */
function wholeOf(node: ts.Node): ts.Node {
  if (!ts.isVariableDeclaration(node) || !ts.isVariableDeclarationList(node.parent)) return node;
  const { declarations, parent } = node.parent;
  return declarations.length === 1 && ts.isVariableStatement(parent) ? parent : node;
}

for (const [entry, file] of entries()) {
  if (packageOf(entry) !== own) continue;
  const name = entry === own ? "index" : entry.slice(own.length + 1);
  pairExports(moduleOf(types, join(dist, `${name}.d.ts`)), moduleOf(sources, file));
}
const byName = declaredOnce();
for (const file of files) writeMap(join(dist, file));
