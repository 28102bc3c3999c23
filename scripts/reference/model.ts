// The public API of both packages, as the TypeScript compiler sees it: every export of every entry, with its docstring.
import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { type Doc, docOf } from "./docs.ts";

export const root: string = resolve(import.meta.dirname, "../..");

export type Kind = "function" | "class" | "interface" | "type" | "value";

/** A parameter of a function: its name, type, and default where the declaration has one. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly initializer: string | undefined;
}

/** A property or method of a class, an interface or an object of options. */
export interface Member {
  readonly name: string;
  readonly kind: "method" | "property";
  readonly optional: boolean;
  /** `name(x: Tensor): Tensor`, or `name?: number`. */
  readonly signature: string;
  readonly doc: Doc;
}

export interface Entity {
  /** What one imports it from: `@tendril/tensor/compile`. */
  readonly entry: string;
  /** `softmax`, or `init.uniform` for what an exported namespace holds. */
  readonly name: string;
  readonly kind: Kind;
  readonly doc: Doc;
  readonly signature: string;
  readonly parameters: readonly Parameter[];
  /** Of a class its own public ones, of an interface all, of a function those of options that have no name. */
  readonly members: readonly Member[];
  /** Relative to the root, with `/`. */
  readonly file: string;
  readonly line: number;
}

/** The entries of both packages, by what one imports: "./compile" in `exports` of package.json is src/compile/index.ts. */
export function entries(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ["tensor", "nn"]) {
    const { name, exports } = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")) as {
      name: string;
      exports: Record<string, unknown>;
    };
    for (const path of Object.keys(exports)) {
      found.set(join(name, path), join(root, "packages", folder, "src", path, "index.ts"));
    }
  }
  return found;
}

/** What the checks of this repository compile with; `extra` files are there by name only. */
export function makeProgram(extra: ReadonlyMap<string, string> = new Map(), before?: ts.Program): ts.Program {
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const own = { ...options, verbatimModuleSyntax: false, noUnusedLocals: false, noUnusedParameters: false };
  const host = ts.createCompilerHost(own, true);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (file) => extra.has(file) || fileExists.call(host, file);
  host.readFile = (file) => extra.get(file) ?? readFile.call(host, file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = extra.get(file);
    if (text !== undefined) return ts.createSourceFile(file, text, version, true);
    return before?.getSourceFile(file) ?? getSourceFile.call(host, file, version, ...rest);
  };
  return ts.createProgram([...entries().values(), ...extra.keys()], own, host, before);
}

/** Every export of every entry, in the order of the sources. */
export function readModel(program: ts.Program): Entity[] {
  const checker = program.getTypeChecker();
  const found: Entity[] = [];
  for (const [entry, file] of entries()) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`reference: ${file} is no module`);
    found.push(...exportsOf(checker, module, entry, ""));
  }
  return found;
}

function exportsOf(checker: ts.TypeChecker, module: ts.Symbol, entry: string, prefix: string): Entity[] {
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const name = `${prefix}${exported.name}`;
    if (symbol.flags & ts.SymbolFlags.ValueModule) return exportsOf(checker, symbol, entry, `${name}.`);
    return [entityOf(checker, symbol, entry, name)];
  });
}

const isOurs = (symbol: ts.Symbol): boolean =>
  symbol.declarations?.some((node) => isInSources(node.getSourceFile().fileName)) ?? false;
const isInSources = (file: string): boolean => /^packages\/\w+\/src\//.test(pathFromRoot(file));
const pathFromRoot = (file: string): string => relative(root, file).replaceAll("\\", "/");

