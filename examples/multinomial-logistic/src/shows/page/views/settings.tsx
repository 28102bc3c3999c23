/** What decides the run. A change trains it anew, up to the step that is shown. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { defaults, losses, optimizers } from "../../../lesson/settings.ts";
import { type Choices, range } from "../state/choices.ts";
import { choose, chosen, goTo, lossOfMistake, playing, points } from "../state/state.ts";
import { four } from "./numbers.tsx";
import { ofPart } from "./parts.tsx";

const glossary = {
  "learning rate": "η: how much of the gradient each step takes away from the weights.",
  optimizer:
    "sgd takes the rate times the gradient. adam gives each weight a rate of its own, by how its gradient varies; adamw also draws the weights towards 0.",
  "rows in a step": "The points that one step looks at. An epoch is as many steps as it takes to see all of them once.",
  loss: "What training makes smaller: −ln p of the truth, or the squared distance between p and y.",
  "L2 penalty": "Adds this, times half the sum of the squared weights, to the loss: large weights cost.",
  "label smoothing":
    "Spreads this share of the truth evenly over all classes, so that no score has to grow without end.",
  "weights of the classes": "How much a point of each class counts.",
  seed: "Where the random numbers begin: for the split, the first weights, and the order of the points.",
} as const;

export function SettingsForm(): JSX.Element {
  const ce = (lossOfMistake(chosen.mistake.value) ?? chosen.loss.value) === "ce";
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
      <NumberField
        id="batch"
        title="rows in a step"
        range={range.batch}
        step={1}
        whole
        value={chosen.batch.value}
        onNumber={(batch) => choose({ batch })}
      />
      <Choice
        name="loss"
        options={losses}
        titles={{ ce: "cross-entropy", mse: "squared error (MSE)" }}
        // Some mistakes are cross-entropy's own.
        forced={lossOfMistake(chosen.mistake.value)}
      />
      <NumberField
        id="l2"
        title="L2 penalty"
        range={range.l2}
        step={0.01}
        value={chosen.l2.value}
        onNumber={(l2) => choose({ l2 })}
      />
      <NumberField
        id="smoothing"
        title="label smoothing"
        range={range.smoothing}
        step={0.05}
        disabled={!ce}
        value={chosen.smoothing.value}
        onNumber={(smoothing) => choose({ smoothing })}
      />
      <fieldset disabled={!ce} {...ofPart("rows")}>
        <legend>weights of the classes</legend>
        {points.value.classes.map((name, k) => (
          <NumberField
            key={name}
            title={name}
            range={range.weight}
            step={0.5}
            value={chosen.weights.value[k] ?? 1}
            onNumber={(weight) => setWeight(k, weight)}
          />
        ))}
      </fieldset>
      <NumberField
        id="seed"
        title="seed"
        range={range.seed}
        step={1}
        whole
        value={chosen.seed.value}
        onNumber={(seed) => choose({ seed })}
      />
      <button type="button" id="new-seed" onClick={newSeed} title="Another split, other first weights, another order">
        new seed
      </button>
      <p class="faint">
        {ce
          ? "A change trains the run anew, up to the step that is shown. The address of the page holds all of it."
          : "Label smoothing and weights of the classes belong to cross-entropy."}
      </p>
      <details>
        <summary>What these are</summary>
        <dl class="glossary">
          {Object.entries(glossary).map(([name, text]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      </details>
    </form>
  );
}

function setWeight(k: number, weight: number): void {
  const weights = points.value.classes.map((_, j) => chosen.weights.value[j] ?? 1);
  weights[k] = weight;
  choose({ weights: weights.every((one) => one === 1) ? [] : weights });
}

interface NumberFieldProps {
  id?: string;
  title: string;
  range: readonly [number, number];
  /** The distance of one press of its arrows. */
  step: number;
  whole?: boolean;
  disabled?: boolean;
  value: number;
  onNumber(value: number): void;
}

/** A number that counts as soon as it is one, and within its range; otherwise the field says so, and what counted stays. */
function NumberField({ id, title, range, step, whole, disabled, value, onNumber }: NumberFieldProps): JSX.Element {
  const [low, high] = range;
  const wrong = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  // What is being typed stays as it is: "-" and "1e" are on the way to a number.
  useEffect(() => {
    const { current } = input;
    if (current !== null && !wrong.peek() && current.valueAsNumber !== value) current.value = String(value);
  }, [value, wrong]);
  return (
    <label class="small-number">
      <span>{title}</span>
      <input
        ref={input}
        id={id}
        type="number"
        min={low}
        max={high}
        step={whole ? 1 : "any"}
        disabled={disabled}
        aria-invalid={wrong.value}
        onKeyDown={(event) => {
          const way = { ArrowUp: step, ArrowDown: -step }[event.key];
          if (way === undefined) return;
          event.preventDefault();
          wrong.value = false;
          onNumber(Math.max(low, Math.min(high, Number((value + way).toPrecision(6)))));
        }}
        onInput={(event) => {
          const given = event.currentTarget.valueAsNumber;
          wrong.value = !(given >= low && given <= high) || (whole === true && !Number.isInteger(given));
          if (!wrong.value) onNumber(given);
        }}
        onBlur={(event) => {
          wrong.value = false;
          event.currentTarget.value = String(value);
        }}
      />
      {wrong.value && (
        <span class="wrong" role="alert">
          {whole ? "a whole number " : ""}from {low} to {high}
        </span>
      )}
    </label>
  );
}

type Named = { [K in keyof Choices]: Choices[K] extends string ? K : never }[keyof Choices];

interface ChoiceProps<K extends Named> {
  name: K;
  options: readonly Choices[K][];
  titles?: Partial<Record<Choices[K], string>>;
  onChosen?(option: Choices[K]): void;
  /** What holds in place of what was chosen. */
  forced?: Choices[K] | undefined;
}

function Choice<K extends Named>({ name, options, titles = {}, onChosen, forced }: ChoiceProps<K>): JSX.Element {
  return (
    <label>
      <span {...(name === "optimizer" ? ofPart("optimizer") : {})}>{name}</span>
      <select
        id={name}
        value={forced ?? chosen[name].value}
        disabled={forced !== undefined}
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

function newSeed(): void {
  playing.value = false;
  goTo(0);
  choose({ seed: chosen.seed.value + 1 });
}
