/** The program's lines, as they are printed. The arrow keys go through them. */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { choosePart, chosenPart, focusedPart, ofPart } from "../../views/parts.tsx";
import type { JoinedLine } from "./join.ts";
import type { Listing } from "./listing.ts";
import { type Part, parts } from "./parts.ts";

interface Numbered extends JoinedLine {
  index: number;
}

/** Lines that follow each other and belong to one part. */
interface Group {
  part: Part | undefined;
  lines: Numbered[];
}

function groupsOf(lines: readonly JoinedLine[]): Group[] {
  const groups: Group[] = [];
  for (const [index, one] of lines.entries()) {
    const last = groups.at(-1);
    if (last !== undefined && last.part === one.part) last.lines.push({ index, ...one });
    else groups.push({ part: one.part, lines: [{ index, ...one }] });
  }
  return groups;
}

const idOf = (index: number): string => `program-line-${index}`;

export function Lines({ lines }: Listing): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  /** The line that the keys are at. */
  const current = useSignal(0);
  const hasFocus = useSignal(false);

  // A part that was pressed elsewhere comes into view within the box; the page stays where it is.
  useSignalEffect(() => {
    const part = chosenPart.value;
    const first = part && box.current?.querySelector<HTMLElement>(`[data-part="${part}"]`);
    if (!first || !box.current || hasFocus.peek()) return;
    const away = first.offsetTop - box.current.scrollTop;
    if (away < 0 || away > box.current.clientHeight - 60) box.current.scrollTop = first.offsetTop - 60;
  });

  const goTo = (index: number): void => {
    current.value = Math.max(0, Math.min(lines.length - 1, index));
    focusedPart.value = lines[current.value]?.part;
    document.getElementById(idOf(current.value))?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 };
    const ends: Record<string, number> = { Home: 0, End: lines.length - 1 };
    const part = lines[current.value]?.part;
    if (event.key in moves) goTo(current.value + (moves[event.key] ?? 0));
    else if (event.key in ends) goTo(ends[event.key] ?? 0);
    else if (event.key === "Enter" || event.key === " ") {
      if (part !== undefined) choosePart(part);
    } else return;
    event.preventDefault();
  };

  return (
    <div
      ref={box}
      id="program-lines"
      class="program-lines"
      role="listbox"
      tabIndex={0}
      aria-label="The program, line by line"
      aria-activedescendant={idOf(Math.min(current.value, lines.length - 1))}
      onKeyDown={onKeyDown}
      onFocus={() => {
        hasFocus.value = true;
        if (box.current?.matches(":focus-visible")) focusedPart.value = lines[current.value]?.part;
      }}
      onBlur={() => {
        hasFocus.value = false;
        focusedPart.value = undefined;
      }}
    >
      {groupsOf(lines).map((group) => (
        <LineGroup
          key={group.lines[0]?.index}
          group={group}
          current={hasFocus.value ? current.value : undefined}
          onTake={(index) => {
            current.value = index;
            if (group.part !== undefined) choosePart(group.part);
          }}
        />
      ))}
    </div>
  );
}

interface LineGroupProps {
  group: Group;
  current: number | undefined;
  onTake(index: number): void;
}

function LineGroup({ group: { part, lines }, current, onTake }: LineGroupProps): JSX.Element {
  const name = part === undefined ? "" : parts[part].name;
  const { class: lit = "", ...of } = part === undefined ? {} : ofPart(part);
  return (
    <div class={`line-group ${lit}`} {...of}>
      <span class="tag" aria-hidden="true">
        {name}
      </span>
      <div class="code">
        {lines.map(({ line, index }) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/useFocusableInteractive: the box has the keys
          <div
            key={index}
            id={idOf(index)}
            role="option"
            aria-selected={part !== undefined && chosenPart.value === part}
            class={`line ${line.kind} ${current === index ? "current" : ""}`}
            onClick={() => onTake(index)}
          >
            {line.text}
            {name !== "" && <span class="visually-hidden">: {name}</span>}
          </div>
        ))}
      </div>
    </div>
  );
}
