/** One loss over two weights: contour lines at equal steps of the loss, and the run's path. */
import { ticks } from "d3-array";
import type { JSX } from "preact";
import type { LossName } from "../../../../lesson/settings.ts";
import type { Surface } from "../../run/surface.ts";
import { colourOf } from "../../views/classes.tsx";
import { Chart } from "../../views/curve.tsx";
import { four } from "../../views/numbers.tsx";
import type { MapTask } from "./question.ts";

const names: Record<LossName, string> = { ce: "Cross-entropy", mse: "Squared error" };

export function SurfaceMap({ loss, task, surface }: { loss: LossName; task: MapTask; surface: Surface }): JSX.Element {
  const { settings } = task.run.task;
  const wrong = settings.mistake === "twice" || settings.mistake === "unshifted";
  const whose = wrong ? "without the mistake" : "this run's loss";
  const known = surface.grid.every(Number.isFinite);
  const most = surface.grid.reduce((most, value) => Math.max(most, value), 0);
  const levels = ticks(0, most, 14).filter((level) => level > 0);
  const [gap = 0] = levels;
  return (
    <figure>
      <figcaption>
        <strong>{names[loss]}</strong>
        {settings.loss === loss ? `: ${whose}` : ""}
      </figcaption>
      {known ? (
        <>
          <Contours task={task} surface={surface} levels={levels} label={describe(loss, task, surface)} />
          <p class="faint">A line for every {gap} of the loss. Ring: the start. Dot: now.</p>
        </>
      ) : (
        <p class="faint">Somewhere here the loss is too large for a number. Look from nearer, or go some steps back.</p>
      )}
      <dl class="compare">
        <div>
          <dt>loss</dt>
          <dd id={`map-loss-${loss}`}>{four(surface.loss)}</dd>
        </div>
        <div>
          <dt>slope by the two</dt>
          <dd id={`map-slope-${loss}`}>{four(Math.hypot(...surface.slope))}</dd>
        </div>
      </dl>
    </figure>
  );
}

function describe(loss: LossName, { path, run, surface: { row } }: MapTask, surface: Surface): string {
  const [u, v] = path.at(-1) ?? [0, 0];
  const whose = run.task.points.classes[row];
  return `${names[loss]} over two weights of ${whose}; the run is at (${four(u)}, ${four(v)}), where the loss is ${four(surface.loss)} and its slope ${four(Math.hypot(...surface.slope))}`;
}

interface ContoursProps {
  task: MapTask;
  surface: Surface;
  levels: readonly number[];
  label: string;
}

type Pair = [number, number];
const place = { x: ([u]: Pair) => u, y: ([, v]: Pair) => v };

function Contours({ task, surface, levels, label }: ContoursProps): JSX.Element {
  const { reach, cells, columns, row } = task.surface;
  const features = task.run.prepared.features;
  const colour = colourOf(row);
  // The library takes the values to be in the middle of squares: half a square more at each edge.
  const [beyondU, beyondV] = reach.map((far) => far * (1 + 1 / (cells - 1))) as Pair;
  return (
    <Chart
      label={label}
      width={340}
      height={328}
      options={(Plot) => ({
        marginLeft: 42,
        marginRight: 12,
        marginBottom: 38,
        x: { domain: [-reach[0], reach[0]], label: `W by ${features[columns[0]]}`, ticks: 5 },
        y: { domain: [-reach[1], reach[1]], label: `W by ${features[columns[1]]}`, ticks: 5 },
        marks: [
          Plot.contour(surface.grid, {
            width: cells,
            height: cells,
            x1: -beyondU,
            x2: beyondU,
            y1: -beyondV,
            y2: beyondV,
            value: Plot.identity,
            thresholds: [...levels],
            fill: "currentColor",
            fillOpacity: 0.045,
            stroke: "currentColor",
            strokeOpacity: 0.5,
            strokeWidth: 0.8,
            clip: true,
          }),
          Plot.frame({ stroke: "var(--line)", strokeWidth: 2 }),
          Plot.line(task.path, { ...place, stroke: "var(--ground)", strokeWidth: 5, strokeOpacity: 0.8 }),
          Plot.line(task.path, { ...place, stroke: colour, strokeWidth: 2.5 }),
          Plot.dot(task.path.slice(0, 1), { ...place, r: 5, stroke: "currentColor", strokeWidth: 2 }),
          Plot.dot(task.path.slice(-1), { ...place, r: 5.5, fill: colour, stroke: "var(--ground)", strokeWidth: 1.5 }),
        ],
      })}
    />
  );
}
