/** Runs one snippet, in a worker of its own: strips the types, hands in the packages, prints as Node does. */

import { packages } from "virtual:packages";
import { format } from "node-inspect-extracted";
import { transform } from "sucrase";
import type { Run, Said } from "./protocol.ts";
import { showValues, written } from "./values.ts";

type Module = Readonly<Record<string, unknown>>;

const say = (said: Said): void => postMessage(said);

/** Messages are gathered for some milliseconds, so that a loop that prints does not flood the page. */
const printer = (() => {
  const interval = 50;
  const most = 100_000;
  let text = "";
  let isError = false;
  let sent = 0;
  let last = 0;
  const flush = (): void => {
    if (text === "" || sent > most) return;
    const room = most - sent;
    sent += text.length;
    const shown =
      sent > most ? `${text.slice(0, room)}\n… what is printed after 100,000 characters is not shown\n` : text;
    say({ kind: "printed", text: shown, isError });
    text = "";
    last = performance.now();
  };
  const print = (line: string, error: boolean): void => {
    if (error !== isError) flush();
    isError = error;
    if (sent <= most) text += `${line}\n`;
    if (performance.now() - last > interval) flush();
  };
  setInterval(flush, interval);
  return { print, flush };
})();

const print = (...values: unknown[]): void => printer.print(format(...values), false);
const warn = (...values: unknown[]): void => printer.print(format(...values), true);
const table = (value: unknown): void => print(value);
const own = { ...console, log: print, info: print, debug: print, dir: print, table, warn, error: warn };

const file = "snippet.ts";

/** An error as Node prints one that nobody caught: the line, the message, and where it was thrown and called. */
export function explain(error: unknown, code: string): string {
  if (!(error instanceof Error)) return `Uncaught ${format("%o", error)}`;
  // A function made of text has two lines of its own before those of the snippet.
  const frames = [...(error.stack ?? "").matchAll(/snippet\.ts:(\d+):\d+/g)].map(([, line]) => Number(line) - 2);
  const [line] = frames;
  const source = line === undefined ? undefined : code.split("\n")[line - 1];
  const head = source === undefined ? "" : `${file}:${line}\n${source}\n\n`;
  const known = error.name === "Error" ? error.constructor.name : error.name;
  const where = frames.map((at) => `\n    at ${file}:${at}`).join("");
  return `${head}${known}: ${error.message}${where}`;
}

/** A module of which nothing can be asked that it does not export. */
const strict = (name: string, module: Module): Module =>
  new Proxy(module, {
    get(target, key) {
      if (typeof key === "string" && !(key in target) && key !== "__esModule") {
        throw new SyntaxError(`The requested module '${name}' does not provide an export named '${key}'`);
      }
      return key === "__esModule" ? true : target[key as string];
    },
  });

/** The packages that a program asks for, loaded. */
async function load(script: string): Promise<(name: string) => Module> {
  const names = [...new Set([...script.matchAll(/\brequire\('([^']+)'\)/g)].map(([, name = ""]) => name))];
  const entries = names.map(async (name) => {
    const loader = (packages as Record<string, (() => Promise<Module>) | undefined>)[name];
    if (loader === undefined) {
      throw new Error(`Cannot find package '${name}'; here there are ${Object.keys(packages).join(", ")}`);
    }
    return [name, strict(name, await loader())] as const;
  });
  const modules = new Map(await Promise.all(entries));
  return (name) => modules.get(name) ?? {};
}

const AsyncFunction = (async () => {}).constructor as new (...args: string[]) => (...args: unknown[]) => Promise<void>;

async function show(evaluate: () => Promise<unknown>): Promise<void> {
  try {
    print(written(await evaluate()));
  } catch (error) {
    print(String(error));
  }
}

async function run({ code, values }: Run): Promise<boolean> {
  try {
    const program = values ? showValues(code, "__show") : code;
    const { code: script } = transform(program, {
      transforms: ["typescript", "imports"],
      filePath: file,
      disableESTransforms: true,
      preserveDynamicImport: false,
    });
    const require = await load(script);
    await new AsyncFunction("require", "exports", "console", "__show", `${script}\n//# sourceURL=${file}`)(
      require,
      {},
      own,
      show,
    );
    return true;
  } catch (error) {
    printer.print(explain(error, code), true);
    return false;
  }
}

let source = "";
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  printer.print(explain(event.reason, source), true);
});
self.addEventListener("error", (event) => {
  event.preventDefault();
  printer.print(explain(event.error, source), true);
});

self.addEventListener("message", async (event: MessageEvent<Run>) => {
  source = event.data.code;
  const done = await run(event.data);
  printer.flush();
  say({ kind: "ended", failed: !done });
});
