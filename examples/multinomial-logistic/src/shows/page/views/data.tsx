/** What the points are: presets, one's own table, and what the pointer paints. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { mostClasses } from "../data/edits.ts";
import { aboutPresets, type PresetName, presets } from "../data/presets.ts";
import { axes, choose, chosen, dataset, edit, notice, pickedPoint, points, takeTable } from "../state/state.ts";
import { Shape } from "./classes.tsx";
import { addPoint, deletePoint, PlaneFigure } from "./plane.tsx";

/** The class that a click on the plane adds a point of. */
const painted = signal(0);

export function DataPanel(): JSX.Element {
  const { data } = chosen;
  return (
    <>
      <div class="row">
        <label>
          points{" "}
          <select
            id="data"
            value={data.value}
            onChange={(event) => takePreset(event.currentTarget.value as PresetName)}
          >
            {presets.map((name) => (
              <option key={name} value={name}>
                {aboutPresets[name].title}
              </option>
            ))}
            {data.value === "csv" && <option value="csv">your table</option>}
          </select>
        </label>
        {data.value !== "csv" && data.value !== "iris" && (
          <button type="button" id="draw" onClick={() => choose({ draw: chosen.draw.value + 1, edits: [], step: 0 })}>
            draw others
          </button>
        )}
        <label class="check">
          <input
            type="checkbox"
            id="squares"
            checked={chosen.squares.value}
            onChange={(event) => choose({ squares: event.currentTarget.checked })}
          />{" "}
          squares of the features
        </label>
      </div>
      <p class="faint">
        {data.value === "csv"
          ? [dataset.value.about, aboutTable()].filter(Boolean).join(": ")
          : aboutPresets[data.value].look}
      </p>
      {dataset.value.features.length > 2 && <AxisChoice />}
      <PlaneFigure painted={Math.min(painted.value, points.value.classes.length)} />
      <Paint />
      <PointForm />
      <p class="faint" id="plane-keys">
        Hollow points are trained on; filled ones are held out, to test on. A line runs where two classes draw level,
        dotted where a third is ahead of both. Drag a point, or click an empty place to add one. With the keyboard:
        arrows go to the next point, Shift and arrows move it, Enter adds one, Delete removes it.
      </p>
      <OwnTable />
    </>
  );
}

function aboutTable(): string {
  const { features, classes } = dataset.value;
  const columns =
    features.length > 2 ? `${features.length} columns; the two that tell the classes apart best were chosen. ` : "";
  const many =
    classes.length > mostClasses
      ? `There are ${classes.length} classes: colours and shapes repeat after ${mostClasses}.`
      : "";
  return `${columns}${many}`;
}

function takePreset(name: PresetName): void {
  notice.value = undefined;
  const apart: [number, number] = name === "iris" ? [2, 3] : [0, 1];
  choose({ data: name, draw: 0, axes: apart, edits: [], squares: false, weights: [], step: 0, point: -1 });
}

function AxisChoice(): JSX.Element {
  const names = dataset.value.features;
  const [u, v] = axes.value;
  const select = (which: 0 | 1): JSX.Element => (
    <label>
      {which === 0 ? "across" : "upwards"}{" "}
      <select
        id={which === 0 ? "axis-u" : "axis-v"}
        value={axes.value[which]}
        onChange={(event) => {
          const column = Number(event.currentTarget.value);
          // Choosing the other axis' column swaps the two.
          const swapped: [number, number] =
            which === 0 ? [column, column === v ? u : v] : [column === u ? v : u, column];
          choose({ axes: swapped, edits: [] });
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
  return (
    <div class="row">
      {select(0)}
      {select(1)}
    </div>
  );
}

function Paint(): JSX.Element {
  const { classes } = points.value;
  const fresh = classes.length < mostClasses;
  const count = classes.length + (fresh ? 1 : 0);
  return (
    <fieldset class="row paint">
      <legend>A click adds</legend>
      {Array.from({ length: count }, (_, k) => (
        <label key={k} class="swatch">
          <input
            type="radio"
            name="paint"
            value={k}
            checked={Math.min(painted.value, count - 1) === k}
            onChange={() => {
              painted.value = k;
            }}
          />
          <Shape of={k} /> {classes[k] ?? "a new class"}
        </label>
      ))}
      <button
        type="button"
        id="undo"
        disabled={chosen.edits.value.length === 0}
        onClick={() => choose({ edits: chosen.edits.value.slice(0, -1) })}
      >
        undo
      </button>
      <button
        type="button"
        id="put-back"
        disabled={chosen.edits.value.length === 0}
        onClick={() => choose({ edits: [] })}
      >
        put all back
      </button>
    </fieldset>
  );
}

/** The picked point in numbers, which can be typed. */
function PointForm(): JSX.Element | null {
  const point = pickedPoint.value;
  if (point === undefined) return null;
  const { features } = points.value;
  const move = (axis: 0 | 1, input: HTMLInputElement): void => {
    if (input.value === "" || !Number.isFinite(input.valueAsNumber)) return;
    const at: [number, number] = [...point.at];
    at[axis] = input.valueAsNumber;
    edit({ kind: "move", id: point.id, at });
  };
  return (
    <fieldset class="row">
      <legend>The ringed point</legend>
      {([0, 1] as const).map((axis) => (
        <label key={axis} class="small-number">
          {features[axis]}
          <input
            id={axis === 0 ? "point-u" : "point-v"}
            type="number"
            step="any"
            value={Number(point.at[axis].toPrecision(6))}
            onChange={(event) => move(axis, event.currentTarget)}
          />
        </label>
      ))}
      <button type="button" id="delete" onClick={deletePoint}>
        delete
      </button>
      <button type="button" id="add" onClick={() => addPoint([...point.at], painted.value)}>
        add one here
      </button>
    </fieldset>
  );
}

/** Tables beyond this many characters would stall the page. */
const mostCharacters = 20_000_000;

async function takeFile(file: File): Promise<void> {
  if (file.size > mostCharacters) {
    notice.value = `${file.name} has ${Math.round(file.size / 1e6)} MB; this page takes up to ${mostCharacters / 1e6}. The terminal's program takes more.`;
    return;
  }
  takeTable(await file.text(), file.name);
}

function OwnTable(): JSX.Element {
  return (
    <details class="own-table">
      <summary>Your own table</summary>
      <p>
        A CSV file: its first line names the columns, its last column is the class, all others are numbers. Drop it
        anywhere on the page, choose it, or paste its text. It stays on your machine.
      </p>
      <label>
        choose a file{" "}
        <input
          type="file"
          id="file"
          accept=".csv,text/csv,text/plain"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? [];
            if (file !== undefined) void takeFile(file);
          }}
        />
      </label>
      <label>
        or paste
        <textarea id="paste" rows={4} placeholder={"width,height,kind\n1.2,3.4,oak\n…"} />
      </label>
      <button
        type="button"
        id="take-paste"
        onClick={() => takeTable((document.getElementById("paste") as HTMLTextAreaElement).value, "the pasted table")}
      >
        use the pasted table
      </button>
    </details>
  );
}

/** Files can be dropped anywhere on the page. */
export function listenForFiles(): void {
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) void takeFile(file);
    else if (event.dataTransfer?.getData("text")) takeTable(event.dataTransfer.getData("text"), "the dropped table");
  });
}
