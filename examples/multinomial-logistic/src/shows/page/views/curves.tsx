/** The course of the run: loss, accuracy and length of the gradient, beside a run that was kept. */
import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { lossOfGuessing } from "../../../lesson/loss.ts";
import { words } from "../chapters/mistakes/words.ts";
import type { Frame } from "../run/frames.ts";
import { busy, chosen, frame, pinned, type Shown, shown, step, verdict } from "../state/state.ts";
import { Chart } from "./curve.tsx";
import { Numeral } from "./numbers.tsx";
import { useSlowly } from "./slowly.ts";

/** A line has at most so many points. */
const most = 300;

interface Spot extends Frame {
  step: number;
}

/** The frames up to a step, or every so many-th of them. */
function spots(run: Shown | undefined, last: number): Spot[] {
  const frames = run?.frames.slice(0, last + 1) ?? [];
  const stride = Math.ceil(frames.length / most);
  return frames
    .map((one, index) => ({ step: index, ...one }))
    .filter(({ step }) => step % stride === 0 || step === last)
    .filter(({ loss }) => Number.isFinite(loss));
}

export function Curves(): JSX.Element {
  const slow = useSlowly(useComputed(() => ({ run: shown.value, last: step.value, kept: pinned.value })));
  const { run, last, kept } = slow;
  const now = frame.value;
  if (run === undefined || now === undefined)
    return <p class="faint">{busy.value ? "The run begins." : "There is no run to draw."}</p>;
  const own = spots(run, last);
  const other = spots(kept, Math.max(last, 1));
  const classes = run.task.points.classes.length;
  const { loss } = run.task.settings;
  const guess = lossOfGuessing(classes, loss);
  const guessName = loss === "ce" ? `ln ${classes}` : "guessing";
  const end = Math.max(last, 20);
  return (
    <>
      <dl class="measures">
        <Measure name="loss, trained on" id="train-loss" value={now.loss} />
        <Measure name="loss, held out" id="test-loss" value={now.testLoss} />
        <Measure name="accuracy, held out" id="accuracy" value={now.testAccuracy} />
        <Measure name="length of the gradient" id="gradient-norm" value={now.gradient} />
      </dl>
      <p id="verdict" class="verdict" role="status">
        {verdict.value}
      </p>
      {chosen.mistake.value !== "none" && (
        <p class="verdict" id="mistake-note">
          <strong>With a mistake: {words[chosen.mistake.value].title}.</strong> {words[chosen.mistake.value].look}
        </p>
      )}
      <Chart
        label={`Loss by step; it is ${now.loss} now, and ${guess} for a model that guesses`}
        width={560}
        height={220}
        options={(Plot) => ({
          marginLeft: 44,
          x: { domain: [0, end], label: "step", ticks: 6 },
          y: { label: "loss", domain: [0, top(own, other, guess)], ticks: 5, tickFormat: short },
          marks: [
            Plot.ruleY([guess], { strokeDasharray: "4 4", strokeOpacity: 0.7 }),
            Plot.text([guessName], { x: end, y: guess, dy: -8, textAnchor: "end" }),
            Plot.line(other, { x: "step", y: "loss", stroke: "var(--faint)", strokeOpacity: 0.7 }),
            Plot.line(other, { x: "step", y: "testLoss", stroke: "var(--faint)", strokeDasharray: "2 3" }),
            Plot.line(own, { x: "step", y: "loss", strokeWidth: 2 }),
            Plot.line(own, { x: "step", y: "testLoss", strokeWidth: 2, strokeDasharray: "2 3" }),
          ],
        })}
      />
      <div class="two">
        <Chart
          label="Accuracy by step"
          width={270}
          height={150}
          options={(Plot) => ({
            marginLeft: 44,
            x: { domain: [0, end], label: "step", ticks: 3 },
            y: { label: "accuracy", domain: [0, 1], ticks: 3, tickFormat: "%" },
            marks: [
              Plot.line(other, { x: "step", y: "trainAccuracy", stroke: "var(--faint)" }),
              Plot.line(other, { x: "step", y: "testAccuracy", stroke: "var(--faint)", strokeDasharray: "2 3" }),
              Plot.line(own, { x: "step", y: "trainAccuracy", strokeWidth: 2 }),
              Plot.line(own, { x: "step", y: "testAccuracy", strokeWidth: 2, strokeDasharray: "2 3" }),
            ],
          })}
        />
        <Chart
          label="Length of the gradient by step"
          width={270}
          height={150}
          options={(Plot) => ({
            marginLeft: 44,
            x: { domain: [0, end], label: "step", ticks: 3 },
            y: {
              label: "length of the gradient",
              domain: [0, Math.max(0.1, ...[...own, ...other].map((spot) => spot.gradient))],
              ticks: 3,
              tickFormat: short,
            },
            marks: [
              Plot.line(other, { x: "step", y: "gradient", stroke: "var(--faint)" }),
              Plot.line(own, { x: "step", y: "gradient", strokeWidth: 2 }),
            ],
          })}
        />
      </div>
      <p class="faint">
        Solid: trained on. Dotted: held out. Dashed: a model that gives each class the same probability.
        {kept !== undefined && " Grey: the run that was kept."}
      </p>
      <p>
        <button type="button" id="keep" onClick={keep}>
          keep this run in grey
        </button>{" "}
        {kept !== undefined && (
          <button
            type="button"
            onClick={() => {
              pinned.value = undefined;
            }}
          >
            let it go
          </button>
        )}
      </p>
    </>
  );
}

export function keep(): void {
  pinned.value = shown.peek();
}

/** Also of a run that diverges, numbers fit beside the axis. */
const short = (value: number): string =>
  Math.abs(value) < 1e5 ? String(Number(value.toPrecision(6))) : value.toExponential(1);

/** The scale grows, where a loss does, and never cuts off the line of guessing. */
function top(own: readonly Spot[], other: readonly Spot[], guess: number): number {
  const highest = [...own, ...other].reduce((a, { loss, testLoss }) => Math.max(a, loss, testLoss || 0), 1.15 * guess);
  return Number.isFinite(highest) ? highest : 1.15 * guess;
}

function Measure({ name, id, value }: { name: string; id: string; value: number }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd id={id}>
        <Numeral value={value} />
      </dd>
    </div>
  );
}
