/** The parts that a program has, and how much of its work each is. */
import type { JSX } from "preact";
import { ofPart, PartName } from "../../views/parts.tsx";
import { type Listing, opsOf } from "./listing.ts";
import { type Part, parts } from "./parts.ts";

interface Share {
  part: Part;
  flop: number;
}

function sharesOf(listing: Listing): Share[] {
  const all = (Object.keys(parts) as Part[]).map((part) => ({ part, ops: opsOf(part, listing) }));
  return all
    .filter(({ part, ops }) => ops.length > 0 || listing.lines.some((one) => one.part === part))
    .map(({ part, ops }) => ({ part, flop: ops.reduce((sum, op) => sum + op.flop, 0) }));
}

export function PartList(listing: Listing): JSX.Element {
  const shares = sharesOf(listing);
  const most = Math.max(1, ...shares.map(({ flop }) => flop));
  return (
    <table class="part-list" id="part-list">
      <thead>
        <tr>
          <th scope="col">part</th>
          <th scope="col" colSpan={2}>
            flop
          </th>
        </tr>
      </thead>
      <tbody>
        {shares.map(({ part, flop }) => (
          <tr key={part} {...ofPart(part)}>
            <th scope="row">
              <PartName part={part}>{parts[part].name}</PartName>
            </th>
            <td class="flop">{flop}</td>
            <td class="share" aria-hidden="true">
              <i style={{ width: `${(100 * flop) / most}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
