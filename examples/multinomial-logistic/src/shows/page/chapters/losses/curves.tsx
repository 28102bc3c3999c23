/** Both curves of the binary cross-entropy, over the probability and over the logit, with the slope at one place. */

import type { Markish } from "@observablehq/plot";
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Chart } from "../../views/curve.tsx";
import type { Libraries } from "../../views/libraries.ts";
import { four, Numeral } from "../../views/numbers.tsx";
import { binaryCurves, binaryLosses, farthest, type Spot } from "./binary.ts";

const logit = signal(-1.5);
const truth = signal<0 | 1>(1);

export function BinaryCurves(): JSX.Element {
  const z = logit.value;
  const y = truth.value;
  const curves = useMemo(binaryCurves, []);
  const { a, for: slopes } = binaryLosses(z);
  const { loss, byProbability, byLogit } = slopes[y];
  return (
    <>
      <h3>Yes or no: two curves, two gradients</h3>
      <p>
        Move z, the score of a yes, to where the model is sure and wrong. The sigmoid makes the probability a of it; the
        loss is −ln a where the truth is yes, −ln(1 − a) where it is no.
      </p>
      <div class="controls">
        <label for="logit">
          <span>
            logit z <Numeral value={z} wide={6} />
          </span>
          <span>
            probability a = σ(z) <Numeral value={a} wide={6} />
          </span>
        </label>
        <input
          id="logit"
          type="range"
          min={-farthest}
          max={farthest}
          step={0.1}
          value={z}
          aria-valuetext={`z ${four(z)}, a ${four(a)}`}
          onInput={(event) => {
            logit.value = Number(event.currentTarget.value);
          }}
        />
        <fieldset class="row">
          <legend>The truth is</legend>
          {([1, 0] as const).map((value) => (
            <label key={value} class="check">
              <input
                type="radio"
                name="truth"
                checked={y === value}
                onChange={() => {
                  truth.value = value;
                }}
              />
              {value === 1 ? "yes, y = 1" : "no, y = 0"}
            </label>
          ))}
        </fieldset>
      </div>
      <div class="pair">
        <Panel axis="a" curves={curves} y={y} at={a} loss={loss} slope={byProbability} />
        <Panel axis="z" curves={curves} y={y} at={z} loss={loss} slope={byLogit} />
      </div>
      <Gradients z={z} />
      <p>
        Look at the two tangents: over the probability the line gets steep without limit, over the logit its slope stays
        between −1 and 1. Never give probabilities to a loss that expects scores. And look at the dotted line: where the
        model is sure and wrong, the squared error is flat, so nothing pulls the model back.
      </p>
    </>
  );
}

const titles = { a: "over the probability a", z: "over the logit z" } as const;
const domains = { a: [0, 1], z: [-farthest, farthest] } as const;
const most = 8;
const size = { width: 330, height: 236 };
const margins = { marginLeft: 34, marginRight: 12, marginTop: 20, marginBottom: 38 };

interface PanelProps {
  axis: "a" | "z";
  curves: readonly [Spot[], Spot[]];
  y: 0 | 1;
  at: number;
  loss: number;
  slope: number;
}

