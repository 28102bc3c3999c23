/** The plane: the points, and what the model says at each place. Points can be picked, dragged, added and deleted. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { ticks } from "d3-array";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { mostClasses } from "../data/edits.ts";
import type { Place, Point } from "../data/points.ts";
import { box, choose, dragging, edit, model, pickedPoint, plane, points } from "../state/state.ts";
import { colourOf, focusedClass, shapeOf } from "./classes.tsx";
import { four } from "./numbers.tsx";
import { type Line, levelLines, paintRegions, regionGrid } from "./regions.ts";
import { dark } from "./theme.ts";

/** In units of the drawing, which is square. */
const size = 640;
const reach = 14;

const scale = {
  x: (u: number): number => ((u - box.value.left) / (box.value.right - box.value.left)) * size,
  y: (v: number): number => ((box.value.top - v) / (box.value.top - box.value.bottom)) * size,
  place: (x: number, y: number): Place => [
    box.value.left + (x / size) * (box.value.right - box.value.left),
    box.value.top - (y / size) * (box.value.top - box.value.bottom),
  ],
};

export function PlaneFigure({ painted }: { painted: number }): JSX.Element {
  const svg = useRef<SVGSVGElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const lines = useSignal<Line[]>([]);
  const pressed = useRef<[number, number] | undefined>(undefined);
  const held = useRef<{ id: number; moved: boolean } | undefined>(undefined);

  useSignalEffect(() => {
    void dark.value;
    if (canvas.current === null || model.value === undefined || plane.value === undefined) return;
    const grid = regionGrid(model.value, plane.value, box.value);
    paintRegions(canvas.current, grid);
    lines.value = levelLines(grid, model.value, plane.value);
  });

  const toDrawing = (event: PointerEvent | Touch): [number, number] => {
    const frame = svg.current?.getBoundingClientRect();
    if (frame === undefined) return [0, 0];
    return [((event.clientX - frame.left) / frame.width) * size, ((event.clientY - frame.top) / frame.height) * size];
  };
  const pointNear = (at: [number, number], within = reach): Point | undefined =>
    nearest(points.peek().list, at, within);

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const near = pointNear(toDrawing(event));
    pressed.current = near === undefined ? toDrawing(event) : undefined;
    if (near === undefined) return;
    held.current = { id: near.id, moved: false };
    choose({ point: near.id });
    svg.current?.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent): void => {
    const { current } = held;
    if (current === undefined) return;
    dragging.value = true;
    current.moved = true;
    const [x, y] = toDrawing(event);
    edit({ kind: "move", id: current.id, at: scale.place(clamp(x), clamp(y)) });
  };
  const onPointerUp = (event: PointerEvent): void => {
    held.current = undefined;
    dragging.value = false;
    // A press that began elsewhere, or was drawn along, is no click on an empty place.
    const from = pressed.current;
    pressed.current = undefined;
    const [x, y] = toDrawing(event);
    if (from !== undefined && Math.hypot(x - from[0], y - from[1]) < 6)
      addPoint(scale.place(...toDrawing(event)), painted);
  };
  const onPointerCancel = (): void => {
    held.current = undefined;
    dragging.value = false;
  };

  // On a touch screen the page scrolls, unless the finger is on a point.
  useEffect(() => {
    const element = svg.current;
    const stopScroll = (event: TouchEvent): void => {
      const [touch] = event.touches;
      if (touch !== undefined && pointNear(toDrawing(touch)) !== undefined) event.preventDefault();
    };
    element?.addEventListener("touchstart", stopScroll, { passive: false });
    return () => element?.removeEventListener("touchstart", stopScroll);
  }, []);

  const picked = pickedPoint.value;
  return (
    <div class="plane">
      <canvas ref={canvas} />
      <svg
        ref={svg}
        id="plane"
        viewBox={`0 0 ${size} ${size}`}
        role="application"
        aria-label="The plane of the points"
        aria-describedby="plane-keys"
        // It has keys of its own, as the text beneath says. In SVG the attribute is written small.
        tabindex={0}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={onPointerCancel}
        onKeyDown={(event) => onKey(event, painted)}
      >
        <Axes />
        {lines.value.map(({ path, between, decides }) => (
          <path
            key={`${between.join()}${decides}`}
            d={path
              .map((line) => `M${line.map(([u, v]) => `${scale.x(u).toFixed(1)} ${scale.y(v).toFixed(1)}`).join("L")}`)
              .join("")}
            class={`level ${decides ? "decides" : ""} ${between.includes(focusedClass.value ?? -1) ? "focused" : ""}`}
          />
        ))}
        <Dots />
        {picked !== undefined && <circle cx={scale.x(picked.at[0])} cy={scale.y(picked.at[1])} r={12} class="ring" />}
      </svg>
    </div>
  );
}

