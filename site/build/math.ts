/** Formulas between dollars, as the code host reads them, set as MathML while the site is built. */
import temml from "temml";

/** The little of markdown-it that is needed here. */
interface Token {
  markup: string;
  meta: unknown;
}
export interface Inline {
  readonly src: string;
  pos: number;
  push(type: string, tag: string, nesting: number): Token;
}
export interface Markdown {
  inline: {
    ruler: { before(next: string, name: string, rule: (state: Inline, silent: boolean) => boolean): void };
  };
  renderer: { rules: Record<string, unknown> };
}

/** `$…$`: no space inside of the dollars, no digit after them, so that prices stay prices. */
const inline = /\$(?!\s)((?:[^$\\]|\\.)+?)(?<!\s)\$(?!\d)/y;
const display = /\$\$([\s\S]+?)\$\$/y;

/** Formulas of a document as MathML; throws for one that is not TeX. */
export function math(markdown: Markdown): void {
  markdown.inline.ruler.before("escape", "math", (state, silent) => {
    for (const [pattern, markup] of [
      [display, "$$"],
      [inline, "$"],
    ] as const) {
      pattern.lastIndex = state.pos;
      const match = pattern.exec(state.src);
      if (match === null) continue;
      if (!silent) {
        const token = state.push("math", "math", 0);
        // Not its content, in which VitePress takes a last {…} for attributes.
        token.meta = match[1] ?? "";
        token.markup = markup;
      }
      state.pos = pattern.lastIndex;
      return true;
    }
    return false;
  });
  markdown.renderer.rules.math = (tokens: readonly Token[], i: number): string => {
    const displayMode = tokens[i]?.markup === "$$";
    const set = temml.renderToString(String(tokens[i]?.meta), { displayMode, throwOnError: true });
    // A formula that is all of its paragraph scrolls where it is wider than the page, by the keyboard, too.
    const alone = tokens.length === 1 ? ' tabindex="0"' : "";
    return `<span v-pre class="math"${alone}>${set}</span>`;
  };
}
