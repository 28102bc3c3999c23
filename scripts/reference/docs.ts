// A docstring, read: its text, and its tags in their order.
import ts from "typescript";

export interface Tag {
  readonly name: string;
  readonly text: string;
}

export interface Doc {
  /** What comes before the first tag. */
  readonly text: string;
  readonly tags: readonly Tag[];
}

const none: Doc = { text: "", tags: [] };

/** The docstring that stands before a declaration, or an empty one. */
export function docOf(declaration: ts.Node | undefined): Doc {
  const comments = declaration === undefined ? [] : ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc);
  const last = comments.at(-1);
  return last === undefined ? none : parseDoc(last.getText());
}

/** Reads a comment, from its opening to its end. Lines of examples keep their indentation. */
export function parseDoc(comment: string): Doc {
  const lines = comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const parts: { name: string; lines: string[] }[] = [{ name: "", lines: [] }];
  for (const line of lines) {
    const [, name, rest = ""] = /^\s?@(\w+)\s?(.*)$/.exec(line) ?? [];
    if (name === undefined) parts.at(-1)?.lines.push(line);
    else parts.push({ name, lines: [rest] });
  }
  const [text, ...tags] = parts.map(({ name, lines }) => ({ name, text: lines.join("\n").trim() }));
  return { text: text?.text ?? "", tags };
}

/** The texts of all tags of a name. */
export const tagged = ({ tags }: Doc, name: string): string[] =>
  tags.filter((tag) => tag.name === name).map(({ text }) => text);

/** The code of an example; fences around it, if there are any, are taken off. */
export const examplesOf = (doc: Doc): string[] =>
  tagged(doc, "example").map((text) => text.replace(/^```\w*\n([\s\S]*?)\n```$/, "$1"));