function entityOf(checker: ts.TypeChecker, symbol: ts.Symbol, entry: string, name: string): Entity {
  const documented = symbol.declarations?.find((node) => docOf(node).text !== "");
  const declaration = documented ?? symbol.declarations?.[0];
  if (declaration === undefined) throw new Error(`reference: ${name} has no declaration`);
  const source = declaration.getSourceFile();
  const base = {
    entry,
    name,
    doc: docOf(declaration),
    file: pathFromRoot(source.fileName),
    line: source.getLineAndCharacterOfPosition(declaration.getStart()).line + 1,
  };
  const made = checker.getTypeOfSymbol(symbol).getConstructSignatures()[0];
  if (symbol.flags & ts.SymbolFlags.Class || made !== undefined) {
    const parameters = made === undefined ? [] : parametersOf(checker, made);
    const isInternal = made?.declaration && docOf(made.declaration).tags.some((tag) => tag.name === "internal");
    const signature = isInternal ? `class ${name}` : `new ${name}(${parameters.map(showParameter).join(", ")})`;
    const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0;
    const instance = isClass ? checker.getDeclaredTypeOfSymbol(symbol) : (made as ts.Signature).getReturnType();
    // A class that is a value of its own type, such as Sequential: an intersection whose first part has the members.
    const owner = isClass ? symbol : (instance.isIntersection() ? instance.types[0] : instance)?.symbol;
    return { ...base, kind: "class", signature, parameters, members: membersOf(checker, instance, owner) };
  }
  if (symbol.flags & ts.SymbolFlags.Interface) {
    const members = membersOf(checker, checker.getDeclaredTypeOfSymbol(symbol));
    return { ...base, kind: "interface", signature: declaration.getText(), parameters: [], members };
  }
  if (symbol.flags & ts.SymbolFlags.TypeAlias) {
    return { ...base, kind: "type", signature: declaration.getText(), parameters: [], members: [] };
  }
  const type = checker.getTypeOfSymbol(symbol);
  const called = type.getCallSignatures();
  const [first] = called;
  if (first === undefined) {
    const signature = `${name}: ${checker.typeToString(type)}`;
    return { ...base, kind: "value", signature, parameters: [], members: [] };
  }
  const signature = called.map((each) => showSignature(checker, name, each)).join("\n");
  const options = first.parameters.flatMap((parameter) => anonymousMembers(checker, parameter));
  return { ...base, kind: "function", signature, parameters: parametersOf(checker, first), members: options };
}

const plain = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;

function parametersOf(checker: ts.TypeChecker, signature: ts.Signature): Parameter[] {
  const typeOf = (symbol: ts.Symbol): ts.Type => checker.getTypeOfSymbol(symbol);
  return signature.parameters.map((symbol) => {
    const node = symbol.valueDeclaration;
    const declared = node !== undefined && ts.isParameter(node) ? node : undefined;
    const own = declared?.type === undefined ? undefined : checker.getTypeFromTypeNode(declared.type);
    // As it is written, but where that is a parameter of a type, such as the options of a reduction.
    const isGeneric = own !== undefined && (own.flags & ts.TypeFlags.TypeParameter) !== 0 && own !== typeOf(symbol);
    const written = isGeneric ? undefined : declared?.type?.getText().replace(/\s+/g, " ");
    const type = written ?? checker.typeToString(checker.getNonNullableType(typeOf(symbol)), undefined, plain);
    const rest = declared?.dotDotDotToken === undefined ? "" : "...";
    const optional = declared?.questionToken !== undefined || declared?.initializer !== undefined;
    return { name: `${rest}${symbol.name}`, type, optional, initializer: declared?.initializer?.getText() };
  });
}

export const showParameter = ({ name, type, optional, initializer }: Parameter): string =>
  initializer === undefined ? `${name}${optional ? "?" : ""}: ${type}` : `${name}: ${type} = ${initializer}`;

function showSignature(checker: ts.TypeChecker, name: string, signature: ts.Signature): string {
  const generics = signature.declaration?.typeParameters?.map((node) => node.getText()).join(", ");
  const parameters = parametersOf(checker, signature).map(showParameter).join(", ");
  return `${name}${generics === undefined ? "" : `<${generics}>`}(${parameters}): ${showResult(checker, signature)}`;
}

const showResult = (checker: ts.TypeChecker, signature: ts.Signature): string =>
  signature.declaration?.type?.getText().replace(/\s+/g, " ") ??
  checker.typeToString(signature.getReturnType(), undefined, plain);

/** Public members that our sources declare; of a class only those that it declares itself. */
function membersOf(checker: ts.TypeChecker, type: ts.Type, owner?: ts.Symbol): Member[] {
  return checker
    .getPropertiesOfType(type)
    .filter((symbol) => isOurs(symbol) && isPublic(symbol) && (owner === undefined || isDeclaredIn(symbol, owner)))
    .filter(({ name }) => owner === undefined || !isFromOutside(checker, name, type))
    .map((symbol) => memberOf(checker, symbol, type));
}

/** Whether a member is one that a class of JavaScript has, such as the name of an error. */
const isFromOutside = (checker: ts.TypeChecker, name: string, type: ts.Type): boolean =>
  (type.isClassOrInterface() ? checker.getBaseTypes(type) : []).some((base) => {
    const symbol = checker.getPropertyOfType(base, name);
    return (symbol !== undefined && !isOurs(symbol)) || isFromOutside(checker, name, base);
  });

