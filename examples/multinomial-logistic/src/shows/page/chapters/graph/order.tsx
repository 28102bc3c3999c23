/** The ops in the order of backward: where each has its place, and how one goes there. */
import type { JSX } from "preact";
import { four } from "../../views/numbers.tsx";
import { goToTurn, pointedAt, taken, ticking, walked } from "./state.ts";
import { callOf } from "./titles.ts";

export function Order(): JSX.Element | null {
  const played = walked.value;
  if (played === undefined) return null;
  return (
    <div class="order">
      <h3 id="h-order">The order</h3>
      <p class="faint">The newest op first, so each has its turn only after all that use its output.</p>
      <ol aria-labelledby="h-order">
        {played.turns.map(({ node }, k) => {
          const { [node]: made } = played.nodes;
          const point = (id: number | undefined) => () => {
            pointedAt.value = id;
          };
          return (
            <li key={node}>
              <button
                type="button"
                class={pointedAt.value === node ? "pointed" : ""}
                aria-current={k === taken.value - 1 ? "step" : undefined}
                onClick={() => {
                  ticking.value = false;
                  goToTurn(k + 1);
                }}
                onPointerEnter={point(node)}
                onPointerLeave={point(undefined)}
                onFocus={point(node)}
                onBlur={point(undefined)}
              >
                <span class="done">{k < taken.value ? "✓" : ""}</span>
                <code>{made && callOf(made, played.nodes, four)}</code>
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
