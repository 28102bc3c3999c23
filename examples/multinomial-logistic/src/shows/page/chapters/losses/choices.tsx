/** Which two weights the surfaces are over, how far they reach, and where the run begins. */
import type { JSX } from "preact";
import { chosen, shown } from "../../state/state.ts";
import { takeMistake } from "../mistakes/mistakes.tsx";
import { chosenColumns, chosenRow, columnsOf, rowOf, zoom } from "./question.ts";

export function MapChoices(): JSX.Element | null {
  const run = shown.value;
  if (run === undefined) return null;
  const { classes } = run.task.points;
  const { features } = run.prepared;
  const wrong = chosen.mistake.value === "saturated";
  return (
    <div class="row">
      <label>
        weights of{" "}
        <select
          id="map-class"
          value={rowOf(classes.length)}
          onChange={(event) => {
            chosenRow.value = Number(event.currentTarget.value);
          }}
        >
          {classes.map((name, k) => (
            <option key={name} value={k}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {features.length > 2 && ([0, 1] as const).map((which) => <Column key={which} which={which} names={features} />)}
      <label>
        seen from{" "}
        <select
          id="map-zoom"
          value={zoom.value}
          onChange={(event) => {
            zoom.value = Number(event.currentTarget.value);
          }}
        >
          <option value={1}>near</option>
          <option value={2}>farther off</option>
          <option value={8}>far off</option>
        </select>
      </label>
      <button
        type="button"
        id="map-wrong"
        aria-pressed={wrong}
        onClick={() => takeMistake(wrong ? "none" : "saturated")}
      >
        begin sure and wrong, on the squared error
      </button>
    </div>
  );
}

function Column({ which, names }: { which: 0 | 1; names: readonly string[] }): JSX.Element {
  const [u, v] = columnsOf(names.length);
  return (
    <label>
      {which === 0 ? "across" : "upwards"}{" "}
      <select
        id={which === 0 ? "map-across" : "map-upwards"}
        value={which === 0 ? u : v}
        onChange={(event) => {
          const column = Number(event.currentTarget.value);
          // Choosing the other axis' feature swaps the two.
          chosenColumns.value = which === 0 ? [column, column === v ? u : v] : [column === u ? v : u, column];
        }}
      >
        {names.map((name, j) => (
          <option key={name} value={j}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
