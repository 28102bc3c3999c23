/** Makes the examples of the reference show their values. Statements end in a comment that says what they give. */
import { parser } from "@lezer/javascript";

const typescript = parser.configure({ dialect: "ts" });

/** Puts `show` around what ends in a comment on its line: the value of an expression, or of a variable it declares. */
export function showValues(code: string, show: string): string {
  const edits: { at: number; text: string }[] = [];
  const top = typescript.parse(code).topNode;
  for (let node = top.firstChild; node !== null; node = node.nextSibling) {
    if (!/^;?[ \t]*\/\//.test(code.slice(node.to))) continue;
    const inner = node.firstChild;
    if (node.name === "ExpressionStatement" && inner !== null) {
      edits.push({ at: inner.from, text: `await ${show}(async () => (` }, { at: inner.to, text: "))" });
    } else if (node.name === "VariableDeclaration") {
      const name = node.getChild("VariableDefinition");
      if (name !== null) {
        edits.push({ at: node.to, text: `; await ${show}(async () => ${code.slice(name.from, name.to)});` });
      }
    }
  }
  return edits.reduceRight((text, edit) => text.slice(0, edit.at) + edit.text + text.slice(edit.at), code);
}

/** A value as those comments write it. */
export function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).map(([name, entry]) => `${name}: ${written(entry)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  return String(value);
}
