import { Generator, noGrad, randn, type Tensor, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";
import { allOn } from "./engine.ts";

// Loops and products that are there more than once, in long programs, are one function.

allOn("wasm");

function expectClose(mine: Tensor, theirs: Tensor): void {
  expect(mine.shape).toEqual(theirs.shape);
  for (const [i, y] of [...theirs.data].entries()) expect(mine.data[i]).toBeCloseTo(Number(y), 4);
}

const functionsOf = (wat: string): string[] => wat.match(/(?<=func \$)(loop|product)\d+/g) ?? [];

describe("equal loops", () => {
  const generator = new Generator(4);
  /** A recurrent network with `size` units, its loss and gradients, and an update. */
  const recurrent = (steps: number, size: number) => {
    const w = randn([size, size], { generator, requiresGrad: true });
    const b = randn([size], { generator, requiresGrad: true });
    const step = (x: Tensor): Tensor => {
      [w.grad, b.grad] = [null, null];
      let h = zeros([6, size]);
      for (let t = 0; t < steps; t++) h = h.matmul(w).add(x.slice(t)).add(b).tanh();
      const loss = h.square().mean();
      loss.backward();
      noGrad(() => {
        for (const p of [w, b]) p.assign(p.sub((p.grad as Tensor).mul(0.1)));
      });
      return loss;
    };
    return { step, parameters: [w, b], x: randn([steps, 6, size], { generator }) };
  };

  it.each([3, 17])("are one function however many steps a network takes, with %i units", (size) => {
    const names = [12, 24].map((steps) => {
      const { step, parameters, x } = recurrent(steps, size);
      const start = parameters.map((p) => p.detach().mul(1));
      const compiled = compile(step);
      const mine = [compiled(x), compiled(x), ...parameters.map((p) => p.detach().mul(1))];
      noGrad(() => {
        for (const [i, p] of parameters.entries()) p.assign(start[i] as Tensor);
      });
      const theirs = [step(x), step(x), ...parameters];
      for (const [i, y] of theirs.entries()) expectClose(mine[i] as Tensor, y);
      return functionsOf(compiled.toWat(x));
    });
    expect(names[0]).toEqual(names[1]);
    expect(names[0]?.length).toBeLessThan(14);
  });

  it("are two where only one of them keeps a result between, or where a number differs", () => {
    const twice = (x: Tensor, y: number): Tensor[] => {
      const sum = x.add(y);
      return [sum, sum.tanh()];
    };
    const f = (x: Tensor): Tensor[] => {
      const [a, b] = twice(x, 1) as [Tensor, Tensor];
      const [, c] = twice(b.cumsum(0), 1) as [Tensor, Tensor];
      const [d, e] = twice(c.cumsum(0), 2) as [Tensor, Tensor];
      const [g, h] = twice(e.cumsum(0), 1) as [Tensor, Tensor];
      return [a, c, d, g, h];
    };
    const x = randn([9], { generator });
    const compiled = compile(f);
    for (const [i, y] of f(x).entries()) expectClose(compiled(x)[i] as Tensor, y);
    expect(functionsOf(compiled.toWat(x))).toEqual(["loop0", "loop1", "loop2"]);
  });

  it("are two where they keep as many results, but others", () => {
    const f = (x: Tensor): Tensor[] => {
      const [a, b] = [x.add(1), x.add(2)];
      const c = a.mul(b);
      const [d, e] = [c.cumsum(0).add(1), c.cumsum(0).add(2)];
      return [a, c, e, d.mul(e)];
    };
    const x = randn([9], { generator });
    const mine = compile(f)(x);
    for (const [i, y] of f(x).entries()) expectClose(mine[i] as Tensor, y);
  });

  it("have their addresses in them where they are more than a function can take", () => {
    const many = Array.from({ length: 1200 }, () => randn([5], { generator }));
    const f = (x: Tensor): Tensor[] => {
      const sums = many.map((y) => y.add(x));
      return [...sums.map((y) => y.mul(x)), sums.reduce((a, b) => a.add(b)).cumsum(0)];
    };
    const x = randn([5], { generator });
    const compiled = compile(f);
    const mine = compiled(x);
    for (const [i, y] of f(x).entries()) expectClose(mine[i] as Tensor, y);
    expect(compiled.toWat(x)).toContain("$loop0");
  });
});
