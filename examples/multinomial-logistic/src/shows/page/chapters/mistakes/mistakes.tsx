/** Break it: six mistakes, each a switch, beside the run without it. */
import type { JSX } from "preact";
import { type Mistake, mistakes } from "../../../../lesson/mistakes.ts";
import { defaults } from "../../../../lesson/settings.ts";
import { choose, chosen, goTo, pinned, playing, shown } from "../../state/state.ts";
import { words } from "./words.ts";

export function MistakesChapter(): JSX.Element {
  const current = chosen.mistake.value;
  return (
    <div class="mistakes">
      <div>
        <p>Choose a mistake and press play. The run without it stays in grey beside the new one.</p>
        <fieldset>
          <legend>The training has</legend>
          {(["none", ...mistakes] as const).map((name) => (
            <label key={name} class="check">
              <input
                type="radio"
                name="mistake"
                value={name}
                checked={current === name}
                onChange={() => takeMistake(name)}
              />
              {name === "none" ? "no mistake" : words[name].title}
            </label>
          ))}
        </fieldset>
      </div>
      {current !== "none" && <Told mistake={current} />}
    </div>
  );
}

function Told({ mistake }: { mistake: Mistake }): JSX.Element {
  const { right, wrong, look, why } = words[mistake];
  return (
    <div class="told">
      <dl>
        <dt>instead of</dt>
        <dd>
          <code>{right}</code>
        </dd>
        <dt>there is</dt>
        <dd>
          <code>{wrong}</code>
        </dd>
      </dl>
      <p id="look">
        <strong>Look:</strong> {look}
      </p>
      <details key={mistake}>
        <summary>Why?</summary>
        <p>{why}</p>
      </details>
    </div>
  );
}

/** The run so far becomes the grey one, unless it has a mistake itself. */
export function takeMistake(mistake: Mistake | "none"): void {
  if (chosen.mistake.peek() === "none") pinned.value = shown.peek();
  playing.value = false;
  goTo(0);
  const before = chosen.mistake.peek();
  choose({ mistake });
  if (mistake === "saturated") choose({ loss: "mse" });
  else if (before === "saturated") choose({ loss: defaults.loss });
}
