/** Both losses of the run as surfaces over two of its weights, side by side, with the run's path on them. */
import { type ReadonlySignal, signal, useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Surfaces } from "../../run/surface.ts";
import { asker } from "../../state/ask.ts";
import { frame, shown } from "../../state/state.ts";
import { useSlowly } from "../../views/slowly.ts";
import { useVisible } from "../../views/visible.ts";
import { MapChoices } from "./choices.tsx";
import { SurfaceMap } from "./map.tsx";
import { choiceOfMap, type MapTask, mapTask } from "./question.ts";

/** The last answer, with what it was asked about. */
const drawn = signal<{ task: MapTask; surfaces: Surfaces } | undefined>(undefined);
const problem = signal<string | undefined>(undefined);

const ask = asker({
  question: "surfaces",
  take: (surfaces, task: MapTask) => {
    drawn.value = { task, surfaces };
    problem.value = undefined;
  },
  fail: (message) => {
    problem.value = message;
  },
});

export function Maps(): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const visible = useVisible(box);
  return (
    <div ref={box}>
      <h3>The run's own two surfaces</h3>
      <p>
        Choose a class and press play. Each picture shows the loss over two of this class's weights; all other weights
        stay as they are now.
      </p>
      <MapChoices />
      <Asking visible={visible} />
      <Pair />
      <p>
        Look at how close the lines lie where the loss is high. Cross-entropy is a bowl, convex, and as steep far out as
        anywhere. The squared error is flat where the model is sure and wrong: a run that begins there hardly moves.
      </p>
    </div>
  );
}

/** Asks for what is to be seen; draws nothing itself, so that nothing is drawn twice. */
function Asking({ visible }: { visible: ReadonlySignal<boolean> }): null {
  const wanted = useSlowly(
    useComputed(() => (visible.value ? { run: shown.value, now: frame.value, choice: choiceOfMap() } : undefined)),
  );
  useEffect(() => {
    const task = wanted && mapTask();
    if (task !== undefined) ask(task.surface, task);
  }, [wanted]);
  return null;
}

function Pair(): JSX.Element {
  if (problem.value !== undefined) return <p class="notice">There are no surfaces: {problem.value}</p>;
  if (drawn.value === undefined) return <p class="faint">There is no run yet.</p>;
  const { task, surfaces } = drawn.value;
  const lost = frame.value !== undefined && !frame.value.weights.every(Number.isFinite);
  return (
    <>
      {lost && <p class="notice">The weights are no numbers any more at this step: what you see is from before.</p>}
      <div class="pair">
        <SurfaceMap loss="ce" task={task} surface={surfaces.ce} />
        <SurfaceMap loss="mse" task={task} surface={surfaces.mse} />
      </div>
    </>
  );
}
