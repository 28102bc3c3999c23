/** What happens when one weight is changed by hand: what its gradient predicts, and what the loss does. */
import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { objective, slope } from "../../../lesson/loss.ts";
import { vector } from "../../../lesson/numbers.ts";
import { frame, modelAt, nudge, playing, shown } from "../state/state.ts";
import { Chart } from "./curve.tsx";
import { four, Numeral } from "./numbers.tsx";

/** The weight that the panel beneath is about: its place in W, row by row, then b. */
export const selected = signal(0);

/** A change by hand goes so far each way. */
export const far = 2;

export function take(index: number): void {
  playing.value = false;
  selected.value = index;
  if (nudge.value?.index !== index) nudge.value = undefined;
}

export function setNudge(by: number): void {
  playing.value = false;
  nudge.value = by === 0 ? undefined : { index: selected.value, by };
}

/** The training loss along the selected weight, the others as they are at the step that is shown. */
const along = computed(() => {
  const run = shown.value;
  const now = frame.value;
  if (run === undefined || now === undefined) return undefined;
  const { split } = run.prepared;
  const index = Math.min(selected.value, now.weights.length - 1);
  const lossAt = (by: number): number =>
    objective(modelAt(run, now, { index, by }), split.xTrain, split.yTrain, run.task.settings).item();
  const offsets = Array.from({ length: 41 }, (_, i) => -far + (i * far) / 20);
  return { lossAt, here: lossAt(0), line: offsets.map((by) => ({ by, loss: lossAt(by) })) };
});

/** ∂loss/∂(the selected weight) by backprop, there. */
const slopeHere = computed(() => {
  const run = shown.value;
  if (run === undefined || frame.value === undefined) return 0;
  const { split } = run.prepared;
  const { weight, bias } = slope(modelAt(run, frame.value), split.xTrain, split.yTrain, run.task.settings);
  return [...vector(weight), ...vector(bias)][selected.value] ?? 0;
});

export function Nudged(): JSX.Element | null {
  const by = nudge.value?.by ?? 0;
  // While playing, 41 losses for each frame would be too much.
  if (playing.value || along.value === undefined) {
    return <p class="faint">Pause to try out a weight.</p>;
  }
  const { lossAt, here, line } = along.value;
  if (!Number.isFinite(here)) return <p class="faint">Here the loss is not a number. Go back a step.</p>;
  const tangent = slopeHere.value;
  const h = 2 ** -7;
  const measured = (lossAt(h) - lossAt(-h)) / (2 * h);
  const there = lossAt(by);
  return (
    <div class="nudge">
      <div>
        <label for="nudge">
          Change the chosen weight by <Numeral value={by} />
        </label>
        <input
          id="nudge"
          type="range"
          min={-far}
          max={far}
          step={0.01}
          value={by}
          onInput={(event) => setNudge(Number(event.currentTarget.value))}
        />
        <dl class="compare">
          <div>
            <dt>Change of the loss, by the gradient</dt>
            <dd id="predicted">
              <Numeral value={tangent * by} />
            </dd>
          </div>
          <div>
            <dt>Change of the loss, measured</dt>
            <dd id="measured">
              <Numeral value={there - here} />
            </dd>
          </div>
          <div>
            <dt>Gradient before the change, by backprop</dt>
            <dd>
              <Numeral value={tangent} />
            </dd>
          </div>
          <div>
            <dt>The same, by two losses close by</dt>
            <dd>
              <Numeral value={measured} />
            </dd>
          </div>
        </dl>
        <p class="faint">
          Near 0 the two changes agree: the gradient is the tangent. Farther out the loss bends away from it, which is
          why a step must not be too long. The tables above show the model with your change. It is undone when you press
          step or play.{" "}
          <button type="button" disabled={by === 0} onClick={() => setNudge(0)}>
            put it back
          </button>
        </p>
      </div>
      <Chart
        label={`Loss along the chosen weight, with its tangent of slope ${four(tangent)}`}
        width={300}
        height={200}
        options={(Plot) => ({
          marginLeft: 48,
          x: { domain: [-far, far], label: "change of the weight", ticks: 5 },
          y: { label: "loss", ticks: 4, domain: domainOf(line), clamp: false },
          marks: [
            Plot.line([-far, far], {
              x: (x: number) => x,
              y: (x: number) => here + tangent * x,
              strokeDasharray: "4 4",
              clip: true,
            }),
            Plot.line(line, { x: "by", y: "loss", strokeWidth: 2, clip: true }),
            Plot.dot([{ by: 0, loss: here }], { x: "by", y: "loss", r: 4, stroke: "currentColor" }),
            Plot.dot([{ by, loss: there }], { x: "by", y: "loss", r: 5, fill: "currentColor" }),
          ],
        })}
      />
    </div>
  );
}

function domainOf(line: readonly { loss: number }[]): [number, number] {
  const losses = line.map(({ loss }) => loss).filter(Number.isFinite);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const pad = Math.max(0.02, 0.1 * (high - low));
  return [low - pad, high + pad];
}
