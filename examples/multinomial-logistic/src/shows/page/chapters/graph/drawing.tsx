/** The graph as a drawing: values in the nodes, and beside them the gradients that have come. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { model } from "../../state/state.ts";
import { libraries } from "../../views/libraries.ts";
import { four } from "../../views/numbers.tsx";
import { BackwardEdge, EdgeLabel, ForwardEdge } from "./edges.tsx";
import { NodeBox } from "./node-box.tsx";
import { placeNodes, sizeOf } from "./place.ts";
import { caseName, gradients, outputName, pointedAt, taken, walked } from "./state.ts";
import { isDrawn, titleOf } from "./titles.ts";
import type { Turn, Walk } from "./walk.ts";

/** Where there is less room, the drawing shrinks so far; then it scrolls. */
const smallest = 0.8;

export function Drawing(): JSX.Element | null {
  const box = useRef<HTMLElement>(null);
  const [played, loaded] = [walked.value, libraries.value];
  const turn = played?.turns[taken.value - 1];
  const placed = loaded && played && place(played, loaded);
  const middle = placed?.nodes.get(turn?.node ?? 0)?.x;
  useEffect(() => {
    const { current } = box;
    if (current === null || middle === undefined) return;
    const scale = current.scrollWidth > current.clientWidth ? smallest : 1;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    current.scrollTo({ left: scale * middle - current.clientWidth * 0.6, behavior: still ? "auto" : "smooth" });
  }, [middle]);
  if (placed === undefined || played === undefined) return <div class="graph-drawing" />;
  const { nodes, turns } = played;
  const sent = turns.slice(0, taken.value);
  const travelled = sent.flatMap((one, k) =>
    one.sends.flatMap((send) => {
      const edge = placed.edges.find(({ to, index }) => to === one.node && index === send.index);
      return edge === undefined ? [] : [{ key: `${one.node} ${send.index}`, edge, send, now: k === sent.length - 1 }];
    }),
  );
  const classes = caseName.value === "model" ? model.value?.outFeatures : undefined;
  const label = `The graph, from the leaves to ${outputName.value}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it takes the keyboard
    <section class="graph-drawing scrolls" tabIndex={0} aria-label={label} ref={box}>
      <svg
        style={{ maxWidth: `${placed.width}px`, minWidth: `${smallest * placed.width}px` }}
        viewBox={`0 0 ${placed.width} ${placed.height}`}
        role="img"
        aria-label={`A graph of ${placed.nodes.size} tensors. ${taken.value} of ${turns.length} ops have had their turn.`}
      >
        {placed.edges
          .filter(
            ({ to, index }) => !sent.some(({ node, sends }) => node === to && sends.some((s) => s.index === index)),
          )
          .map((edge) => (
            <ForwardEdge key={`${edge.to} ${edge.index}`} edge={edge} />
          ))}
        {travelled.map(({ key, edge, now }) => (
          <BackwardEdge key={key} edge={edge} now={now} />
        ))}
        {nodes.filter(isDrawn).map((node) => {
          const at = placed.nodes.get(node.id);
          return (
            at && (
              <NodeBox
                key={node.id}
                node={node}
                at={at}
                size={placed.sizes.get(node.id)}
                gradient={gradients.value.get(node.id)}
                state={stateOf(node.id, turns)}
                classes={node.name === "x" ? undefined : classes}
              />
            )
          );
        })}
        {travelled.map(({ key, edge, send, now }) => (
          <EdgeLabel key={key} edge={edge} send={send} now={now} />
        ))}
      </svg>
    </section>
  );
}

function place(played: Walk, loaded: NonNullable<typeof libraries.value>) {
  const drawn = played.nodes.filter(isDrawn);
  const sizes = new Map(drawn.map((node) => [node.id, sizeOf(node, titleOf(node), four)]));
  return { ...placeNodes(loaded, played.nodes, sizes), sizes };
}

/** "now" has its turn, "next" will; the pointer makes one stand out. */
function stateOf(id: number, turns: readonly Turn[]): string {
  const order = turns.findIndex(({ node }) => node === id);
  const place = order === taken.value - 1 ? "now" : order === taken.value ? "next" : "";
  return `${order < 0 ? "" : place} ${pointedAt.value === id ? "pointed" : ""}`;
}