/** By the class itself, or by an interface that is merged with it. */
const isDeclaredIn = (symbol: ts.Symbol, owner: ts.Symbol): boolean =>
  symbol.declarations?.some(({ parent }) => {
    const holder = ts.isConstructorDeclaration(parent) ? parent.parent : parent;
    return ts.isInterfaceDeclaration(holder) || (owner.declarations?.some((node) => node === holder) ?? false);
  }) ?? false;

function isPublic(symbol: ts.Symbol): boolean {
  if (/^__|^#/.test(symbol.name)) return false; // symbols and private names
  const declarations = symbol.declarations ?? [];
  return declarations.every(
    (node) =>
      !(ts.getCombinedModifierFlags(node) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) &&
      !docOf(node).tags.some(({ name }) => name === "internal"),
  );
}

function memberOf(checker: ts.TypeChecker, symbol: ts.Symbol, owner: ts.Type): Member {
  const { name } = symbol;
  const type = checker.getTypeOfSymbol(symbol);
  const optional = (symbol.flags & ts.SymbolFlags.Optional) !== 0;
  const [called] = checker.getNonNullableType(type).getCallSignatures();
  const node = symbol.valueDeclaration ?? symbol.declarations?.[0];
  const op = node !== undefined && ts.isPropertySignature(node) ? functionIn(checker, node) : undefined;
  if (op !== undefined) return methodOf(checker, name, op);
  const isMethod = called !== undefined && (symbol.flags & ts.SymbolFlags.Method) !== 0;
  const written = node !== undefined && ts.isPropertySignature(node) ? node.type?.getText() : undefined;
  const shown = written ?? checker.typeToString(type, undefined, plain);
  const signature = isMethod ? showSignature(checker, name, called) : `${name}${optional ? "?" : ""}: ${shown}`;
  return { name, kind: isMethod ? "method" : "property", optional, signature, doc: inheritedDoc(checker, name, owner) };
}

/** The function that a method is made of: `Method<typeof cast>`. */
export function functionIn(checker: ts.TypeChecker, { type }: ts.PropertySignature): ts.Symbol | undefined {
  if (type === undefined || !ts.isTypeReferenceNode(type) || type.typeName.getText() !== "Method") return undefined;
  const [query] = type.typeArguments ?? [];
  if (query === undefined || !ts.isTypeQueryNode(query)) return undefined;
  const symbol = checker.getSymbolAtLocation(query.exprName);
  return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** `op(x, …)` as the method `x.name(…)`. */
function methodOf(checker: ts.TypeChecker, name: string, op: ts.Symbol): Member {
  const [called] = checker.getTypeOfSymbol(op).getCallSignatures();
  if (called === undefined) throw new Error(`reference: ${name} is made of what is no function`);
  const parameters = parametersOf(checker, called).slice(1).map(showParameter).join(", ");
  const signature = `${name}(${parameters}): ${showResult(checker, called)}`;
  return { name, kind: "method", optional: false, signature, doc: docOf(op.valueDeclaration) };
}

/** The docstring of a member: its own, or that of the class or interface that it comes from. */
function inheritedDoc(checker: ts.TypeChecker, name: string, type: ts.Type): Doc {
  const symbol = checker.getPropertyOfType(type, name);
  for (const node of symbol?.declarations ?? []) {
    const doc = docOf(node);
    if (doc.text !== "" || doc.tags.length > 0) return doc;
  }
  const bases = type.isClassOrInterface() ? checker.getBaseTypes(type) : [];
  const docs = bases.map((base) => inheritedDoc(checker, name, base));
  return docs.find(({ text }) => text !== "") ?? docOf(undefined);
}

/** The members of options whose type has no name: `{ readonly p?: number }`. */
function anonymousMembers(checker: ts.TypeChecker, parameter: ts.Symbol): Member[] {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter));
  const isAnonymous = ((type.symbol?.flags ?? 0) & ts.SymbolFlags.TypeLiteral) !== 0 && type.aliasSymbol === undefined;
  if (!isAnonymous || type.getCallSignatures().length > 0) return [];
  return membersOf(checker, type).map((member) => ({ ...member, name: `${parameter.name}.${member.name}` }));
}

/** The package that an entry is of. */
export const packageOf = (entry: string): string => entry.split("/").slice(0, 2).join("/");