/** All points, drawn anew only when they, or the box, change. */
function Dots(): JSX.Element {
  const { list } = points.value;
  const { left, right, bottom, top } = box.value;
  const focused = focusedClass.value;
  return useMemo(
    () => (
      <g>
        {list.map((point) => (
          <path
            key={point.id}
            d={shapeOf(point.class)}
            transform={`translate(${scale.x(point.at[0]).toFixed(1)} ${scale.y(point.at[1]).toFixed(1)})`}
            class={`dot ${focused !== undefined && focused !== point.class ? "faded" : ""}`}
            style={{
              fill: point.heldOut ? colourOf(point.class) : "var(--ground)",
              stroke: point.heldOut ? "var(--ground)" : colourOf(point.class),
            }}
          />
        ))}
      </g>
    ),
    [list, left, right, bottom, top, focused],
  );
}

function Axes(): JSX.Element {
  const { left, right, bottom, top } = box.value;
  const [first, second] = points.value.features;
  return (
    <g class="axes">
      {ticks(left, right, 6)
        .filter((u) => isInside(scale.x(u)))
        .map((u) => (
          <text key={u} x={scale.x(u)} y={size - 6} text-anchor="middle">
            {String(u).replace("-", "−")}
          </text>
        ))}
      {ticks(bottom, top, 6)
        .filter((v) => isInside(scale.y(v)))
        .map((v) => (
          <text key={v} x={6} y={scale.y(v) + 4}>
            {String(v).replace("-", "−")}
          </text>
        ))}
      <text x={size - 8} y={size - 24} text-anchor="end" class="axis-name">
        {first} →
      </text>
      <text x={8} y={18} class="axis-name">
        ↑ {second}
      </text>
    </g>
  );
}

/** Not so near a corner that numbers of both axes would meet. */
const isInside = (x: number): boolean => x > 36 && x < size - 30;

const clamp = (x: number): number => Math.max(0, Math.min(size, x));

function nearest(
  list: readonly Point[],
  [x, y]: [number, number],
  within = Number.POSITIVE_INFINITY,
): Point | undefined {
  let best: Point | undefined;
  let least = within;
  for (const point of list) {
    const distance = Math.hypot(scale.x(point.at[0]) - x, scale.y(point.at[1]) - y);
    if (distance < least) [best, least] = [point, distance];
  }
  return best;
}

export function addPoint(at: Place, of: number): void {
  edit({ kind: "add", class: Math.min(of, mostClasses - 1), at });
  choose({ point: Math.max(...points.peek().list.map(({ id }) => id)) });
}

export function deletePoint(): void {
  const point = pickedPoint.peek();
  if (point === undefined) return;
  const rest = points.peek().list.filter(({ id }) => id !== point.id);
  const next = nearest(rest, [scale.x(point.at[0]), scale.y(point.at[1])]);
  edit({ kind: "delete", id: point.id });
  if (next !== undefined) choose({ point: next.id });
}

/** Arrows go to the next point that way; with Shift they move the point. Delete deletes it, Enter adds one beside it. */
function onKey(event: KeyboardEvent, painted: number): void {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const point = pickedPoint.peek();
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Delete" || event.key === "Backspace") deletePoint();
  else if (event.key === "Enter") addPoint(beside(point), painted);
  else if (way !== undefined && point !== undefined) {
    const [dx = 0, dy = 0] = way;
    const [x, y] = [scale.x(point.at[0]), scale.y(point.at[1])];
    if (event.shiftKey) {
      const to = scale.place(clamp(x + (dx * size) / 50), clamp(y + (dy * size) / 50));
      edit({ kind: "move", id: point.id, at: to });
    } else {
      const next = nextThatWay(point, [x, y], dx, dy);
      if (next !== undefined) choose({ point: next.id });
    }
  } else return;
  event.preventDefault();
}

function beside(point: Point | undefined): Place {
  if (point === undefined) return scale.place(size / 2, size / 2);
  return scale.place(clamp(scale.x(point.at[0]) + size / 25), clamp(scale.y(point.at[1])));
}

/** The nearest point that lies more that way than to the sides. */
function nextThatWay(from: Point, [x, y]: [number, number], dx: number, dy: number): Point | undefined {
  const there = points.peek().list.filter((point) => {
    const [right, down] = [scale.x(point.at[0]) - x, scale.y(point.at[1]) - y];
    const along = right * dx + down * dy;
    return point.id !== from.id && along > 0 && along >= Math.abs(right * dy) + Math.abs(down * dx);
  });
  return nearest(there, [x, y]);
}

/** The followed point in words, for those who do not see it. */
export function describePoint(point: Point): string {
  const { classes, features } = points.value;
  const [u, v] = point.at;
  const part = point.heldOut ? "held out" : "trained on";
  return `${classes[point.class]}, ${part}: ${features[0]} ${four(u)}, ${features[1]} ${four(v)}`;
}
