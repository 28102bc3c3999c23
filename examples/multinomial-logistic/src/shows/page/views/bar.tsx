/** The bar that is always there: play, step, and the way back through the run. */
import type { JSX } from "preact";
import { goTo, playing, problem, shown, speed, step, stepsPerEpoch } from "../state/state.ts";
import { Formula } from "./formula.tsx";
import { dark, toggleTheme } from "./theme.ts";

export function TopBar(): JSX.Element {
  const frames = shown.value?.frames.length ?? 1;
  const epoch = Math.floor(step.value / stepsPerEpoch.value);
  const stuck = problem.value !== undefined;
  const atEnd = shown.value?.over === true && step.value === frames - 1;
  return (
    <header class="top-bar">
      <h1>
        <span class="visually-hidden">softmax of W x plus b</span>
        <span aria-hidden="true">
          <Formula name="model" />
        </span>
      </h1>
      <fieldset class="transport" aria-label="The run">
        <button
          type="button"
          id="play"
          class="strong"
          aria-pressed={playing.value}
          disabled={stuck || atEnd}
          onClick={togglePlay}
        >
          {playing.value ? "❚❚ pause" : "▶ play"}
        </button>
        <button type="button" id="back" disabled={step.value === 0} onClick={() => stay(step.value - 1)}>
          back
        </button>
        <button type="button" id="step" disabled={stuck || atEnd} onClick={() => stay(step.value + 1)}>
          step
        </button>
        <button type="button" id="ten" disabled={stuck || atEnd} onClick={() => stay(step.value + 10)}>
          ×10
        </button>
        <button type="button" id="reset" onClick={() => stay(0)}>
          ⟲ reset
        </button>
        <output class="where" id="where">
          epoch <span class="numeral">{epoch}</span> · step <span class="numeral">{step.value}</span>
        </output>
      </fieldset>
      <label class="scrub">
        <span class="visually-hidden">The step that is shown</span>
        <input
          type="range"
          id="scrub"
          min={0}
          max={Math.max(frames - 1, step.value, 1)}
          value={step.value}
          aria-valuetext={`step ${step.value}`}
          onInput={(event) => stay(Number(event.currentTarget.value))}
        />
      </label>
      <label class="speed">
        speed{" "}
        <select
          value={speed.value}
          onChange={(event) => {
            speed.value = Number(event.currentTarget.value);
          }}
        >
          <option value={1}>1</option>
          <option value={4}>4</option>
          <option value={16}>16</option>
        </select>
      </label>
      <button type="button" id="theme" onClick={toggleTheme}>
        {dark.value ? "light" : "dark"}
      </button>
    </header>
  );
}

function togglePlay(): void {
  playing.value = !playing.value;
}

function stay(target: number): void {
  playing.value = false;
  goTo(target);
}
