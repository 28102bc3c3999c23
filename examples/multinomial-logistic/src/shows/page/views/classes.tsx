/** How a class is told apart: by its colour and by its shape. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";

/** Paths around (0, 0) of about the same area, for a radius of 5. */
const shapes = [
  "M5 0A5 5 0 1 1-5 0A5 5 0 1 1 5 0Z",
  "M0-6.2L5.6 3.9L-5.6 3.9Z",
  "M-4.5-4.5H4.5V4.5H-4.5Z",
  "M0-6.2L6.2 0L0 6.2L-6.2 0Z",
  "M-1.8-5.4H1.8V-1.8H5.4V1.8H1.8V5.4H-1.8V1.8H-5.4V-1.8H-1.8Z",
  "M0 6.2L5.6-3.9L-5.6-3.9Z",
  "M0-6L1.7-1.9L6-1.9L2.6 1L3.7 5.4L0 2.9L-3.7 5.4L-2.6 1L-6-1.9L-1.7-1.9Z",
  "M-5.4-2.6L-2.6-5.4L0-2.8L2.6-5.4L5.4-2.6L2.8 0L5.4 2.6L2.6 5.4L0 2.8L-2.6 5.4L-5.4 2.6L-2.8 0Z",
];

export const colourOf = (k: number): string => `var(--class${k % shapes.length})`;
export const shapeOf = (k: number): string => shapes[k % shapes.length] ?? "";

/** The class that the pointer or the focus is on: everything that belongs to it stands out. */
export const focusedClass = signal<number | undefined>(undefined);

/** For elements that belong to a class: they say so when the pointer is on them. */
export function ofClass(k: number): { onPointerEnter(): void; onPointerLeave(): void; class: string } {
  return {
    onPointerEnter: () => {
      focusedClass.value = k;
    },
    onPointerLeave: () => {
      focusedClass.value = undefined;
    },
    class: focusedClass.value === k ? "focused" : "",
  };
}

export function Shape({ of, size = 14, hollow = false }: { of: number; size?: number; hollow?: boolean }): JSX.Element {
  return (
    <svg class="shape" width={size} height={size} viewBox="-8 -8 16 16" aria-hidden="true">
      <path d={shapeOf(of)} fill={hollow ? "none" : colourOf(of)} stroke={colourOf(of)} stroke-width="2" />
    </svg>
  );
}

export function ClassName({ of, name }: { of: number; name: string }): JSX.Element {
  return (
    <span class="class-name">
      <Shape of={of} />
      {name}
    </span>
  );
}
