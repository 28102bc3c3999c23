/** A chart by the plotting library, once that has come. */
import type { PlotOptions } from "@observablehq/plot";
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { type Libraries, libraries } from "./libraries.ts";

const windowWidth = signal(0);

export function followWindow(): void {
  addEventListener("resize", () => {
    windowWidth.value = innerWidth;
  });
}

/** Charts that are to be drawn anew: one in each task, so that none of them is long. */
const waiting = new Map<HTMLElement, () => void>();

function drawSoon(holder: HTMLElement, draw: () => void): void {
  if (waiting.size === 0) setTimeout(drawNext);
  waiting.set(holder, draw);
}

function drawNext(): void {
  const [next] = waiting;
  if (next === undefined) return;
  const [holder, draw] = next;
  waiting.delete(holder);
  draw();
  if (waiting.size > 0) setTimeout(drawNext);
}

interface ChartProps {
  /** What the chart shows, for those who do not see it. */
  label: string;
  width: number;
  height: number;
  options(plot: Libraries["Plot"]): PlotOptions;
}

export function Chart({ label, width, height, options }: ChartProps): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  const loaded = libraries.value;
  const { value: available } = windowWidth;
  const room = useRef(width);
  // As wide as there is room, so that words keep their size. To ask for it costs a layout, so it is asked for rarely.
  useLayoutEffect(() => {
    room.current = Math.min(width, holder.current?.clientWidth || width);
  }, [width, available]);
  useEffect(() => {
    const { current } = holder;
    if (loaded === undefined || current === null) return;
    drawSoon(current, () => {
      const style = { fontSize: "13px", background: "none" };
      const chart = { width: room.current, height, marginBottom: 40, style, ...options(loaded.Plot) };
      const drawing = loaded.Plot.plot(chart);
      // The label says what it shows; its lines and ticks one by one would say less.
      drawing.setAttribute("aria-hidden", "true");
      current.replaceChildren(drawing);
    });
  });
  return <div class="chart" ref={holder} role="img" aria-label={label} style={{ maxWidth: width, height }} />;
}

const places = Array.from({ length: 120 }, (_, i) => (i + 0.7) / 120);

/** The curve −ln p, and where the example is on it. */
export function Curve({ p }: { p: number }): JSX.Element {
  return (
    <Chart
      label={`The curve of −ln p, with a mark at p = ${p.toPrecision(3)}`}
      width={240}
      height={170}
      options={(Plot) => ({
        marginLeft: 34,
        marginRight: 20,
        x: { domain: [0, 1], label: "p of the truth", ticks: 3 },
        y: { domain: [0, 5], label: "−ln p", ticks: 4 },
        marks: [
          Plot.line(places, { x: (q: number) => q, y: (q: number) => -Math.log(q), clip: true }),
          Plot.ruleX([p], { y2: Math.min(5, -Math.log(p)), strokeDasharray: "3 3" }),
          Plot.dot([p], {
            x: (q: number) => q,
            y: (q: number) => Math.min(5, -Math.log(q)),
            r: 5,
            fill: "currentColor",
          }),
        ],
      })}
    />
  );
}
