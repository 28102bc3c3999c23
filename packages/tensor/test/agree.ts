import { type Tensor, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { expect } from "vitest";

export type Step = (...args: Tensor[]) => Tensor | readonly Tensor[] | undefined;
export const shown = (result: ReturnType<Step>): unknown =>
  (result === undefined ? [] : [result].flat()).map((x) => [x.dtype, x.shape, [...x.data]]);

/** What a step gives at each of some calls, compiled and not; `make` makes it with its own tensors. */
export function agree(make: () => Step, ...calls: Tensor[][]): void {
  const [eager, compiled] = [make(), compile(make() as never) as unknown as Step];
  for (const args of calls) {
    const copies = new Map(args.map((x) => [x, x.clone()])); // a step may change its arguments
    expect(shown(compiled(...args.map((x) => copies.get(x) as Tensor)))).toEqual(shown(eager(...args)));
  }
}

export const int = (values: unknown): Tensor => tensor(values as number[], { dtype: "int32" });
