/** Where the page begins, and, in the built page's one script, its worker. */
import "./page.css";
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.tsx";
import { startClient } from "./run/start-worker.ts";
import { serve } from "./run/worker.ts";
import { address, connect, takeAddress, tick } from "./state/state.ts";
import { followWindow } from "./views/curve.tsx";
import { listenForFiles } from "./views/data.tsx";
import { loadLibraries } from "./views/libraries.ts";
import { startTheme } from "./views/theme.ts";

if (typeof document === "undefined") serve(self as never);
else start();

function start(): void {
  startTheme();
  takeAddress(location.hash);
  connect(startClient());
  const root = document.getElementById("app");
  if (root !== null) render(<App />, root);
  listenForFiles();
  followWindow();
  keepAddress();
  const goOn = (): void => {
    tick();
    requestAnimationFrame(goOn);
  };
  goOn();
  performance.mark("interactive");
  setTimeout(() => void loadLibraries());
}

/** The address follows what is chosen, and the other way round. Browsers allow only so many changes a second. */
function keepAddress(): void {
  let waiting = false;
  effect(() => {
    void address();
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      const text = address();
      history.replaceState(null, "", text === "#" ? location.pathname + location.search : text);
    }, 400);
  });
  addEventListener("hashchange", () => takeAddress(location.hash));
}
