/** The leaves: their values, which can be changed, and at the end their gradients beside difference quotients. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Numeral } from "../../views/numbers.tsx";
import type { Leaf } from "./cases.ts";
import { placesOf } from "./rule.ts";
import { atEnd, changeLeaf, current, gradients, isChanged, outputName, putBack, quotients, walked } from "./state.ts";
import { shapeText } from "./titles.ts";

/** Beyond this, difference quotients have no digits left to compare with. */
const farthest = 1000;
/** Why the last value that was typed was not taken. */
const refused = signal("");

export function Leaves(): JSX.Element | null {
  const leaves = current.value?.leaves;
  if (leaves === undefined) return null;
  return (
    <div class="leaves">
      <h3>The leaves</h3>
      <p class="faint">
        {atEnd.value
          ? `Each gradient stands beside a difference quotient: one value is moved by ε = 0.00001 each way, ${outputName.value} is computed anew, and the difference of the two is divided by 2ε.`
          : "Change a value, and all that follows from it changes. The gradients come with the last turns."}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on narrow screens, so it takes the keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Values and gradients of the leaves">
        <table id="leaves">
          <thead>
            <tr>
              <th scope="col">leaf</th>
              <th scope="col">value</th>
              <th scope="col">gradient</th>
              <th scope="col">difference</th>
            </tr>
          </thead>
          <tbody>
            {leaves.map((leaf) => placesOf(leaf.shape).map((place, i) => <Row key={i} {...{ leaf, place, i }} />))}
          </tbody>
        </table>
      </section>
      <p role="status">{refused.value}</p>
      {isChanged.value && (
        <p>
          <button type="button" onClick={putBack}>
            put the values back
          </button>
        </p>
      )}
    </div>
  );
}

function Row({ leaf, place, i }: { leaf: Leaf; place: readonly number[]; i: number }): JSX.Element {
  const name = `${leaf.name}${shapeText(place)}`;
  const node = walked.value?.nodes.find((one) => one.name === leaf.name);
  const gradient = node && gradients.value.get(node.id)?.value.data[i];
  const key = `${leaf.name} ${i}`;
  const quotient = quotients.value.get(key);
  const value = leaf.values[i] ?? 0;
  const shownValue = String(Number(value.toPrecision(4)));
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <input
          type="number"
          step="any"
          min={-farthest}
          max={farthest}
          aria-label={`Value of ${name}`}
          title={String(value)}
          value={shownValue}
          onChange={(event) => {
            const { value: text, valueAsNumber } = event.currentTarget;
            const taken = text !== "" && Math.abs(valueAsNumber) <= farthest;
            refused.value = taken
              ? ""
              : `${name} stays ${shownValue.replace("-", "−")}: a value is a number from −${farthest} to ${farthest}.`;
            if (taken) changeLeaf(key, valueAsNumber);
            else event.currentTarget.value = shownValue;
          }}
        />
      </td>
      <td>{leaf.learned ? gradient !== undefined && <Numeral value={gradient} /> : "constant"}</td>
      <td>{quotient !== undefined && <Numeral value={quotient} />}</td>
    </tr>
  );
}
