/** The chapter of the program that trains: its lines as they are printed, each with the part that it computes. */
import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { useVisible } from "../../views/visible.ts";
import { Lines } from "./lines.tsx";
import { type Listing, listing, listingProblem, listingVisible, opsOf } from "./listing.ts";
import { PartDetail } from "./part-detail.tsx";
import { PartList } from "./part-list.tsx";
import "./program.css";

export function ProgramChapter(): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const visible = useVisible(box);
  useSignalEffect(() => {
    listingVisible.value = visible.value;
  });
  const now = listing.value;
  return (
    <div ref={box} class="program">
      <p>
        The page trains by a program: the step of exactly these settings, traced once and compiled. Point at a line, or
        go through the lines with the arrow keys: its part stands out in the list here and above on the page. It works
        the other way round, too.
      </p>
      {listingProblem.value !== undefined && (
        <p class="notice" role="status">
          There is no program: {listingProblem.value}
        </p>
      )}
      {now === undefined ? <p class="faint">There is no run yet.</p> : <Parts {...now} />}
    </div>
  );
}

function Parts(now: Listing): JSX.Element {
  return (
    <>
      <Totals {...now} />
      <div class="program-parts">
        <div>
          <PartList {...now} />
          <PartDetail {...now} />
        </div>
        <Lines {...now} />
      </div>
      <p>
        {now.task.settings.loss === "ce" && opsOf("difference", now).length > 0
          ? "Look for p − y: the way back through logarithm and softmax is one subtraction. Then choose the squared error, and see how much longer it gets."
          : "Look for the gradient of z: here the way back leads through softmax, line by line. Of cross-entropy in one piece, just p − y is left."}
      </p>
      <p class="faint">{legendOf(now)}</p>
    </>
  );
}

function Totals({ summary }: Listing): JSX.Element | null {
  if (summary === undefined) return null;
  const { ops, steps, flop, bytes } = summary;
  return (
    <dl class="measures" id="program-totals">
      <Total name="operations on tensors" value={ops} />
      <Total name="run in so many pieces" value={steps} />
      <Total name="flop" value={flop} />
      <Total name="bytes moved" value={bytes} />
    </dl>
  );
}

function Total({ name, value }: { name: string; value: number }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value.toLocaleString("en").replaceAll(",", " ")}</dd>
    </div>
  );
}

/** What the letters of the program stand for. */
function legendOf({ program, lines }: Listing): string {
  const [x = "", y = ""] = program.inputs;
  const written = lines.flatMap(({ line, part }) => (line.kind === "write" && part === "written" ? [line.target] : []));
  const sizes = written.map((name) => (program.state.get(name)?.length === 2 ? `${name} is W` : `${name} is b`));
  const kept = [...program.state.keys()].some((name) => name.startsWith("g"));
  return [
    `${[`${x} is x`, `${y} is y`, ...sizes].join(", ")}; the other w are the optimizer's, and each % is a result.`,
    kept ? "g is a gradient of the step before." : "",
    "Flop are operations on single numbers.",
    "What stands beneath a loop is computed in registers, four numbers at a time: only what the loop keeps is written to memory.",
  ]
    .filter(Boolean)
    .join(" ");
}
