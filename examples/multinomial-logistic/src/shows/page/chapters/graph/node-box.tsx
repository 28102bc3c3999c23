/** A node of the drawing: op and name, shape, value, and its gradient as far as it has come. */
import type { JSX } from "preact";
import { colourOf, focusedClass, shapeOf } from "../../views/classes.tsx";
import { four } from "../../views/numbers.tsx";
import { lineHeight, pad, rowsOf, type Size } from "./place.ts";
import { pointedAt } from "./state.ts";
import { shapeText, titleOf } from "./titles.ts";
import type { DrawnNode, Value } from "./walk.ts";

interface NodeProps {
  node: DrawnNode;
  at: { x: number; y: number };
  size: Size | undefined;
  gradient: { value: Value; path: number } | undefined;
  state: string;
  /** How many classes there are, for nodes that have a row for each. */
  classes: number | undefined;
}

export function NodeBox({ node, at, size, gradient, state, classes }: NodeProps): JSX.Element | null {
  if (size === undefined) return null;
  const rows = rowsOf(node.value);
  const gradientRows = gradient && rowsOf(gradient.value);
  const byClass = rows.length === classes;
  const top = pad + 9 + 2 * lineHeight;
  /** Numbers end at the right edges of their columns. The right half is for the gradient, if there will be one. */
  const gradientRight = (column: number): number => size.width - pad - (size.columns - 1 - column) * size.column;
  const half = node.kind === "constant" ? 0 : size.columns * size.column;
  const valueRight = (column: number): number => gradientRight(column) - half;
  return (
    <g
      class={`node ${node.kind} ${state}`}
      transform={`translate(${at.x - size.width / 2} ${at.y - size.height / 2})`}
      onPointerEnter={() => {
        pointedAt.value = node.id;
      }}
      onPointerLeave={() => {
        pointedAt.value = undefined;
      }}
    >
      <title>{`${titleOf(node)} ${shapeText(node.value.shape)}`}</title>
      <rect class="box" width={size.width} height={size.height} rx={4} />
      <text class="title" x={pad} y={pad + 9}>
        {titleOf(node)}
      </text>
      <text class="small" x={pad} y={pad + 8 + lineHeight}>
        {shapeText(node.value.shape)}
      </text>
      <text class="small" x={size.width - pad} y={pad + 8 + lineHeight} text-anchor="end">
        {waiting(node, gradient)}
      </text>
      {rows.map((row, i) => (
        <g key={i} transform={`translate(0 ${top + i * lineHeight})`}>
          {byClass && <ClassRow of={i} width={size.width} />}
          {row.map((x, j) => (
            <text key={j} x={valueRight(j)} text-anchor="end">
              {four(x)}
            </text>
          ))}
          {gradientRows?.[i]?.map((x, j) => (
            <text key={`gradient ${j}`} class="gradient" x={gradientRight(j)} text-anchor="end">
              {four(x)}
            </text>
          ))}
        </g>
      ))}
      {node.value.data.length > rows.length * size.columns && (
        <text x={size.width / 2} y={top + rows.length * lineHeight} text-anchor="middle">
          …
        </text>
      )}
    </g>
  );
}

/** Above the gradient: what it is, or how many paths have brought their part. */
function waiting({ kind, paths }: DrawnNode, gradient: NodeProps["gradient"]): string {
  if (kind === "constant") return "constant";
  if (gradient === undefined) return "";
  return gradient.path < paths ? `${gradient.path} of ${paths} paths` : "gradient";
}

function ClassRow({ of, width }: { of: number; width: number }): JSX.Element {
  return (
    <>
      <rect
        class={focusedClass.value === of ? "class-row focused" : "class-row"}
        x={1}
        y={-lineHeight + 4}
        width={width - 2}
        height={lineHeight}
        onPointerEnter={() => {
          focusedClass.value = of;
        }}
        onPointerLeave={() => {
          focusedClass.value = undefined;
        }}
      />
      <path d={shapeOf(of)} fill={colourOf(of)} transform={`translate(7 -4) scale(0.55)`} />
    </>
  );
}
