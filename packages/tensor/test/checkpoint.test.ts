import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CrossEntropy, Dropout, Linear, Sequential, SGD } from "@tendril/nn";
import * as t from "@tendril/tensor";
import { checkpoint, grad, hessian, jvp, noGrad, type Tensor, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { gradcheck } from "@tendril/tensor/testing";
import { describe, expect, it } from "vitest";
import { thrownBy } from "./thrown.ts";

const leaf = (data: t.TensorLike): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });
const gradOf = (x: Tensor): unknown => x.grad?.toArray() ?? null;

/** `f`, and how often it has run. */
function counted<A extends unknown[]>(f: (...args: A) => Tensor): { f: (...args: A) => Tensor; runs: number } {
  const count = {
    runs: 0,
    f: (...args: A) => {
      count.runs++;
      return f(...args);
    },
  };
  return count;
}

describe("gradients through a checkpoint are those without, to the last bit", () => {
  it("by arguments and by what the function closes over, for one run more", () => {
    const [x, w, b] = [leaf([[1, -2]]), leaf([[0.5, 1], [-1, 2]]), leaf([3, 4])]; // biome-ignore format: a matrix
    const layer = counted((x: Tensor) => x.matmul(w).add(b).tanh().mul(w.sum()));
    const results = [layer.f, checkpoint(layer.f)].map((f) => {
      for (const p of [x, w, b]) p.grad = null;
      layer.runs = 0;
      const y = f(x.mul(2));
      y.mul(y).sum().backward();
      return [y.toArray(), ...[x, w, b].map(gradOf), layer.runs];
    });
    const [plain, checked] = results as [unknown[], unknown[]];
    expect(checked.slice(0, -1)).toEqual(plain.slice(0, -1));
    expect([plain.at(-1), checked.at(-1)]).toEqual([1, 2]);
  });

  it("of any order, and by any function that differentiates", () => {
    const w = leaf([0.5, -1, 2]);
    const f = (x: Tensor): Tensor => x.mul(w).sin().mul(x).sum();
    const c = checkpoint(f);
    const x = leaf([1, 2, 3]);
    expect(hessian(c, x).toArray()).toEqual(hessian(f, x).toArray());
    expect(jvp(c, x, [1, 2, 3]).map(String)).toEqual(
      jvp(f, x, [1, 2, 3]).map((y) => String(y).replace("sum", "checkpoint")),
    );
    gradcheck((x, w) => checkpoint((x: Tensor) => x.mul(w).sin())(x), [x, w], { order: 3 });
    const second = [f, c].map((g) => {
      w.grad = x.grad = null;
      g(x).backward(undefined, { createGraph: true });
      const [gx, gw] = [x.grad, w.grad] as unknown as [Tensor, Tensor];
      [w.grad, x.grad] = [null, null];
      gx.mul(gw).sum().backward();
      return [x, w].map(gradOf);
    });
    expect(second[1]).toEqual(second[0]);
  });

  it("where checkpoints are in checkpoints", () => {
    const w = leaf(0.5);
    const inner = counted((x: Tensor) => x.mul(w).exp());
    const innermost = checkpoint(inner.f);
    const outer = counted((x: Tensor) => innermost(innermost(x)).mul(x));
    const gradients = [(x: Tensor) => inner.f(inner.f(x)).mul(x), checkpoint(outer.f)].map((f) => {
      w.grad = null;
      const x = leaf(2);
      inner.runs = outer.runs = 0;
      f(x).backward();
      return [gradOf(x), gradOf(w)];
    });
    expect(gradients[1]).toEqual(gradients[0]);
    expect([outer.runs, inner.runs]).toEqual([2, 6]); // each inner one: forward, again forward, and back
  });

  it("where random numbers are drawn, which go on after it as if nothing had happened", () => {
    const results = [(f: (x: Tensor) => Tensor) => f, checkpoint].map((wrap) => {
      const generator = new t.Generator(1);
      t.manualSeed(2);
      const x = leaf([1, 2, 3]);
      const f = (x: Tensor): Tensor =>
        x
          .square()
          .mul(t.rand([3], { generator, dtype: "float64" }))
          .mul(t.randn([3]));
      const nested = wrap((x) =>
        wrap(f)(x)
          .mul(t.bernoulli(t.full([3], 0.5)))
          .add(wrap(f)(x)),
      );
      nested(x).sum().backward();
      return [gradOf(x), t.rand([2]).toArray(), generator.next()];
    });
    expect(results[1]).toEqual(results[0]);
  });

  it("where the same cotangent comes twice, with other wishes", () => {
    const [a, b, ct] = [leaf([1, 2]), leaf([3, 4]), tensor([1, 1], { dtype: "float64" })];
    const y = checkpoint((a: Tensor, b: Tensor) => a.mul(b).mul(b))(a, b);
    y.backward(ct);
    y.backward(ct, { createGraph: true });
    expect([gradOf(a), gradOf(b)]).toEqual([[18, 32], [12, 32]]); // biome-ignore format: two vectors
    const first = a.grad as Tensor;
    a.grad = b.grad = null;
    first.sum().backward(); // of b² + b², of which only the second has a graph
    expect(gradOf(b)).toEqual([6, 8]);
    noGrad(() => ct.assign([10, 100]));
    b.grad = null;
    y.backward(ct);
    expect(gradOf(b)).toEqual([60, 1600]);
  });

  it("by any kinds of arguments, results that no gradient passes, and what is passed through", () => {
    const x = leaf([1, 2]);
    const scaled = checkpoint((x: Tensor, { by }: { by: number }, ...more: number[]) => x.mul(by * more.length));
    scaled(x, { by: 3 }, 1, 1).sum().backward();
    expect(gradOf(x)).toEqual([6, 6]);
    expect(checkpoint((x: Tensor) => x.argmax())(x).dtype).toBe("int32");
    expect(checkpoint(() => tensor([1]))().requiresGrad).toBe(false);
    expect(checkpoint((x: Tensor) => x.detach().mul(2))(x).requiresGrad).toBe(false);
    expect(noGrad(() => checkpoint((x: Tensor) => x.mul(2))(x)).requiresGrad).toBe(false);
    x.grad = null;
    checkpoint((x: Tensor) => x)(x)
      .sum()
      .backward();
    expect(gradOf(x)).toEqual([1, 1]);
  });
});

