/** The turn of one node, written out: what has arrived, what leaves to each input by which rule, and what comes together. */

import { rules } from "virtual:rules";
import type { JSX } from "preact";
import { four } from "../../views/numbers.tsx";
import { placesOf, type Rule, withNames } from "./rule.ts";
import { current, taken, walked } from "./state.ts";
import { callOf, nameOf, shapeText } from "./titles.ts";
import type { DrawnNode, Send, Turn, Value, Walk } from "./walk.ts";
import { words, wordsKey } from "./words.ts";

export function TurnPanel(): JSX.Element | null {
  const played = walked.value;
  if (played === undefined) return null;
  const turn = played.turns[taken.value - 1];
  const node = played.nodes[turn?.node ?? 0];
  if (node === undefined) return null;
  if (turn === undefined) {
    return (
      <div class="turn" id="turn">
        <h3>Before the first turn</h3>
        <p>
          The values are there: {nameOf(node, four)} is {four(node.value.data[0] ?? Number.NaN)}. If{" "}
          {nameOf(node, four)} rose by a little, it would itself rise by as much: so its gradient is 1, and with this 1
          backward begins. In the rules, ct (cotangent) is what arrived at a node.
        </p>
      </div>
    );
  }
  const inputs = node.inputs.map((id) => played.nodes[id] as DrawnNode);
  const values = inputs.map(({ value }) => value);
  const names = inputs.map((input) => nameOf(input, four));
  const key = wordsKey(turn.op, values);
  return (
    <div class="turn" id="turn">
      <p class="visually-hidden" aria-live="polite">
        {turn.op} has its turn.{" "}
        {turn.sends.map((send) => `${played.nodes[send.to]?.name} gets a contribution.`).join(" ")}
      </p>
      <h3>
        <code>{callOf(node, played.nodes, four)}</code>
      </h3>
      <p>
        What arrived (ct) at {node.name} is <Numbers of={turn.cotangent} />
        {turn.cotangent.shape.length > 0 && <> in shape {shapeText(turn.cotangent.shape)}</>}.{" "}
        {withNames(words[key]?.why ?? "", names, node.name)} {current.value?.notes?.[turn.op]}
      </p>
      {turn.sends.map((send) => (
        <SendText key={send.index} {...{ played, turn, node, send, values, names, wordsKey: key }} />
      ))}
    </div>
  );
}

interface SendProps {
  played: Walk;
  turn: Turn;
  node: DrawnNode;
  send: Send;
  values: readonly Value[];
  names: readonly string[];
  wordsKey: string;
}

function SendText({ played, turn, node, send, values, names, wordsKey: key }: SendProps): JSX.Element {
  const to = played.nodes[send.to] as DrawnNode;
  const known = words[key];
  const rule = known?.rules[send.index];
  const lines = rules[turn.op]?.[key === turn.op ? 0 : 1]?.[send.index];
  const stretched = send.returned.data.length !== send.contribution.data.length;
  const twice = node.inputs.filter((id) => id === send.to).length > 1;
  const title = `To ${to.name}${twice ? ` as input ${send.index + 1}` : ""}`;
  return (
    <section class="send" aria-label={title}>
      <h4>{title}</h4>
      {rule && (
        <Worked
          {...{
            rule,
            letters: withNames(rule.letters, names, node.name),
            send,
            to,
            operands: { ct: turn.cotangent, inputs: values, out: node.value },
          }}
        />
      )}
      {stretched && (
        <p>
          {to.name} was stretched from {shapeText(to.value.shape) || "a single number"} to{" "}
          {shapeText(send.returned.shape)}. It counted several times, so its parts are added up:{" "}
          <Numbers of={send.contribution} />.
        </p>
      )}
      <Sum send={send} to={to} />
      {lines && (
        <figure class="rule">
          <figcaption>
            {lines.file}:{lines.line}
            {lettersIn(lines.code, known?.inputs ?? [], names)}
          </figcaption>
          <pre>
            <code>{lines.code}</code>
          </pre>
        </figure>
      )}
    </section>
  );
}

/** Which nodes the letters in a line of the engine stand for, where they are called otherwise here. */
function lettersIn(code: string, letters: readonly string[], names: readonly string[]): string {
  const stand = letters.flatMap((letter, i) => {
    const used = new RegExp(`\\b${letter}\\b`).test(code);
    return used && names[i] !== letter ? [`${letter} is ${names[i]}`] : [];
  });
  return stand.length === 0 ? "" : `, where ${stand.join(" and ")}`;
}

const mostLines = 8;

interface WorkedProps {
  rule: Rule;
  /** The rule in the nodes' names. */
  letters: string;
  send: Send;
  to: DrawnNode;
  operands: Parameters<Rule["at"]>[0];
}

/** The rule in names, and in numbers at each place. */
function Worked({ rule, letters, send, to, operands }: WorkedProps): JSX.Element {
  const places = placesOf(send.returned.shape);
  const own = placesOf(to.value.shape);
  return (
    <table class="worked">
      {places.length > 1 && <caption>{letters}, at each place:</caption>}
      <tbody>
        {places.slice(0, mostLines).map((place, i) => {
          const { text } = rule.at(operands, place, four);
          const result = four(send.returned.data[i] ?? Number.NaN);
          return (
            <tr key={i}>
              {places.length > 1 && (
                <th scope="row">
                  {own.length === places.length ? to.name + shapeText(own[i] ?? []) : shapeText(place)}
                </th>
              )}
              <td>
                {places.length === 1 && <span class="letters">{letters} = </span>}
                {text === result ? "" : `${text} = `}
                <strong>{result}</strong>
              </td>
            </tr>
          );
        })}
        {places.length > mostLines && (
          <tr>
            <td colSpan={2}>and {places.length - mostLines} more like these</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** Where paths meet: what was there, and the sum. */
function Sum({ send, to }: { send: Send; to: DrawnNode }): JSX.Element | null {
  if (to.paths < 2) return null;
  const left = to.paths - send.path;
  const waits = left === 0 ? "All paths have come." : `${left} more to come: ${to.name} waits.`;
  if (send.before === undefined) {
    return (
      <p class="meets">
        This is the first of {to.paths} paths to {to.name}. {waits}
      </p>
    );
  }
  return (
    <p class="meets">
      {to.name} has <Numbers of={send.before} /> already, by another path. Paths add up:{" "}
      <span class="addition">
        <Numbers of={send.before} /> + <Numbers of={send.contribution} /> ={" "}
        <strong>
          <Numbers of={send.total} />
        </strong>
      </span>
      . {waits}
    </p>
  );
}

/** One number as it is, several in parentheses. */
function Numbers({ of: { data } }: { of: Value }): JSX.Element {
  const texts = data.slice(0, 12).map(four);
  const all = data.length > 12 ? [...texts, "…"] : texts;
  return <span class="numbers">{data.length === 1 ? texts[0] : `(${all.join(", ")})`}</span>;
}
