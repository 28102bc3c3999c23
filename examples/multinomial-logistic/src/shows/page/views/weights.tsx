/** W and b, each number with its gradient beneath. */
import type { JSX } from "preact";
import { matrix, vector } from "../../../lesson/numbers.ts";
import { gradient, model, nudge, shown } from "../state/state.ts";
import { ClassName, colourOf, ofClass } from "./classes.tsx";
import { Downloads } from "./downloads.tsx";
import { Formula } from "./formula.tsx";
import { far, Nudged, selected, setNudge, take } from "./nudge.tsx";
import { Numeral } from "./numbers.tsx";
import { ofPart } from "./parts.tsx";

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
        A step subtracts learning rate (η) times gradient from each: <Formula name="step" />. Choose a number, or drag
        it, to try it out.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on narrow screens, so it takes the keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Weights and their gradients">
        <table class="weights" id="weights">
          <thead>
            <tr>
              <td />
              {features.map((name) => (
                <th scope="col" key={name}>
                  W by {name}
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
                      of={k}
                      index={k * features.length + j}
                      name={`W of ${name} by ${feature}`}
                      value={weight[k]?.[j] ?? 0}
                      slope={weightSlope[k]?.[j] ?? 0}
                    />
                  </td>
                ))}
                <td {...ofPart("bias-gradient", "bias-update", "written")}>
                  <Weight
                    of={k}
                    index={last + k}
                    name={`b of ${name}`}
                    value={bias[k] ?? 0}
                    slope={biasSlope[k] ?? 0}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Nudged />
      <Downloads />
    </>
  );
}

interface WeightProps {
  /** Its class. */
  of: number;
  index: number;
  name: string;
  value: number;
  slope: number;
}

function Weight({ of, index, name, value, slope }: WeightProps): JSX.Element {
  let from: number | undefined;
  let base = 0;
  return (
    <button
      type="button"
      class="weight"
      style={{ borderLeftColor: colourOf(of) }}
      aria-pressed={selected.value === index}
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
      <span class="visually-hidden">{name}</span>
      <Numeral value={value} />
      <span class="visually-hidden">gradient</span>
      <small>
        <Numeral value={slope} />
      </small>
    </button>
  );
}
