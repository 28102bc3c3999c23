/** Which blocks of code can be run in the page, and how they are marked there. */
import { packageNames } from "./packages.ts";

const excerpt = /^\/\/ (?:packages|examples|docs)\/\S+\.ts\n/;
/** What only Node has. */
const node = /\bfrom "node:|\bprocess\.|\bimport\.meta\.|\brequire\(|\b__dirname\b|\bBuffer\b/;

/** A program whose imports are all there in the page. Parts of source files, and programs that read files, are not. */
export function isRunnable(code: string): boolean {
  const imported = [...code.matchAll(/\b(?:from|import) "([^"]+)"/g)].map(([, name = ""]) => name);
  return !excerpt.test(code) && !node.test(code) && imported.every((name) => packageNames.includes(name));
}

/** The little of markdown-it that is needed here. */
interface Token {
  type: string;
  info: string;
  content: string;
  readonly level: number;
}
interface State {
  tokens: Token[];
  readonly env: { readonly relativePath?: string };
  readonly Token: new (type: string, tag: string, nesting: number) => Token;
}
export interface MarkdownCore {
  core: { ruler: { push(name: string, rule: (state: State) => void): void } };
}

/**
 * Puts `<run-snippet>` around each block that can be run, and around the text block that follows it, which is what it
 * prints. In the reference, what is printed are the values of the statements that end in a comment.
 */
export function snippets(markdown: MarkdownCore): void {
  markdown.core.ruler.push("run_snippets", (state) => {
    const html = (content: string): Token => Object.assign(new state.Token("html_block", "", 0), { content });
    const values = state.env.relativePath?.startsWith("reference/") ? " values" : "";
    const tokens: Token[] = [];
    const { tokens: all } = state;
    for (let i = 0; i < all.length; i++) {
      const token = all[i] as Token;
      // Indented blocks look, and scroll, as fenced ones do.
      if (token.type === "code_block") Object.assign(token, { type: "fence", info: "text" });
      if (token.type !== "fence" || token.info.trim() !== "ts" || !isRunnable(token.content)) {
        tokens.push(token);
        continue;
      }
      tokens.push(html(`<run-snippet${values}>\n`), token);
      const next = all[i + 1];
      if (next?.type === "fence" && next.info.trim() === "text") {
        tokens.push(next);
        i++;
      }
      tokens.push(html("</run-snippet>\n"));
    }
    state.tokens = tokens;
  });
}