/** Both curves, the one of the truth drawn strong, with its tangent. */
function Panel({ axis, curves, y, at, loss, slope }: PanelProps): JSX.Element {
  const domain = domains[axis];
  const tangent = tangentAt(at, loss, slope, domain[1] - domain[0]);
  return (
    <figure>
      <figcaption>
        {titles[axis]}: slope <strong>{four(slope)}</strong>
      </figcaption>
      <Chart
        label={`Both losses ${titles[axis]}; at ${axis} = ${four(at)}, where y = ${y}, the loss is ${four(loss)} and its slope ${four(slope)}`}
        {...size}
        options={(Plot) => ({
          ...margins,
          x: { domain: [...domain], label: axis, ticks: 5 },
          y: { domain: [0, most], label: "loss", ticks: 4 },
          marks: [
            ...([0, 1] as const).map((of) =>
              Plot.line(curves[of], {
                x: axis,
                y: "loss",
                clip: true,
                strokeWidth: of === y ? 2.5 : 1,
                stroke: of === y ? "currentColor" : "var(--faint)",
              }),
            ),
            ...(axis === "z" ? squaredMarks(Plot, curves[y], y) : []),
            Plot.text(["y = 1", "y = 0"], {
              x: [0.18, 0.82].map((share) => domain[0] + share * (domain[1] - domain[0])),
              y: 7,
            }),
            Plot.line(tangent, { x: "x", y: "loss", strokeWidth: 1.5, strokeDasharray: "4 4", clip: true }),
            Plot.dot([{ x: at, loss }], { x: "x", y: "loss", r: 5, fill: "currentColor" }),
          ],
        })}
      />
    </figure>
  );
}

/** The squared error of the truth, thin and dotted, with its name where it is flat. */
function squaredMarks(Plot: Libraries["Plot"], curve: Spot[], y: 0 | 1): Markish[] {
  return [
    Plot.line(curve, { x: "z", y: "squared", strokeWidth: 1.2, strokeDasharray: "2 3" }),
    Plot.text(["squared error"], {
      x: y === 1 ? -farthest + 0.3 : farthest - 0.3,
      y: 1,
      dy: -9,
      textAnchor: y === 1 ? "start" : "end",
    }),
  ];
}

/** A piece of the tangent that is about as long on the screen wherever it is. */
function tangentAt(at: number, loss: number, slope: number, across: number): { x: number; loss: number }[] {
  const { marginLeft, marginRight, marginTop, marginBottom } = margins;
  const x = (size.width - marginLeft - marginRight) / across;
  const y = (size.height - marginTop - marginBottom) / most;
  const reach = 70 / Math.hypot(x, slope * y);
  return [-reach, reach].map((by) => ({ x: at + by, loss: loss + by * slope }));
}

function Gradients({ z }: { z: number }): JSX.Element {
  const { a, sigmoidSlope, for: slopes } = binaryLosses(z);
  const y = truth.value;
  const cells = (of: (one: (typeof slopes)[number]) => number): JSX.Element[] =>
    [1, 0].map((value) => (
      <td key={value} class={value === y ? "strong" : ""}>
        <Numeral value={of(slopes[value] as (typeof slopes)[number])} wide={9} />
      </td>
    ));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on narrow screens, so it takes the keyboard
    <section class="scrolls" tabIndex={0} aria-label="Both losses and their gradients">
      <table id="binary-gradients">
        <thead>
          <tr>
            <td />
            <th scope="col">y = 1: −ln a</th>
            <th scope="col">y = 0: −ln(1 − a)</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">loss</th>
            {cells(({ loss }) => loss)}
          </tr>
          <tr>
            <th scope="row">∂/∂a = (a − y) / (a (1 − a))</th>
            {cells(({ byProbability }) => byProbability)}
          </tr>
          <tr>
            <th scope="row">∂/∂z = a − y</th>
            {cells(({ byLogit }) => byLogit)}
          </tr>
          <tr>
            <th scope="row">squared error (a − y)²</th>
            {cells(({ squared }) => squared)}
          </tr>
          <tr>
            <th scope="row">its ∂/∂z = 2 (a − y) · a (1 − a)</th>
            {cells(({ squaredByLogit }) => squaredByLogit)}
          </tr>
        </tbody>
      </table>
      <p class="faint">
        Multiply the first slope by σ′(z) = a(1 − a) = {four(a)} · {four(1 - a)} = {four(sigmoidSlope)}. The a(1 − a)
        underneath cancels, and a − y is left. The squared error has nothing to cancel it, so its slope vanishes with
        it. All by backprop, of bce, bceWithLogits and mse.
      </p>
    </section>
  );
}
