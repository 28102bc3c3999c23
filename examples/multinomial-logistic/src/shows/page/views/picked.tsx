/** One example, all the way: each number between the picked point and its gradient. */
import type { JSX } from "preact";
import { matrix, vector } from "../../../lesson/numbers.ts";
import type { Pipeline } from "../../../lesson/pipeline.ts";
import type { Settings } from "../../../lesson/settings.ts";
import { PartLines } from "../chapters/program/part-lines.tsx";
import type { Part } from "../chapters/program/parts.ts";
import { busy, model, pickedPoint, pipeline, shown } from "../state/state.ts";
import { ClassName, focusedClass, ofClass } from "./classes.tsx";
import { Curve } from "./curve.tsx";
import { Formula } from "./formula.tsx";
import { Bar, four, Numeral } from "./numbers.tsx";
import { ofPart, PartName } from "./parts.tsx";
import { describePoint } from "./plane.tsx";

export function PickedExample(): JSX.Element {
  const way = pipeline.value;
  const point = pickedPoint.value;
  if (way === undefined || point === undefined || shown.value === undefined) {
    return <p class="faint">{busy.value ? "The run begins." : "There is no point to follow."}</p>;
  }
  const { points, settings } = shown.value.task;
  const { classes } = points;
  const clean = isDifference(way, settings);
  return (
    <>
      <p>
        The ringed point is <ClassName of={point.class} name={classes[point.class] ?? ""} />,{" "}
        {point.heldOut ? "held out" : "trained on"}. Pick another in the plane, or press step and watch all of it move.
      </p>
      <p class="visually-hidden" aria-live="polite">
        {describePoint(point)}
      </p>
      <Inputs way={way} />
      <Stages way={way} classes={classes} clean={clean} />
      <Score way={way} classes={classes} />
      <p class="formulas">
        <Formula name="softmax" />
        {clean && <Formula name="loss" />}
        {clean && <Formula name="difference" />}
      </p>
      <Surprise way={way} classes={classes} settings={settings} />
      <PartLines />
    </>
  );
}

