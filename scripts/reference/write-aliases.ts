/**
 * A step of building packages/nn: names that the packed types give to what they declare elsewhere (`init_uniform`, of the
 * exported namespace `init`) get the docstrings of what they stand for, for which editors would show nothing.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

const dist = resolve(process.argv[2] ?? "dist");
for (const file of readdirSync(dist).filter((file) => file.endsWith(".d.ts"))) {
  const text = readFileSync(join(dist, file), "utf8");
  writeFileSync(join(dist, file), withDocs(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)));
}

function withDocs(source: ts.SourceFile): string {
  const docs = new Map<string, string>();
  for (const statement of source.statements) {
    const comment = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc).at(-1);
    for (const name of namesOf(statement)) if (comment !== undefined) docs.set(name, comment.getText());
  }
  const places = source.statements.flatMap((statement) => {
    const doc = docs.get(aliasedBy(statement) ?? "");
    return doc === undefined ? [] : [{ at: statement.getStart(), doc }];
  });
  return places.reduceRight((text, { at, doc }) => `${text.slice(0, at)}${doc}\n${text.slice(at)}`, source.text);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as { name?: ts.Node };
  return name === undefined ? [] : [name.getText()];
}

/** What a statement gives another name: `declare const init_ones: typeof ones`, `type init_NormalOptions = NormalOptions`. */
function aliasedBy(statement: ts.Statement): string | undefined {
  if (ts.getJSDocCommentsAndTags(statement).length > 0) return undefined;
  if (ts.isVariableStatement(statement)) {
    const type = statement.declarationList.declarations[0]?.type;
    return type !== undefined && ts.isTypeQueryNode(type) ? type.exprName.getText() : undefined;
  }
  const type = ts.isTypeAliasDeclaration(statement) ? statement.type : undefined;
  return type !== undefined && ts.isTypeReferenceNode(type) ? type.typeName.getText() : undefined;
}