describe("memory", () => {
  it("between forward and backward nothing is kept of what was computed within", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const x = leaf(1);
    const kept = async (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor): Promise<boolean[]> => {
      const within: WeakRef<object>[] = [];
      const part = wrap((x) => {
        const h = x.exp();
        within.push(new WeakRef(h.storage));
        return h.mul(h).tanh();
      });
      const y = part(part(x));
      await new Promise((resolve) => setTimeout(resolve));
      collect();
      const before = within.map((reference) => reference.deref() !== undefined);
      y.backward();
      await new Promise((resolve) => setTimeout(resolve));
      collect();
      return [...before, ...within.slice(2).map((reference) => reference.deref() !== undefined), y.requiresGrad];
    };
    expect(await kept((f) => f)).toEqual([true, true, true]);
    expect(await kept(checkpoint)).toEqual([false, false, false, false, true]); // nor after, of the second runs
  });
});

describe("compiled", () => {
  const train = (wrap: typeof checkpoint, p = 0): ((x: Tensor, y: Tensor) => Tensor) => {
    t.manualSeed(0);
    const blocks = [1, 2, 3].map(() => new Sequential(new Linear(4, 4), ...(p > 0 ? [new Dropout({ p })] : [])));
    const model = new Sequential(...blocks);
    const parts = blocks.map((block) => wrap((x: Tensor) => block.forward(x).tanh()));
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const loss = new CrossEntropy();
    const step = (x: Tensor, y: Tensor): Tensor => {
      optimizer.zeroGrad();
      const l = loss.forward(
        parts.reduce((h, part) => part(h), x),
        y,
      );
      l.backward();
      optimizer.step();
      return l;
    };
    return step;
  };
  const plain = ((f: unknown) => f) as typeof checkpoint;
  const [x, y] = [
    t.randn([8, 4], { generator: new t.Generator(3) }),
    tensor([0, 1, 2, 3, 0, 1, 2, 3], { dtype: "int32" }),
  ];

  it("it is the same program as without", () => {
    const program = (wrap: typeof checkpoint): string => compile(train(wrap)).program(x, y);
    expect(program(checkpoint)).toBe(program(plain));
  });

  it("it trains as eager mode does, with random numbers, too", () => {
    const losses = (step: (x: Tensor, y: Tensor) => Tensor): number[] => [1, 2, 3, 4].map(() => step(x, y).item());
    const eager = losses(train(plain, 0.25));
    expect(losses(train(checkpoint, 0.25))).toEqual(eager);
    for (const [i, l] of losses(compile(train(checkpoint, 0.25))).entries())
      expect(l).toBeCloseTo(eager[i] as number, 6);
  });
});

