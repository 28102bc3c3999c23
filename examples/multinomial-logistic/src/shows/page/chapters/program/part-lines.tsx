/** The program's lines of the part that stands out, for places far from the program. */
import type { JSX } from "preact";
import { useLitPart } from "../../views/parts.tsx";
import { listing, opsOf } from "./listing.ts";
import { parts } from "./parts.ts";

/** More would make the place jump. */
const most = 3;

export function PartLines(): JSX.Element {
  const part = useLitPart().value;
  const now = listing.value;
  if (part === undefined || now === undefined) {
    return (
      <p class="part-lines faint">Point at a column, or press its name, to see its lines of the program that trains.</p>
    );
  }
  const ops = opsOf(part, now);
  return (
    <div class="part-lines">
      <span class="faint">
        {ops.length === 0 ? `The program has no line for ${parts[part].name}.` : parts[part].name}
      </span>
      {ops.slice(0, most).map((op, i) => (
        <code key={op.name}>
          {op.text
            .trim()
            .replace(/ {2,}.*$/, "")
            .replace(/ += /, " = ")}
          {i === most - 1 && ops.length > most ? ` … and ${ops.length - most} more` : ""}
        </code>
      ))}
    </div>
  );
}
