// Tests that single changes of the compiler's source once passed all others, and fail here. `npm run mutate` finds such
// changes.
import { noGrad, ones, type Tensor, tensor, watch } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";

type Step = (...args: Tensor[]) => Tensor | readonly Tensor[] | undefined;
const shown = (result: ReturnType<Step>): unknown =>
  (result === undefined ? [] : [result].flat()).map((x) => [x.dtype, x.shape, [...x.data]]);

/** What a step gives at each of some calls, compiled and not; `make` makes it with its own tensors. */
function agree(make: () => Step, ...calls: Tensor[][]): void {
  const [eager, compiled] = [make(), compile(make() as never) as unknown as Step];
  for (const args of calls) expect(shown(compiled(...args))).toEqual(shown(eager(...args)));
}
const int = (values: unknown): Tensor => tensor(values as number[], { dtype: "int32" });

describe("simplified programs give the same numbers", () => {
  it("where a product with 1, or a quotient by it, changes the dtype or the shape", () => {
    const x = int([3, -4]);
    agree(() => (x) => [x.mul(tensor([1])), tensor([1]).mul(x), x.div(tensor([1]))].map((y) => y.add(0.5)), [x]);
    const stretch = (): Tensor => tensor([1]).broadcastTo([2, 3]);
    agree(() => (x) => [x.mul(stretch()), stretch().mul(x), x.div(stretch())], [tensor([1, 2, 3])]);
  });

  it("where entries are gathered down the columns of a matrix minus a column", () => {
    const index = int([[1], [2], [0]]);
    const make = (): Step => (x, index) => [x!.sub(x!.amax(1, { keepdim: true })).gather(0, index!)];
    agree(make, [tensor([[1, 2, 4], [9, 7, 8], [0, 5, 3]]), index]); // biome-ignore format: a matrix
  });

  it("where an op reads one value in two shapes", () => {
    const y = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    agree(() => (x, y) => [x!.reshape([1, 2]).add(y!), x!.reshape([2, 1]).add(y!)], [tensor([10, 20]), y]);
  });
});

describe("results that are written over tensors from outside", () => {
  it("wait where a later pass of the loop reads what was there", () => {
    agree(
      () => {
        const w = tensor([1, 2, 3, 4, 5]);
        return (x) => {
          const y = w.mul(x!.sum());
          w.assign(x!.mul(2));
          return [y, w];
        };
      },
      ...[1, 2, 3].map((n) => [tensor([n, 1, 2, 3, 4])]),
    );
  });
});

describe("a step is traced again", () => {
  /** Calls a step with each of the arguments; how often it was traced, while the results are those of the step itself. */
  const traces = (step: Step, ...calls: Tensor[][]): number => {
    let traced = 0;
    const compiled = compile((...args: Tensor[]) => {
      traced++;
      return step(...args) as Tensor;
    });
    for (const args of calls) compiled(...args);
    return traced;
  };
  const [a, b] = [tensor([1, 2]), tensor([3, 4])];

  it("for another number of arguments", () => {
    agree(
      () =>
        (...xs) =>
          xs.reduce((sum, x) => sum.add(x)),
      [a],
      [a, b],
      [a],
      [a, b, b],
    );
  });

  it("whether gradients are recorded or not, with what that decides", () => {
    const w = tensor([2], { requiresGrad: true });
    const step = compile((x: Tensor) => (w.mul(x).requiresGrad ? x.mul(10) : x));
    expect([step(a).toArray(), noGrad(() => step(a)).toArray(), step(a).toArray()]).toEqual([[10, 20], [1, 2], [10, 20]]); // biome-ignore format: three results
  });

  it("but not when everything is as it was", () => {
    expect(traces((x) => x!.add(tensor([1, 2])), [a], [a], [b])).toBe(1);
    expect(traces((x, y) => x!.add(y!), [a, a], [a, a])).toBe(1);
    expect(traces((x, y) => x!.add(y!), [a, b], [a, a])).toBe(1);
    expect(traces((x) => x!.add(a), [a], [a])).toBe(1);
    expect(traces((x) => x!.assign(x!.mul(1.5)), [tensor([1])], [tensor([2])])).toBe(1);
  });

  it("where there was no gradient, or one of another type; not for other values of it", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const step: Step = () => {
      w.mul(3).sum().backward();
      return undefined;
    };
    expect(traces(step, [], [], [])).toBe(2);
    expect(w.grad?.toArray()).toEqual([9, 9]);
    const compiled = compile(step as () => undefined);
    for (const grad of [tensor([1, 2]), tensor([0.1, 0.2], { dtype: "float64" }), null, tensor([1, 2])]) {
      w.grad = grad;
      const expected = grad === null ? tensor([3, 3]) : grad.add(3);
      compiled();
      expect(shown(w.grad ?? undefined)).toEqual(shown(expected));
    }
  });

  it("when a property of an object without a class changes", () => {
    const settings = Object.assign(Object.create(null) as object, { scale: 2 });
    const step = compile((x: Tensor) => x.mul(watch(settings).scale));
    expect(step(ones([1])).item()).toBe(2);
    settings.scale = 3;
    expect(step(ones([1])).item()).toBe(3);
  });
});
