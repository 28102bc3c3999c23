/** The edges of the drawing: forward thin, from an input to the op; backward strong, with what travels on it. */
import type { JSX } from "preact";
import { four } from "../../views/numbers.tsx";
import { type Edge, letter, lineHeight } from "./place.ts";
import { pointedAt } from "./state.ts";
import type { Send } from "./walk.ts";

type Points = Edge["points"];

/** A smooth line through the middles between the points. */
function curve(points: Points): string {
  const [first, ...rest] = points;
  const end = rest.at(-1);
  if (first === undefined || end === undefined) return "";
  const bends = rest.slice(0, -1).map((bend, i) => {
    const after = rest[i + 1] ?? end;
    const to = i === rest.length - 2 ? after : { x: (bend.x + after.x) / 2, y: (bend.y + after.y) / 2 };
    return `Q${bend.x} ${bend.y} ${to.x} ${to.y}`;
  });
  return `M${first.x} ${first.y}${bends.length > 0 ? bends.join("") : `L${end.x} ${end.y}`}`;
}

/** A small triangle at the end, the way that the line goes. */
function head(points: Points, size: number): string {
  const [end, before] = [points.at(-1), points.at(-2)];
  if (end === undefined || before === undefined) return "";
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const [u, v] = [(end.x - before.x) / length, (end.y - before.y) / length];
  const corner = (side: number): string =>
    `${end.x - size * (u + 0.5 * side * v)} ${end.y - size * (v - 0.5 * side * u)}`;
  return `M${end.x} ${end.y}L${corner(1)}L${corner(-1)}Z`;
}

export function ForwardEdge({ edge }: { edge: Edge }): JSX.Element {
  const pointed = pointedAt.value === edge.from || pointedAt.value === edge.to;
  return (
    <g class={pointed ? "forward pointed" : "forward"}>
      <path class="wire" d={curve(edge.points)} />
      <path class="head" d={head(edge.points, 7)} />
    </g>
  );
}

/** The way of what an op sends back: from the op to its input. */
export function BackwardEdge({ edge, now }: { edge: Edge; now: boolean }): JSX.Element {
  const back = [...edge.points].reverse();
  const pointed = pointedAt.value === edge.from || pointedAt.value === edge.to;
  return (
    <g class={`backward ${now ? "now" : ""} ${pointed ? "pointed" : ""}`}>
      <path class="wire" d={curve(back)} pathLength={1} />
      <path class="head" d={head(back, 9)} />
    </g>
  );
}

/** What is sent, if it is a single number. Drawn after all edges, so that none goes through it. */
export function EdgeLabel({ edge, send, now }: { edge: Edge; send: Send; now: boolean }): JSX.Element | null {
  const { data } = send.contribution;
  if (data.length !== 1) return null;
  const text = four(data[0] ?? Number.NaN);
  const width = text.length * letter + 8;
  return (
    <g class={`label ${now ? "now" : ""}`} transform={`translate(${edge.label.x} ${edge.label.y})`}>
      <rect x={-width / 2} y={-lineHeight / 2 - 1} width={width} height={lineHeight + 2} rx={4} />
      <text y={4} text-anchor="middle">
        {text}
      </text>
    </g>
  );
}
