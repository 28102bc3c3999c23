/**
 * `<run-snippet>`: a block of code that can be run, and edited, where it stands. Without JavaScript it is that block of
 * code, and what it prints. The editor is loaded when somebody edits, the worker when somebody runs.
 */
import type { Editor } from "./editor.ts";
import type { Run, Said } from "./protocol.ts";

function button(text: string, className: string, press: () => void): HTMLButtonElement {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = text;
  element.className = className;
  element.addEventListener("click", press);
  return element;
}

class RunSnippet extends HTMLElement {
  #original = "";
  #editor: Editor | undefined;
  #worker: Worker | undefined;
  #bar: HTMLElement | undefined;
  readonly #status = document.createElement("span");
  readonly #output = document.createElement("pre");
  readonly #run = button("Run", "run", () => (this.#worker === undefined ? this.#start() : this.#stop("stopped")));
  readonly #edit = button("Edit", "edit", () => void this.#open());
  readonly #reset = button("Reset", "reset", () => this.#restore());

  connectedCallback(): void {
    const code = this.#block?.querySelector("pre code");
    if (this.#bar !== undefined || code === null || code === undefined) return;
    this.#original = code.textContent?.trimEnd() ?? "";
    this.#status.className = "status";
    this.#status.setAttribute("role", "status");
    this.#output.className = "output";
    this.#output.tabIndex = 0;
    this.#output.setAttribute("role", "region");
    this.#output.setAttribute("aria-label", "What the program prints");
    this.#output.hidden = true;
    this.#reset.hidden = true;
    this.#bar = document.createElement("div");
    this.#bar.className = "bar";
    this.#bar.append(this.#run, this.#edit, this.#reset, this.#status);
    this.#block?.after(this.#bar, this.#output);
  }

  disconnectedCallback(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  get #block(): HTMLElement | null {
    return this.querySelector(".language-ts");
  }

  /** What the document says that the program prints. It gives way to what it printed here. */
  get #recorded(): HTMLElement | null {
    return this.querySelector(".language-text");
  }

  #start(): void {
    this.#output.replaceChildren();
    this.#output.hidden = true;
    this.#say("running …");
    this.#run.textContent = "Stop";
    this.dataset.state = "running";
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Said>) => this.#hear(data));
    this.#worker.addEventListener("error", () => this.#stop("could not be loaded"));
    const run: Run = { code: this.#editor?.text() ?? this.#original, values: this.hasAttribute("values") };
    this.#worker.postMessage(run);
  }

  #hear(said: Said): void {
    if (said.kind === "printed") {
      this.#show(said.text, said.isError);
      return;
    }
    this.#run.textContent = "Run";
    this.dataset.state = said.failed ? "failed" : "done";
    // The worker goes on, for what the program has left to timers; the next run ends it.
    const worker = this.#worker;
    this.#worker = undefined;
    this.#last?.terminate();
    this.#last = worker;
    const silent = this.#output.childElementCount === 0;
    this.#say(said.failed ? "ended with an error" : silent ? "done; nothing was printed" : "done");
  }
  #last: Worker | undefined;

  #show(text: string, isError: boolean): void {
    const part = document.createElement("span");
    part.textContent = text;
    if (isError) part.className = "error";
    this.#output.append(part);
    this.#output.hidden = false;
    if (this.#recorded !== null) this.#recorded.hidden = true;
  }

  #stop(why: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#run.textContent = "Run";
    this.dataset.state = "stopped";
    this.#say(why);
  }

  #say(what: string): void {
    this.#status.textContent = what;
  }

  async #open(): Promise<void> {
    const block = this.#block;
    if (this.#editor !== undefined || block === null) {
      this.#editor?.focus();
      return;
    }
    const { createEditor } = await import("./editor.ts");
    this.#editor ??= createEditor(this.#original, () => {
      if (this.#worker !== undefined) this.#stop("stopped");
      this.#start();
    });
    const pre = block.querySelector("pre");
    if (pre !== null) pre.hidden = true;
    block.append(this.#editor.dom);
    block.classList.add("editing");
    this.#edit.hidden = true;
    this.#reset.hidden = false;
    this.#editor.focus();
  }

  #restore(): void {
    this.#stop("");
    this.#last?.terminate();
    delete this.dataset.state;
    this.#editor?.setText(this.#original);
    this.#output.hidden = true;
    if (this.#recorded !== null) this.#recorded.hidden = false;
  }
}

customElements.define("run-snippet", RunSnippet);