function Inputs({ way }: { way: Pipeline }): JSX.Element {
  const names = shown.value?.prepared.features ?? [];
  const units = shown.value?.task.settings.mistake === "units";
  return (
    <dl class="inputs">
      {names.map((name, j) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            measured <Numeral value={way.measured[j] ?? 0} />, {units ? "as the model sees it" : "standardized"}{" "}
            <Numeral value={way.x[j] ?? 0} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface Stage {
  part: Part;
  title: JSX.Element | string;
  about: string;
  values: readonly number[];
  low: number;
  high: number;
}

/** The scales grow in powers of two, so that bars can be compared from step to step. */
function extent(values: readonly number[]): number {
  const most = values.reduce((a, b) => Math.max(a, Number.isFinite(b) ? Math.abs(b) : 0), 1);
  return 2 ** Math.ceil(Math.log2(most));
}

function stagesOf(way: Pipeline, clean: boolean): Stage[] {
  const score = extent(way.logits);
  const shift = extent(way.shifted);
  return [
    { part: "scores", title: "Wx + b", about: "the scores, z", values: way.logits, low: -score, high: score },
    { part: "shift", title: "z − max z", about: "so that exp stays finite", values: way.shifted, low: -shift, high: 0 },
    { part: "exp", title: "exp", about: "of that", values: way.exps, low: 0, high: 1 },
    { part: "softmax", title: "softmax", about: "exp, divided by the sum: p", values: way.p, low: 0, high: 1 },
    { part: "truth", title: "y", about: "the truth", values: way.y, low: 0, high: 1 },
    {
      part: "difference",
      title: "p − y",
      about: clean ? "back to z" : "not what goes back",
      values: way.difference,
      low: -1,
      high: 1,
    },
  ];
}

function Stages({ way, classes, clean }: { way: Pipeline; classes: readonly string[]; clean: boolean }): JSX.Element {
  const stages = stagesOf(way, clean);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on narrow screens, so it takes the keyboard
    <section class="scrolls" tabIndex={0} aria-label="From scores to probabilities and back">
      <table class="stages" id="stages">
        <thead>
          <tr>
            <td />
            {stages.map(({ part, title, about }) => (
              <th scope="col" key={part} {...ofPart(part)}>
                <PartName part={part}>{title}</PartName>
                <small>{about}</small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classes.map((name, k) => (
            <tr key={name} {...ofClass(k)}>
              <th scope="row">
                <ClassName of={k} name={name} />
              </th>
              {stages.map(({ part, values, low, high }) => (
                <td key={part} {...ofPart(part)}>
                  <Numeral value={values[k] ?? Number.NaN} />
                  <Bar value={values[k] ?? Number.NaN} low={low} high={high} of={k} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** How one score is made: the row of W that belongs to the class, times x. */
function Score({ way, classes }: { way: Pipeline; classes: readonly string[] }): JSX.Element | null {
  if (model.value === undefined) return null;
  const k = focusedClass.value ?? way.target;
  const row = matrix(model.value.weight)[k] ?? [];
  const bias = vector(model.value.bias)[k] ?? 0;
  return (
    <p class="sum" id="score">
      z<sub>{classes[k]}</sub> ={" "}
      {row.map((w, j) => (
        <span key={j}>
          <Numeral value={w} wide={0} /> · <Numeral value={way.x[j] ?? 0} wide={0} /> +{" "}
        </span>
      ))}
      <Numeral value={bias} wide={0} /> = <Numeral value={way.logits[k] ?? 0} wide={0} />
    </p>
  );
}

/** Whether what goes back to the scores is p − y: cross-entropy alone has that, without a mistake in it. */
function isDifference(way: Pipeline, { loss, mistake }: Settings): boolean {
  const own = loss === "ce" && mistake !== "twice" && mistake !== "unshifted";
  return own && way.gradient.every((value, k) => Math.abs(value - (way.difference[k] ?? 0)) < 1e-5);
}

/** What this run makes smaller for the point, where that is not −ln p. */
function otherLoss({ loss, mistake, labelSmoothing }: Settings): string | undefined {
  if (mistake === "twice") return "the surprise after a second softmax";
  if (mistake === "unshifted") return "the same, computed without the shift";
  if (loss === "mse") return "the squared distance of p from y";
  return labelSmoothing ? "the surprise by the smoothed truth" : undefined;
}

interface SurpriseProps {
  way: Pipeline;
  classes: readonly string[];
  settings: Settings;
}

function Surprise({ way, classes, settings }: SurpriseProps): JSX.Element {
  const p = way.p[way.target] ?? Number.NaN;
  const other = otherLoss(settings);
  return (
    <div class="surprise">
      <div>
        <p class="sum" id="example-loss">
          <span {...ofPart("loss")}>
            <PartName part="loss">
              −ln p<sub>{classes[way.target]}</sub>
            </PartName>{" "}
            = −ln {four(p)} = <strong>{four(way.surprise)}</strong>
          </span>
        </p>
        <p class="faint">
          {other === undefined
            ? "How much the truth surprises the model: 0 where it is sure and right, and without bound where it is sure and wrong."
            : `This run makes another number smaller: ${other}, here ${four(way.loss)}.`}
        </p>
        <p {...ofPart("logit-gradient")}>{wayBack(way, settings)}</p>
      </div>
      <Curve p={p} />
    </div>
  );
}

function wayBack(way: Pipeline, settings: Settings): string {
  if (way.gradient.some(Number.isNaN)) {
    return "What goes back to the scores is not a number here, so no weight can learn from it.";
  }
  if (isDifference(way, settings)) {
    return "Backward, softmax and logarithm together leave just p − y: too much probability pushes a score down, too little pulls it up. Multiply p − y by x: that is what this point adds to the gradient of W. p − y itself is what it adds to the gradient of b.";
  }
  const gradient = way.gradient.map(four).join(", ");
  return `What goes back to the scores is not p − y here, but (${gradient}). Multiply that by x: that is what this point adds to the gradient of W. As it is, it is added to the gradient of b.`;
}
