/** The editor of a snippet, loaded when somebody edits. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightSpecialChars, keymap } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

export interface Editor {
  readonly dom: HTMLElement;
  text(): string;
  setText(text: string): void;
  focus(): void;
}

/** Tab leaves the editor, as it leaves any field; Ctrl-Enter, or ⌘-Enter, runs. */
export function createEditor(text: string, run: () => void): Editor {
  const runIt = (): boolean => {
    run();
    return true;
  };
  const state = (doc: string): EditorState =>
    EditorState.create({
      doc,
      extensions: [
        Prec.highest(keymap.of([{ key: "Mod-Enter", run: runIt }])),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        indentOnInput(),
        bracketMatching(),
        javascript({ typescript: true }),
        syntaxHighlighting(classHighlighter),
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": "The program" }),
      ],
    });
  const view = new EditorView({ state: state(text) });
  return {
    dom: view.dom,
    text: () => view.state.doc.toString(),
    setText: (next) => view.setState(state(next)),
    focus: () => view.focus(),
  };
}
