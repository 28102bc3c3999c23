/** How far the training is: a bar that redraws itself in a terminal, a few plain lines everywhere else. */
import type { Epoch } from "../../lesson/loop.ts";
import { fixed, percent } from "../../lesson/numbers.ts";
import type { Style } from "./style.ts";

interface Output {
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shows each epoch as it comes. */
export function createProgress(output: Output, style: Style, epochs: number): (epoch: Epoch) => void {
  let drawn = Number.NEGATIVE_INFINITY;
  return (epoch) => {
    const last = epoch.epoch === epochs;
    if (!style.live) {
      if (!last && !isMilestone(epoch.epoch, epochs)) return;
      output.write(`  ${progressLine(epoch, epochs, { width: style.width - 2 })}\n`);
      return;
    }
    // Thirty pictures a second are as many as an eye can use.
    if (!last && performance.now() - drawn < 33) return;
    drawn = performance.now();
    // A line that wraps could not be redrawn, so a narrow window gets a shorter one (some terminals say 0 columns).
    const line = progressLine(epoch, epochs, { bar: true, width: (output.columns || 80) - 3 });
    output.write(`\r\x1b[2K  ${line}${last ? "\n" : ""}`);
  };
}

/** The first epoch, and about four more on the way to the last one. */
function isMilestone(epoch: number, epochs: number): boolean {
  return epoch === 1 || epoch % Math.max(1, Math.ceil(epochs / 5)) === 0;
}

/** The most that fits, at the least which epoch it is. */
export function progressLine(
  { epoch, loss, testAccuracy }: Epoch,
  epochs: number,
  { bar = false, width = Number.POSITIVE_INFINITY } = {},
): string {
  const full = Math.floor((epoch / epochs) * 24);
  const count = `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const [lossNow, accuracy] = [`loss ${fixed(loss)}`, percent(testAccuracy)];
  const lines = [
    ...(bar ? [[count, "█".repeat(full) + "░".repeat(24 - full), lossNow, `held-out accuracy ${accuracy}`]] : []),
    [count, lossNow, `held-out accuracy ${accuracy}`],
    [count, lossNow, accuracy],
    [count],
  ].map((parts) => parts.join("  "));
  return lines.find((line) => line.length <= width) ?? count.slice(0, Math.max(0, width));
}