describe("errors", () => {
  const x = leaf([1, 2]);
  const why = "it must do the same both times, and nothing that it reads may change in between";
  const backwardOf = (f: (x: Tensor) => Tensor, between: () => void = () => {}): string => {
    const y = checkpoint(f)(x).sum();
    between();
    return thrownBy(() => y.backward());
  };

  it("name what is no function, and what is no tensor", () => {
    expect(thrownBy(() => checkpoint(3 as never))).toBe("ValueError: checkpoint: needs a function, got 3");
    const wrong = "GradError: checkpoint: the function must return one tensor, got an array of 1";
    expect(thrownBy(() => checkpoint(((x: Tensor) => [x]) as never)(x as never))).toBe(wrong);
    expect(thrownBy(() => noGrad(() => checkpoint(((x: Tensor) => [x]) as never)(x as never)))).toBe(wrong);
  });

  it("say when the second run is not the first", () => {
    const [constant, other] = [tensor([1, 2]), leaf([3, 4])];
    const settings = { scale: 1, draws: 1, weight: x };
    const gave = `GradError: checkpoint: when the function was run again for the gradient, it gave another value; ${why}`;
    expect(
      backwardOf(
        (x) => x.mul(constant),
        () => constant.assign([5, 6]),
      ),
    ).toBe(gave);
    expect(backwardOf((x) => x.mul(settings.scale), () => { settings.scale = 2; })).toBe(gave); // biome-ignore format: one line
    expect(backwardOf((x) => x.mul(settings.weight), () => { settings.weight = other; })) // biome-ignore format: one line
      .toBe(`GradError: checkpoint: when the function was run again for the gradient, it used other tensors; ${why}`);
    expect(backwardOf((x) => x.mul(leaf([1, 1])))).toBe(
      `GradError: checkpoint: when the function was run again for the gradient, it used other tensors; ${why}`,
    );
    const drawing = (x: Tensor): Tensor =>
      Array.from({ length: settings.draws }, () => t.rand([2])).reduce((a, b) => a.add(b), x);
    expect(backwardOf(drawing, () => { settings.draws = 2; })) // biome-ignore format: one line
      .toBe(
        `GradError: checkpoint: when the function was run again for the gradient, it drew more random tensors; ${why}`,
      );
    expect(backwardOf(drawing, () => { settings.draws = 1; })) // biome-ignore format: one line
      .toBe(
        `GradError: checkpoint: when the function was run again for the gradient, it drew fewer random tensors; ${why}`,
      );
    const w = leaf([1, 2]);
    expect(
      backwardOf(
        (x) => x.mul(w),
        () => noGrad(() => w.assign([0, 0])),
      ),
    ).toBe(
      "GradError: backward: input 0 of checkpoint, shape [2], was changed by assign after it was used; run the forward pass again",
    );
  });

  it("leave nothing behind: afterwards, random tensors are drawn as ever, and gradients are none", () => {
    x.grad = null;
    let runs = 0;
    const failing = checkpoint((x: Tensor) => {
      if (runs++ > 0) throw new Error("the second time");
      return x.mul(t.rand([2]));
    });
    const y = failing(x).sum();
    expect(thrownBy(() => y.backward())).toBe("Error: the second time");
    expect(x.grad).toBeNull();
    expect(t.rand([2]).toArray()).not.toEqual(t.rand([2]).toArray());
  });

  it("a NaN is the same NaN", () => {
    x.grad = null;
    checkpoint((x: Tensor) => x.mul([NaN, 1]))(x)
      .sum()
      .backward();
    expect(gradOf(x)).toEqual([NaN, 1]);
    expect(grad((x: Tensor) => checkpoint((x: Tensor) => x.sum().mul(0))(x))(x).toArray()).toEqual([0, 0]);
  });
});
