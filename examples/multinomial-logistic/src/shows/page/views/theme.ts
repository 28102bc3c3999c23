/** Light or dark: as the system has it, until somebody chooses. */
import { effect, signal } from "@preact/signals";

const key = "tendril-theme";

/** Pages that are opened from a folder may have no storage. */
function stored(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export const dark = signal(false);

export function startTheme(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  dark.value = (stored() ?? (system.matches ? "dark" : "light")) === "dark";
  system.addEventListener("change", ({ matches }) => {
    if (stored() === null) dark.value = matches;
  });
  effect(() => {
    document.documentElement.dataset.theme = dark.value ? "dark" : "light";
  });
}

export function toggleTheme(): void {
  dark.value = !dark.value;
  try {
    localStorage.setItem(key, dark.value ? "dark" : "light");
  } catch {
    // Then it lasts until the page is closed.
  }
}

/** The colours of the classes as numbers, for what is painted pixel by pixel. */
export function classColours(count: number): [number, number, number][] {
  const style = getComputedStyle(document.documentElement);
  return Array.from({ length: count }, (_, k) => {
    const hex = style.getPropertyValue(`--class${k % 8}`).trim();
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    return [r, g, b];
  });
}
