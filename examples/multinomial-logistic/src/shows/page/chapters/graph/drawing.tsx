/** The graph as a drawing: values in the nodes, and beside them the gradients that have come. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { model } from "../../state/state.ts";
import { libraries } from "../../views/libraries.ts";
import { four } from "../../views/numbers.tsx";
import { BackwardEdge, ForwardEdge } from "./edges.tsx";
import { NodeBox } from "./node-box.tsx";
import { placeNodes, sizeOf } from "./place.ts";
import { caseName, gradients, pointedAt, taken, walked } from "./state.ts";
import { isDrawn, titleOf } from "./titles.ts";
import type { Turn, Walk } from "./walk.ts";

export function Drawing(): JSX.Element | null {
  const box = useRef<HTMLElement>(null);
  const [played, loaded] = [walked.value, libraries.value];
  const turn = played?.turns[taken.value - 1];
  const placed = loaded && played && place(played, loaded);
  const middle = placed?.nodes.get(turn?.node ?? 0)?.x;
  useEffect(() => {
    const { current } = box;
    if (current === null || middle === undefined) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    current.scrollTo({ left: middle - current.clientWidth * 0.6, behavior: still ? "auto" : "smooth" });
  }, [middle]);
  if (placed === undefined || played === undefined) return <div class="graph-drawing" />;
  const { nodes, turns } = played;
  const sent = turns.slice(0, taken.value);
  const classes = caseName.value === "model" ? model.value?.outFeatures : undefined;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it takes the keyboard
    <section class="graph-drawing scrolls" tabIndex={0} aria-label="The graph, from the leaves to the loss" ref={box}>
      <svg
        width={placed.width}
        height={placed.height}
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
        {sent.map((one, k) =>
          one.sends.map((send) => {
            const edge = placed.edges.find(({ to, index }) => to === one.node && index === send.index);
            const key = `${one.node} ${send.index}`;
            return edge && <BackwardEdge key={key} edge={edge} send={send} now={k === sent.length - 1} />;
          }),
        )}
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
