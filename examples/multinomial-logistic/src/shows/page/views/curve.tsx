/** A chart by the plotting library, once that has come. */
import type { PlotOptions } from "@observablehq/plot";
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Libraries, libraries } from "./libraries.ts";

const windowWidth = signal(0);

export function followWindow(): void {
  addEventListener("resize", () => {
    windowWidth.value = innerWidth;
  });
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
  void windowWidth.value;
  useEffect(() => {
    if (loaded === undefined || holder.current === null) return;
    // As wide as there is room, so that words keep their size.
    const room = Math.min(width, holder.current.clientWidth || width);
    const style = { fontSize: "13px", background: "none" };
    const chart = { width: room, height, marginBottom: 40, style, ...options(loaded.Plot) };
    const drawing = loaded.Plot.plot(chart);
    // The label says what it shows; its lines and ticks one by one would say less.
    drawing.setAttribute("aria-hidden", "true");
    holder.current.replaceChildren(drawing);
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
