/** The page from top to bottom. */
import type { JSX } from "preact";
import { GraphChapter } from "./chapters/graph/graph.tsx";
import { LossesChapter } from "./chapters/losses/losses.tsx";
import { MistakesChapter } from "./chapters/mistakes/mistakes.tsx";
import { ProgramChapter } from "./chapters/program/program.tsx";
import { busy, notice, problem, progress } from "./state/state.ts";
import { TopBar } from "./views/bar.tsx";
import { Curves } from "./views/curves.tsx";
import { DataPanel } from "./views/data.tsx";
import { PickedExample } from "./views/picked.tsx";
import { SettingsForm } from "./views/settings.tsx";
import { Weights } from "./views/weights.tsx";

/** What the page has to say stays in view, wherever one is. */
function Notices(): JSX.Element {
  return (
    <div class="notices">
      <div role="alert">
        {notice.value !== undefined && (
          <p class="notice">
            <span id="notice">{notice.value}</span>{" "}
            <button
              type="button"
              onClick={() => {
                notice.value = undefined;
              }}
            >
              close
            </button>
          </p>
        )}
      </div>
      <p id="problem" class="notice" role="status">
        {problem.value}
      </p>
      <p id="progress" class="notice" role="status">
        {progress.value}
      </p>
    </div>
  );
}

export function App(): JSX.Element {
  return (
    <>
      <TopBar />
      <Notices />
      <main aria-busy={busy.value}>
        <p class="lead">
          A model with one row of weights for each class learns to tell the points apart. Press play, or take one step
          at a time. Every number here is computed by the code that trains; change anything and see what follows.
        </p>
        <div class="column">
          <section class="plane-part" aria-labelledby="h-plane">
            <h2 id="h-plane">The plane</h2>
            <DataPanel />
          </section>
          <section class="weights-part" aria-labelledby="h-weights">
            <h2 id="h-weights">W and b</h2>
            <Weights />
          </section>
        </div>
        <div class="column">
          <section class="example-part" aria-labelledby="h-example">
            <h2 id="h-example">One example, all the way</h2>
            <PickedExample />
          </section>
          <section class="run-part" aria-labelledby="h-run">
            <h2 id="h-run">The run</h2>
            <Curves />
          </section>
        </div>
        <section class="settings-part" aria-labelledby="h-settings">
          <h2 id="h-settings">Settings</h2>
          <SettingsForm />
        </section>
        <section class="chapter" aria-labelledby="h-losses">
          <h2 id="h-losses">The losses drawn</h2>
          <LossesChapter />
        </section>
        <section class="chapter" aria-labelledby="h-graph">
          <h2 id="h-graph">Backward, node by node</h2>
          <GraphChapter />
        </section>
        <section class="chapter" aria-labelledby="h-mistakes">
          <h2 id="h-mistakes">Break it</h2>
          <MistakesChapter />
        </section>
        <section class="chapter" aria-labelledby="h-program">
          <h2 id="h-program">The program that runs</h2>
          <ProgramChapter />
        </section>
      </main>
    </>
  );
}
