// Tests that single changes of the source once passed all others, and fail here: of loops over rows and columns.
import { type Tensor, tensor, where } from "@tendril/tensor";
import { describe, it } from "vitest";
import { agree } from "./agree.ts";

const numbers = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Array.from({ length: size }, (_, i) => ((7 * i) % 17) - 8)).reshape(shape);
};
const bools = (shape: readonly number[]): Tensor => numbers(shape).gt(0);

describe("loops over rows and columns", () => {
  it("choose by a row of bools, of short rows and of long ones", () => {
    for (const columns of [3, 12]) {
      agree(() => (x, row) => where(row!, x!, x!.mul(2)), [numbers([5, columns]), bools([columns])]);
    }
  });
});
