/** What decides the run. A change trains it anew, up to the step that is shown. */
import type { JSX } from "preact";
import { defaults, losses, optimizers } from "../../../lesson/settings.ts";
import { type Choices, range } from "../state/choices.ts";
import { choose, chosen, points } from "../state/state.ts";
import { four } from "./numbers.tsx";
import { ofPart } from "./parts.tsx";

export function SettingsForm(): JSX.Element {
  const ce = chosen.loss.value === "ce";
  return (
    <form class="settings" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span>
          learning rate <output id="rate-value">{four(chosen.lr.value)}</output>
        </span>
        <input
          id="rate"
          type="range"
          min={Math.log10(range.lr[0])}
          max={Math.log10(range.lr[1])}
          step={0.05}
          value={Math.log10(chosen.lr.value)}
          aria-valuetext={four(chosen.lr.value)}
          onInput={(event) => choose({ lr: Number((10 ** Number(event.currentTarget.value)).toPrecision(3)) })}
        />
      </label>
      <Choice
        name="optimizer"
        options={optimizers}
        onChosen={(optimizer) => choose({ optimizer, lr: defaults.lr[optimizer] })}
      />
      <Count name="batch" title="rows in a step" />
      <Choice name="loss" options={losses} titles={{ ce: "cross-entropy", mse: "squared error (MSE)" }} />
      <Amount name="l2" title="L2 penalty" step={0.001} />
      <Amount name="smoothing" title="label smoothing" step={0.05} disabled={!ce} />
      <fieldset disabled={!ce} {...ofPart("rows")}>
        <legend>weights of the classes</legend>
        {points.value.classes.map((name, k) => (
          <label key={name} class="small-number">
            {name}
            <input
              type="number"
              min={range.weight[0]}
              max={range.weight[1]}
              step={0.5}
              value={chosen.weights.value[k] ?? 1}
              onInput={(event) => setWeight(k, event.currentTarget)}
            />
          </label>
        ))}
      </fieldset>
      <Count name="seed" title="seed" />
      <p class="faint">
        {ce
          ? "A change trains the run anew, up to the step that is shown. The address of the page holds all of it."
          : "Label smoothing and weights of the classes belong to cross-entropy."}
      </p>
    </form>
  );
}

function setWeight(k: number, input: HTMLInputElement): void {
  if (!input.validity.valid || input.value === "") return;
  const weights = points.value.classes.map((_, j) => chosen.weights.value[j] ?? 1);
  weights[k] = Number(input.value);
  // With no weight at all there would be nothing to divide by.
  if (weights.some((weight) => weight > 0)) choose({ weights: weights.every((weight) => weight === 1) ? [] : weights });
}

type Named = { [K in keyof Choices]: Choices[K] extends string ? K : never }[keyof Choices];
type Counted = "batch" | "seed";
type Measured = "l2" | "smoothing";

interface ChoiceProps<K extends Named> {
  name: K;
  options: readonly Choices[K][];
  titles?: Partial<Record<Choices[K], string>>;
  onChosen?(option: Choices[K]): void;
}

function Choice<K extends Named>({ name, options, titles = {}, onChosen }: ChoiceProps<K>): JSX.Element {
  return (
    <label>
      <span {...(name === "optimizer" ? ofPart("optimizer") : {})}>{name}</span>
      <select
        id={name}
        value={chosen[name].value}
        onChange={(event) => {
          const option = event.currentTarget.value as Choices[K];
          if (onChosen) onChosen(option);
          else choose({ [name]: option });
        }}
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {titles[option] ?? option}
          </option>
        ))}
      </select>
    </label>
  );
}

function Count({ name, title }: { name: Counted; title: string }): JSX.Element {
  const [low, high] = name === "batch" ? range.batch : [0, 1_000_000];
  return (
    <label class="small-number">
      <span>{title}</span>
      <input
        id={name}
        type="number"
        min={low}
        max={high}
        step={1}
        value={chosen[name].value}
        onInput={(event) => {
          const { value, validity } = event.currentTarget;
          if (validity.valid && value !== "") choose({ [name]: Number(value) });
        }}
      />
    </label>
  );
}

function Amount({
  name,
  title,
  step,
  disabled,
}: {
  name: Measured;
  title: string;
  step: number;
  disabled?: boolean;
}): JSX.Element {
  const [low, high] = range[name];
  return (
    <label class="small-number">
      <span {...(name === "l2" ? ofPart("penalty") : {})}>{title}</span>
      <input
        id={name}
        type="number"
        min={low}
        max={high}
        step={step}
        disabled={disabled}
        value={chosen[name].value}
        onInput={(event) => {
          const { value, validity } = event.currentTarget;
          if (!validity.badInput && !validity.rangeOverflow && !validity.rangeUnderflow && value !== "") {
            choose({ [name]: Number(value) });
          }
        }}
      />
    </label>
  );
}
