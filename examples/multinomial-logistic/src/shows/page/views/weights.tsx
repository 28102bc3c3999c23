/** W and b, each number with its gradient beneath; and what happens when one of them is changed by hand. */
import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { objective } from "../../../lesson/loss.ts";
import { matrix, vector } from "../../../lesson/numbers.ts";
import { modelWith } from "../run/frames.ts";
import { frame, gradient, model, nudge, playing, shown } from "../state/state.ts";
import { ClassName, ofClass } from "./classes.tsx";
import { Chart } from "./curve.tsx";
import { four, Numeral } from "./numbers.tsx";
import { ofPart } from "./parts.tsx";

/** The weight that the panel beneath is about: its place in W, row by row, then b. */
export const selected = signal(0);

/** A change by hand goes so far each way. */
const far = 2;

function take(index: number): void {
  playing.value = false;
  selected.value = index;
  if (nudge.value?.index !== index) nudge.value = undefined;
}

export function setNudge(by: number): void {
  playing.value = false;
  nudge.value = by === 0 ? undefined : { index: selected.value, by };
}

export function Weights(): JSX.Element {
  const [m, g, run] = [model.value, gradient.value, shown.value];
  if (m === undefined || g === undefined || run === undefined) return <p class="faint">There is no model yet.</p>;
  const { classes } = run.task.points;
  const { features } = run.prepared;
  const [weight, bias] = [matrix(m.weight), vector(m.bias)];
  const [weightSlope, biasSlope] = [matrix(g.weight), vector(g.bias)];
  const last = classes.length * features.length;
  return (
    <>
      <p>
        Beneath each number is its gradient: how much the training loss would rise for each unit that the number rises.
        A step takes the rate times that away. Choose a number, or drag it, to try it out.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on narrow screens, so it takes the keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Weights and their gradients">
        <table class="weights" id="weights">
          <thead>
            <tr>
              <td />
              {features.map((name) => (
                <th scope="col" key={name}>
                  W {name}
                </th>
              ))}
              <th scope="col">b</th>
            </tr>
          </thead>
          <tbody>
            {classes.map((name, k) => (
              <tr key={name} {...ofClass(k)}>
                <th scope="row">
                  <ClassName of={k} name={name} />
                </th>
                {features.map((feature, j) => (
                  <td key={feature} {...ofPart("weight-gradient", "weight-update", "written")}>
                    <Weight
                      index={k * features.length + j}
                      name={`W of ${name} by ${feature}`}
                      value={weight[k]?.[j] ?? 0}
                      slope={weightSlope[k]?.[j] ?? 0}
                    />
                  </td>
                ))}
                <td {...ofPart("bias-gradient", "bias-update", "written")}>
                  <Weight index={last + k} name={`b of ${name}`} value={bias[k] ?? 0} slope={biasSlope[k] ?? 0} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Nudged />
    </>
  );
}

interface WeightProps {
  index: number;
  name: string;
  value: number;
  slope: number;
}

function Weight({ index, name, value, slope }: WeightProps): JSX.Element {
  let from: number | undefined;
  let base = 0;
  return (
    <button
      type="button"
      class="weight"
      aria-pressed={selected.value === index}
      aria-label={`${name}: ${four(value)}, gradient ${four(slope)}`}
      onClick={() => take(index)}
      onPointerDown={(event) => {
        take(index);
        from = event.clientX;
        base = nudge.peek()?.by ?? 0;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (from === undefined || Math.abs(event.clientX - from) < 3) return;
        setNudge(Math.max(-far, Math.min(far, base + (event.clientX - from) / 80)));
      }}
      onLostPointerCapture={() => {
        from = undefined;
      }}
    >
      <Numeral value={value} />
      <small>
        <Numeral value={slope} />
      </small>
    </button>
  );
}

/** The training loss along the selected weight, the others as they are at the step that is shown. */
const along = computed(() => {
  const run = shown.value;
  const now = frame.value;
  if (run === undefined || now === undefined) return undefined;
  const { split, features } = run.prepared;
  const lossAt = (by: number): number => {
    const weights = Float32Array.from(now.weights);
    const index = Math.min(selected.value, weights.length - 1);
    weights[index] = (weights[index] ?? 0) + by;
    const moved = modelWith(weights, features.length, run.task.points.classes.length);
    return objective(moved, split.xTrain, split.yTrain, run.task.settings).item();
  };
  const offsets = Array.from({ length: 41 }, (_, i) => -far + (i * far) / 20);
  return { lossAt, here: lossAt(0), line: offsets.map((by) => ({ by, loss: lossAt(by) })) };
});

/** ∂loss/∂(the selected weight) at the step that is shown. */
const slopeHere = computed(() => {
  if (nudge.value === undefined && gradient.value !== undefined) {
    lastSlopes = [...vector(gradient.value.weight), ...vector(gradient.value.bias)];
  }
  return lastSlopes[selected.value] ?? 0;
});
let lastSlopes: number[] = [];

function Nudged(): JSX.Element | null {
  const by = nudge.value?.by ?? 0;
  // While playing, 41 losses for each frame would be too much.
  if (playing.value || along.value === undefined) {
    return <p class="faint">Pause to try out a weight.</p>;
  }
  const { lossAt, here, line } = along.value;
  const slope = slopeHere.value;
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
            <dt>The gradient predicts</dt>
            <dd id="predicted">
              <Numeral value={slope * by} />
            </dd>
          </div>
          <div>
            <dt>The loss changes by</dt>
            <dd id="measured">
              <Numeral value={there - here} />
            </dd>
          </div>
          <div>
            <dt>Gradient by backprop</dt>
            <dd>
              <Numeral value={slope} />
            </dd>
          </div>
          <div>
            <dt>By a difference of two losses</dt>
            <dd>
              <Numeral value={measured} />
            </dd>
          </div>
        </dl>
        <p class="faint">
          Near 0 the two changes agree: the gradient is the tangent. Farther out the loss bends away from it, which is
          why a step must not be too long. The change goes when the run goes on.{" "}
          <button type="button" disabled={by === 0} onClick={() => setNudge(0)}>
            put it back
          </button>
        </p>
      </div>
      <Chart
        label={`Loss along the chosen weight, with its tangent of slope ${four(slope)}`}
        width={300}
        height={200}
        options={(Plot) => ({
          marginLeft: 48,
          x: { domain: [-far, far], label: "change of the weight", ticks: 5 },
          y: { label: "loss", ticks: 4, domain: domainOf(line), clamp: false },
          marks: [
            Plot.line([-far, far], {
              x: (x: number) => x,
              y: (x: number) => here + slope * x,
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
