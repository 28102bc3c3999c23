/** The chapter of the losses: as curves, for a yes or no, and as surfaces over two weights of the run. */
import type { JSX } from "preact";
import { BinaryCurves } from "./curves.tsx";
import { Maps } from "./maps.tsx";
import "./losses.css";

export function LossesChapter(): JSX.Element {
  return (
    <div class="losses">
      <div>
        <BinaryCurves />
      </div>
      <div>
        <Maps />
      </div>
    </div>
  );
}
