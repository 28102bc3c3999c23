/** The graph of a loss, and backward through it, one node at a time. */
import "./graph.css";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type CaseName, caseNames, titles } from "./cases.ts";
import { Drawing } from "./drawing.tsx";
import { Leaves } from "./leaves.tsx";
import { Order } from "./order.tsx";
import {
  apart,
  atEnd,
  canTakeApart,
  caseName,
  chooseCase,
  current,
  goToTurn,
  inView,
  outputName,
  takeApart,
  taken,
  ticking,
  walked,
} from "./state.ts";
import { TurnPanel } from "./turn.tsx";

export function GraphChapter(): JSX.Element {
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const watcher = new IntersectionObserver(
      ([entry]) => {
        inView.value = entry?.isIntersecting ?? false;
      },
      { rootMargin: "400px" },
    );
    if (top.current !== null) watcher.observe(top.current);
    return () => watcher.disconnect();
  }, []);
  return (
    <div ref={top}>
      <p>
        Press "next node" to send the gradient back by one op, and read its rule in names and in numbers.{" "}
        {current.value?.look}
      </p>
      <Choices />
      {current.value === undefined ? <p class="faint">There is no point to follow.</p> : <Played />}
    </div>
  );
}

function Choices(): JSX.Element {
  return (
    <div class="row">
      <fieldset class="row">
        <legend>The graph of</legend>
        {caseNames.map((name: CaseName) => (
          <label class="check" key={name}>
            <input
              type="radio"
              name="graph-case"
              value={name}
              checked={caseName.value === name}
              onChange={() => chooseCase(name)}
            />
            {titles[name]}
          </label>
        ))}
      </fieldset>
      {canTakeApart.value && (
        <label class="check">
          <input
            type="checkbox"
            id="graph-apart"
            checked={apart.value}
            onChange={(event) => takeApart(event.currentTarget.checked)}
          />
          cross-entropy op by op
        </label>
      )}
    </div>
  );
}

function Played(): JSX.Element {
  const count = walked.value?.turns.length ?? 0;
  const stay = (turn: number) => () => {
    ticking.value = false;
    goToTurn(turn);
  };
  return (
    <>
      <fieldset class="row" aria-label="Backward">
        <button type="button" class="strong" id="graph-next" disabled={atEnd.value} onClick={stay(taken.value + 1)}>
          next node
        </button>
        <button type="button" id="graph-back" disabled={taken.value === 0} onClick={stay(taken.value - 1)}>
          back
        </button>
        <button
          type="button"
          id="graph-clock"
          aria-pressed={ticking.value}
          onClick={() => {
            ticking.value = !ticking.value;
          }}
        >
          {ticking.value ? "❚❚ stop the clock" : "▶ by the clock"}
        </button>
        <button type="button" id="graph-end" disabled={atEnd.value} onClick={stay(count)}>
          to the end
        </button>
        <button type="button" id="graph-start" disabled={taken.value === 0} onClick={stay(0)}>
          start over
        </button>
        <output class="where" id="graph-where">
          node <span class="numeral">{taken.value}</span> of {count}
        </output>
      </fieldset>
      <Drawing />
      <p class="faint">
        In each node stands its value, and right of it, once it has come, its gradient: how much {outputName.value}{" "}
        would rise for each unit that the value rises. Thick frame: sending now. Dashed: next.
        {caseName.value === "model" &&
          ' The loss here is that of the ringed point alone; in "W and b" it is the mean over all training rows, so the gradients there differ.'}
      </p>
      <div class="graph-parts">
        <TurnPanel />
        <Order />
        <Leaves />
      </div>
    </>
  );
}
