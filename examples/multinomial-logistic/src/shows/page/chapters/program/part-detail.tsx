/** The part that stands out, in words, and its numbers for the ringed point. */
import type { JSX } from "preact";
import type { Pipeline } from "../../../../lesson/pipeline.ts";
import { pipeline } from "../../state/state.ts";
import { ClassName } from "../../views/classes.tsx";
import { Numeral } from "../../views/numbers.tsx";
import { chosenPart, useLitPart } from "../../views/parts.tsx";
import type { Listing } from "./listing.ts";
import { type Part, parts } from "./parts.ts";

export function PartDetail({ task }: Listing): JSX.Element {
  const part = useLitPart().value;
  if (part === undefined) {
    return (
      <div class="part-detail">
        <p class="faint">Press a part, or point at a line, to see what it computes.</p>
      </div>
    );
  }
  const values = valuesOf(part, pipeline.value);
  return (
    <div class="part-detail">
      <p>
        <strong>{parts[part].name}</strong>: {parts[part].about}
      </p>
      {values !== undefined && (
        <dl>
          {values.map((value, k) => (
            <div key={k}>
              <dt>{values.length > 1 ? <ClassName of={k} name={task.points.classes[k] ?? ""} /> : "ringed point"}</dt>
              <dd>
                <Numeral value={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {chosenPart.value === part && <Elsewhere part={part} />}
    </div>
  );
}

/** One number for each class, or the loss. */
function valuesOf(part: Part, way: Pipeline | undefined): readonly number[] | undefined {
  if (way === undefined) return undefined;
  const values: Partial<Record<Part, readonly number[]>> = {
    scores: way.logits,
    shift: way.shifted,
    exp: way.exps,
    softmax: way.p,
    truth: way.y,
    loss: [way.loss],
    difference: way.difference,
    "logit-gradient": way.gradient,
  };
  return values[part];
}

/** A way to where else the page shows the part. */
function Elsewhere({ part }: { part: Part }): JSX.Element | null {
  const place = document.querySelector(`main [data-part~="${part}"]:not(.program *)`);
  if (place === null) return null;
  return (
    <button type="button" onClick={() => place.scrollIntoView({ block: "center" })}>
      go to where the page shows it
    </button>
  );
}
