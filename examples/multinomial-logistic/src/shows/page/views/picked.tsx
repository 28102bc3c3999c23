/** One example, all the way: each number between the picked point and its gradient. */
import type { JSX } from "preact";
import { matrix, vector } from "../../../lesson/numbers.ts";
import type { Pipeline } from "../../../lesson/pipeline.ts";
import { PartLines } from "../chapters/program/part-lines.tsx";
import type { Part } from "../chapters/program/parts.ts";
import { model, pickedPoint, pipeline, shown } from "../state/state.ts";
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
    return <p class="faint">There is no point to follow.</p>;
  }
  const { classes } = shown.value.task.points;
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
      <Stages way={way} classes={classes} />
      <Score way={way} classes={classes} />
      <p class="formulas">
        <Formula name="softmax" />
        <Formula name="loss" />
        <Formula name="difference" />
      </p>
      <Surprise way={way} classes={classes} />
      <PartLines />
    </>
  );
}

function Inputs({ way }: { way: Pipeline }): JSX.Element {
  const names = shown.value?.prepared.features ?? [];
  return (
    <dl class="inputs">
      {names.map((name, j) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            measured <Numeral value={way.measured[j] ?? 0} />, standardized <Numeral value={way.x[j] ?? 0} />
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

function stagesOf(way: Pipeline): Stage[] {
  const score = extent(way.logits);
  const shift = extent(way.shifted);
  return [
    { part: "scores", title: "Wx + b", about: "the scores, z", values: way.logits, low: -score, high: score },
    { part: "shift", title: "z − max z", about: "so that exp stays finite", values: way.shifted, low: -shift, high: 0 },
    { part: "exp", title: "exp", about: "of that", values: way.exps, low: 0, high: 1 },
    { part: "softmax", title: "softmax", about: "exp, divided by the sum: p", values: way.p, low: 0, high: 1 },
    { part: "truth", title: "y", about: "the truth", values: way.y, low: 0, high: 1 },
    { part: "difference", title: "p − y", about: "back to z", values: way.difference, low: -1, high: 1 },
  ];
}

function Stages({ way, classes }: { way: Pipeline; classes: readonly string[] }): JSX.Element {
  const stages = stagesOf(way);
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

function Surprise({ way, classes }: { way: Pipeline; classes: readonly string[] }): JSX.Element {
  const p = way.p[way.target] ?? Number.NaN;
  const mse = shown.value?.task.settings.loss === "mse";
  const same = way.gradient.every((value, k) => Math.abs(value - (way.difference[k] ?? 0)) < 1e-6);
  return (
    <div class="surprise">
      <div>
        <p class="sum" id="example-loss">
          <span {...ofPart("loss")}>
            <PartName part="loss">
              −ln p<sub>{classes[way.target]}</sub>
            </PartName>{" "}
            = −ln {four(p)} = <strong>{four(-Math.log(p))}</strong>
          </span>
        </p>
        <p class="faint">
          {mse
            ? `This run trains on the squared error instead: here ${four(way.loss)}.`
            : "How much the truth surprises the model: 0 where it is sure and right, and without bound where it is sure and wrong."}
        </p>
        <p {...ofPart("logit-gradient")}>
          {same
            ? "Backward, softmax and logarithm together leave just p − y: too much probability pushes a score down, too little pulls it up. "
            : `Here the gradient by z is not p − y but (${way.gradient.map(four).join(", ")}). `}
          Times x, that is this point's share of the gradient of W; as it is, of b.
        </p>
      </div>
      <Curve p={p} />
    </div>
  );
}
