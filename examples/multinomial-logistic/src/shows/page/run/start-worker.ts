/** Starts the worker: while developing from its own module; built, from the one script that the page is made of. */
import { Client } from "./client.ts";

export function startClient(): Client {
  if (import.meta.env.DEV) {
    return new Client(new Worker(new URL("./worker-module.ts", import.meta.url), { type: "module" }));
  }
  // The page's own text, so that it also works where a page may not load files: opened from a folder.
  const program = document.getElementById("program")?.textContent ?? "";
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const worker = new Worker(url);
  return new Client(worker);
}
