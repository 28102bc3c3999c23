// Tests that single changes of the compiler's source once passed all others, and fail here. `npm run mutate` finds such
// changes.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  cat,
  ensure,
  explain,
  manualSeed,
  noGrad,
  oneHot,
  ones,
  rand,
  randint,
  type Tensor,
  tensor,
  ValueError,
  watch,
  zeros,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it, vi } from "vitest";
import { agree, int, type Step, shown } from "./agree.ts";
import { thrownBy } from "./thrown.ts";

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

  it("where entries are picked from what is no difference of a matrix and a column", () => {
    const matrix = tensor([[1, 2, 4], [9, 7, 8]]); // biome-ignore format: a matrix
    const column = tensor([[10], [20]]);
    const index = int([[2], [0]]);
    agree(() => (x, y, i) => [x!.add(y!).gather(1, i!), x!.mul(y!).gather(1, i!)], [matrix, column, index]);
    agree(() => (x, y, i) => x!.sub(y!).gather(1, i!), [tensor([1, 2, 4]), column, index]);
    agree(() => (x, y, i) => x!.sub(y!).gather(1, i!), [matrix, matrix.mul(3), int([[2, 0, 0], [1, 1, 0]])]); // biome-ignore format: a matrix
    agree(() => (x, y, i) => x!.sub(y!).gather(1, i!), [matrix, column.to("float64"), index]);
    agree(() => (x, i) => x!.sub(1).gather(1, i!), [matrix, index]);
    agree(() => (x, y, i) => x!.sub(y!).gather(1, i!), [matrix, tensor([1, 20, 300]), index]);
  });

  it("where softmax has nothing to work on, or double precision", () => {
    agree(() => (x) => [x!.softmax(1), x!.logSoftmax(0)], [zeros([3, 0])], [zeros([0, 3])]);
    agree(() => (x) => [x!.softmax(0), x!.logSoftmax(0)], [tensor(3)]);
    const x = tensor([0.1, 0.7], { dtype: "float64" });
    agree(() => (x) => [x!.softmax(0), x!.logSoftmax(0)], [x]);
    expect(compile((x: Tensor) => x.softmax(0)).program(x)).toContain("= softmax(x0");
  });

  it("where random numbers are drawn twice in the same way", () => {
    const step = (): Tensor => rand([3]).sub(rand([3]));
    const compiled = compile(step);
    const [eager, mine] = [step, compiled].map((f) => {
      manualSeed(2);
      return f().toArray();
    });
    expect(mine).toEqual(eager);
    expect(mine).not.toEqual([0, 0, 0]);
  });

  it("where a product reads what is permuted in another way than a transpose", () => {
    const x = tensor(Array.from({ length: 24 }, (_, i) => (i * 7) % 11)).reshape([2, 3, 4]);
    const y = tensor(Array.from({ length: 24 }, (_, i) => (i * 5) % 13)).reshape([2, 4, 3]);
    for (const dims of [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]) // biome-ignore format: all
      agree(
        () => (x, y) => {
          const a = x!.permute(dims);
          const b = y!.reshape([a.shape[0] as number, a.shape[2] as number, -1]);
          return a.matmul(b);
        },
        [x, y],
      );
    const text = compile((x: Tensor, y: Tensor) => x.permute([0, 2, 1]).matmul(y.permute([0, 2, 1]))).program(x, y);
    expect(text).toContain("matmul(x0, x1, transposeA: true, transposeB: true)");
  });

  it("where an op reads one value in two shapes", () => {
    const y = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    agree(() => (x, y) => [x!.reshape([1, 2]).add(y!), x!.reshape([2, 1]).add(y!)], [tensor([10, 20]), y]);
  });
});

describe("simplified programs", () => {
  it("have no product with 1, and products with what only begins with 1", () => {
    const step = compile((x: Tensor) =>
      x
        .mul(1)
        .mul(tensor([1, 5]))
        .div(1),
    );
    expect(step.program(tensor([2, 3]))).toContain("1 ops in 1 steps");
    expect(step(tensor([2, 3])).toArray()).toEqual([2, 15]);
  });
});

describe("programs", () => {
  const ops = (step: Step, ...args: Tensor[]): string => {
    const text = compile(step as () => undefined).program(...(args as []));
    return text.slice(text.lastIndexOf("\n") + 1).replace(/ in .*/, "");
  };
  it("have no op for what only moves axes of size 1, or multiplies by 1", () => {
    expect(ops((x) => x!.permute([1, 0, 2]).mul(2), zeros([2, 1, 3]))).toBe("1 ops");
    expect(ops((x) => x!.permute([2, 0, 1]).mul(2), zeros([2, 3, 1]))).toBe("1 ops");
    expect(ops((x) => x!.permute([1, 0]).mul(2), zeros([2, 3]))).toBe("2 ops");
    expect(ops((x) => [x!.mul(1), tensor(1).mul(x!), x!.div(1)], zeros([2]))).toBe("0 ops");
    expect(ops((x) => [x!.clone(), x!.mul(2)], zeros([2]))).toBe("1 ops");
  });

  it("do once what differs only in axes of size 1", () => {
    expect(ops((x) => [x!.sum(1), x!.sum(1, { keepdim: true })], zeros([2, 3]))).toBe("1 ops");
  });

  it("work constants out, up to a size, and leave stretched numbers numbers", () => {
    expect(ops(() => zeros([2 ** 16]).add(1))).toBe("0 ops");
    expect(ops(() => zeros([2 ** 16 + 1]).add(1))).toBe("1 ops");
    const step = compile((x: Tensor) => x.mul(tensor(2).broadcastTo([2, 3])));
    expect(step.program(zeros([2, 3]))).toContain("mul(x0, 2)");
  });
});

describe("programs print", () => {
  it("every op with its options, where it runs, how much it works and moves, and all that changes", () => {
    const w = tensor([[1, 2, 3], [4, 5, 6]], { requiresGrad: true }); // biome-ignore format: a matrix
    const v = tensor([1], { requiresGrad: true });
    const [b, unused] = [tensor([1, 2, 3]), tensor([7, 8])];
    const step = compile((x: Tensor, index: Tensor) => {
      const h = x.T.matmul(w)
        .add(b)
        .mul(tensor([1, 10, 100]))
        .mul(0.5);
      const picked = h.cumsum(0).gather(1, index.unsqueeze(1));
      const loss = picked
        .sum()
        .add(v.sum())
        .add(rand([2]).sum());
      loss.backward();
      const doubled = h.reshape([-1]).mul(2);
      unused.assign(loss);
      noGrad(() => b.assign(b.sub((w.grad as Tensor).sum(0))));
      x.assign(x.mul(2));
      return [loss, doubled.slice(1), cat([b, b]), oneHot(index, 3), h.reshape([3, -1])];
    });
    expect(step.program(ones([2, 4]), int([0, 1, 2, 0]))).toMatchInlineSnapshot(`
      "program(x0: float32 [2, 4], x1: int32 [4])
        state: w0 [2, 3], w1 [3], w2 [1]
        %0  = matmul(x0, w0, transposeA: true)                 float32 [4, 3]         48 flop
        %1  = random(shape: [2], dtype: "float32", distribution: {name:"rand"}) float32 [2]            2 flop, by the kernel of eager mode
        loop over 1 × 1: 1 flop, reads 4 bytes, writes 4 bytes, keeps %2
          %2  = sum(w2, dims: [0])                             float32 []             1 flop
        loop over 1 × 2: 2 flop, reads 8 bytes, writes 4 bytes, keeps %3
          %3  = sum(%1, dims: [0])                             float32 []             2 flop
        loop over 1 × 8: 8 flop, reads 36 bytes, writes 32 bytes, keeps %4
          %4  = mul(x0, 2)                                     float32 [2, 4]         8 flop
        loop over 4 × 3: 48 flop, reads 100 bytes, writes 160 bytes, keeps %7, %8, %9, %10
          %5  = add(%0, w1)                                    float32 [4, 3]         12 flop
          %6  = mul(%5, c0)                                    float32 [4, 3]         12 flop
          %7  = mul(%6, 0.5)                                   float32 [4, 3]         12 flop
          %8  = broadcastTo(1, shape: [4,1])                   float32 [4, 1]         0 flop
          %9  = mul(%7[12], 2)                                 float32 [12]           12 flop
          %10 = oneHot(x1, numClasses: 3, dtype: "int32")      int32 [4, 3]           0 flop
        %11 = cumsum(%7, dim: 0)                               float32 [4, 3]         12 flop, by the kernel of eager mode
        %12 = scatterAdd(c1, x1, %8, dim: 1)                   float32 [4, 3]         12 flop, by the kernel of eager mode
        %13 = cumsum(%12, dim: 0, reverse: true)               float32 [4, 3]         12 flop, by the kernel of eager mode
        loop over 1 × 1: 0 flop, reads 48 bytes, writes 4 bytes, keeps %14
          %14 = slice(%9, spans: [{start:1,step:1,size:1}])    float32 [1]            0 flop
        loop over 4 × 3: 28 flop, reads 128 bytes, writes 52 bytes, keeps %16, %18
          %15 = gather(%11, x1, dim: 1)                        float32 [4, 1]         0 flop
          %16 = sum(%15, dims: [0,1])                          float32 []             4 flop
          %17 = mul(%13, 0.5)                                  float32 [4, 3]         12 flop
          %18 = mul(%17, c0)                                   float32 [4, 3]         12 flop
        %19 = matmul(x0, %18)                                  float32 [2, 3]         48 flop
        loop over 1 × 1: 2 flop, reads 12 bytes, writes 4 bytes, keeps %21
          %20 = add(%16, %2)                                   float32 []             1 flop
          %21 = add(%20, %3)                                   float32 []             1 flop
        loop over 2 × 3: 6 flop, reads 28 bytes, writes 20 bytes, keeps %22, %23
          %22 = sum(%19, dims: [0])                            float32 [3]            6 flop
          %23 = broadcastTo(%21, shape: [2])                   float32 [2]            0 flop
        loop over 1 × 3: 3 flop, reads 24 bytes, writes 36 bytes, keeps %24, %25
          %24 = sub(w1, %22)                                   float32 [3]            3 flop
          %25 = cat(%24, %24, dim: 0)                          float32 [6]            0 flop
        a tensor ← %23
        w1 ← %24
        x0 ← %4
        w2.grad ← 1
        w0.grad ← %19
        return %21, %14[], %25, %10, %7[3, 4]
      26 ops in 15 steps, 232 flop, 1240 bytes moved, arena of 528 bytes"
    `);
  });

  it("products of many matrices, and neither state nor gradients where there are none", () => {
    const text = compile((x: Tensor, y: Tensor) => x.matmul(y)).program(zeros([5, 2, 3]), zeros([3, 4]));
    expect(text).toMatchInlineSnapshot(`
      "program(x0: float32 [5, 2, 3], x1: float32 [3, 4])
        %0  = matmul(x0, x1)                                   float32 [10, 4]        240 flop
        return %0[5, 2, 4]
      1 ops in 1 steps, 240 flop, 328 bytes moved, arena of 176 bytes"
    `);
  });

  it("gradients that are there before, that are forgotten, and those of tensors that are not read", () => {
    const [v, w] = [1, 2].map((n) => tensor([n], { requiresGrad: true })) as [Tensor, Tensor];
    v.grad = w.grad = ones([1]);
    const step = compile((x: Tensor) => {
      v.mul(w).mul(x).sum().backward();
      w.grad = null;
    });
    expect(step.program(ones([1]))).toMatchInlineSnapshot(`
      "program(x0: float32 [1])
        state: w0 [1], g0 [1]
        loop over 1 × 1: 2 flop, reads 12 bytes, writes 4 bytes, keeps %1
          %0  = mul(x0, w0)                                    float32 [1]            1 flop
          %1  = add(g0, %0)                                    float32 [1]            1 flop
        a tensor.grad ← %1
        return 
      2 ops in 1 steps, 2 flop, 16 bytes moved, arena of 32 bytes"
    `);
  });
});

describe("results that are written over tensors from outside", () => {
  it("need no memory of their own", () => {
    const arena = (step: (w: Tensor, ...args: Tensor[]) => unknown, shape = [1000]): string => {
      const w = ones(shape);
      const text = compile((x: Tensor) => step(w, x) as undefined).program(zeros([1000]));
      return text.slice(text.lastIndexOf("arena"));
    };
    expect(arena((w, x) => void w.assign(w.add(x!)))).toBe("arena of 0 bytes");
    expect(arena((w, x) => void w.assign(x!.mul(2).add(w)))).toBe("arena of 0 bytes");
    expect(arena((w, x) => void w.assign(x!.add(w).mul(2)))).toBe("arena of 0 bytes");
    expect(arena((w, x) => void w.assign(w.add(0).mul(0).add(x!.cumsum(0))))).toBe("arena of 4016 bytes");
    const overwritten = (w: Tensor, x?: Tensor): Tensor[] => {
      const before = w.cumsum(0);
      w.assign(x!.cumsum(0));
      return [before];
    };
    expect(arena(overwritten)).toBe("arena of 4016 bytes");
    expect(arena((w, x) => void w.assign(w.mul(x!).sum()), [])).toBe("arena of 0 bytes");
    expect(arena((w, x) => w.assign(w.add(x!)).mul(2))).toBe("arena of 4016 bytes");
    const number = (w: Tensor, x?: Tensor): Tensor => {
      const y = x!.sub(x!.amax()).mul(w);
      w.assign(x!.sum());
      return y;
    };
    expect(arena(number, [])).toBe("arena of 4016 bytes");
    agree(
      () => {
        const w = tensor(3);
        return (x) => [number(w, x), w];
      },
      ...[1, 2, 3].map((n) => [tensor([n, 5, 2, 1, n])]),
    );
  });

  it("are as they were when the first call fails, also in what the step has made", () => {
    let kept: Tensor | undefined;
    const step = compile((x: Tensor, index: Tensor) => {
      kept ??= zeros([2]);
      kept.assign(kept.add(x));
      return x.cumsum(0).gather(0, index);
    });
    expect(thrownBy(() => step(tensor([1, 2]), int([7])))).toContain("index 7");
    step(tensor([1, 2]), int([1]));
    expect(kept?.toArray()).toEqual([1, 2]);
  });

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

describe("programs run", () => {
  it("without WebAssembly, and have no loops to show then", () => {
    vi.stubGlobal("WebAssembly", undefined);
    const step = compile((x: Tensor) => x.mul(2).add(1));
    expect(step(tensor([1, 2])).toArray()).toEqual([3, 5]);
    expect(step.toWat(tensor([1, 2]))).not.toContain("func");
    vi.unstubAllGlobals();
  });

  it("long rows in loops, however few there are", () => {
    const x = zeros([4, 60_000]); // with a register for each column there would be more than a function can have
    expect(compile((x: Tensor) => x.sub(x.amax(1, { keepdim: true }))).program(x)).toContain("loop over 4 × 60000");
  });

  it("in no more memory than they need", () => {
    const arena = (step: (x: Tensor) => Tensor | Tensor[], shape: number[]): string | undefined =>
      compile(step)
        .program(zeros(shape))
        .match(/arena of .*/)?.[0];
    const rows = 16 * 250 + 16; // a row of scratch memory for the powers, in one place with the room at its end
    expect(arena((x) => x.softmax(1).sum(1), [3, 1000])).toBe(`arena of ${rows + 32} bytes`);
    const powers = (x: Tensor): Tensor[] => {
      const y = x.exp();
      return [y, y.div(y.sum(1, { keepdim: true }))];
    };
    expect(arena(powers, [3, 1000])).toBe(`arena of ${2 * (12_000 + 16)} bytes`);
  });

  it("on several threads where their values just fill pages of memory", () => {
    const x = ones([5 * 2 ** 13 - 4]); // argument and result have 16 bytes to spare each: together, 5 pages
    expect(
      compile((x: Tensor) => x.mul(2), { threads: 2 })(x)
        .sum()
        .item(),
    ).toBe(2 * x.size);
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
    const leaf = tensor([1, 2], { requiresGrad: true });
    expect(traces((x) => (leaf.grad === null ? x! : x!.mul(2)), [a], [b], [a])).toBe(1);
    const inner: Step = (x) => {
      const v = tensor([1, 2], { requiresGrad: true });
      v.mul(x!).sum().backward();
      return v.grad as Tensor;
    };
    expect(traces(inner, [a], [b], [a])).toBe(1);
    const w = tensor([0, 0]);
    expect(traces((x, y) => w.assign(w.add(x!).mul(y!)), [a, b], [a, a], [b, b])).toBe(1);
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

  it("when an object is watched twice, and the step has changed it in between", () => {
    const make = (): Step => {
      const settings = { count: 0 };
      return (x) => {
        const { count } = watch(settings);
        settings.count = count + 1;
        watch(settings);
        return x!.mul(count);
      };
    };
    agree(make, [a], [a], [a]);
  });

  it("when a number that it has made and kept is changed from outside", () => {
    let scale: Tensor | undefined;
    const step = compile((x: Tensor) => {
      scale ??= tensor(2);
      return x.mul(scale);
    });
    expect(step(a).toArray()).toEqual([2, 4]);
    scale?.assign(5);
    expect(step(a).toArray()).toEqual([5, 10]);
  });

  it("when an argument that it assigns to is a tensor that it has made and kept, or shares its memory with another", () => {
    let kept: Tensor | undefined;
    const step = compile((x: Tensor) => {
      kept ??= tensor([1, 2]);
      x.assign(x.add(kept));
      return kept.mul(10);
    });
    step(tensor([5, 5]));
    expect(step(kept as Tensor).toArray()).toEqual([20, 40]);
    agree(
      () => {
        const w = tensor([0, 0]);
        return (x, y) => {
          w.assign(w.add(1));
          x!.assign(x!.add(y!));
          return [y!.mul(2), w];
        };
      },
      [tensor([1, 2]), tensor([3, 4])],
      ...[tensor([1, 2])].map((x) => [x, x]),
    );
  });
});

describe("while a step is traced", () => {
  it("a constant that has been assigned to cannot be read, and prints as traced; one that is only used prints", () => {
    const step = compile((x: Tensor) => {
      const constant = tensor([1]);
      constant.assign(x);
      return x.mul(constant.item());
    });
    expect(thrownBy(() => step(tensor([3])))).toContain("is read while the step is traced");
    const seen: string[] = [];
    const w = tensor([1, 2]);
    compile((x: Tensor) => {
      const y = w.mul(x);
      seen.push(String(w));
      return y;
    })(tensor([3]));
    expect(seen).toEqual(["tensor([1., 2.])"]);
  });

  it("a gradient cannot be read", () => {
    const w = tensor([1], { requiresGrad: true });
    w.grad = tensor([2]);
    expect(thrownBy(() => compile((x: Tensor) => x.mul((w.grad as Tensor).item()))(ones([1])))).toBe(
      "TraceError: compile: a gradient is read while the step is traced, before it has a value; return it from the step and read it after the call, or choose by where(condition, a, b)",
    );
  });

  it("versions stay, however often a tensor is assigned to", () => {
    const w = tensor([2], { requiresGrad: true });
    const y = w.mul(w);
    const step = compile((x: Tensor) => {
      for (let i = 0; i < 3; i++) noGrad(() => w.assign(w.mul(x)));
    });
    step.program(ones([1]));
    y.backward();
    expect(w.grad?.toArray()).toEqual([4]);
  });

  it("a watched object gets back what it had before a result was put into it, and keeps what else it was given", () => {
    const memory: Record<string, unknown> = { first: 1, last: null };
    const step = compile((x: Tensor) => {
      watch(memory).last = x.mul(2);
    });
    expect(thrownBy(() => step(ones([1])))).toContain("Object.last is set to a result");
    expect(memory).toEqual({ first: 1, last: null });
    const empty: Record<string, unknown> = {};
    const adding = compile((x: Tensor) => {
      watch(empty).last = x.mul(2);
    });
    expect(thrownBy(() => adding(ones([1])))).toContain("Object.last is set to a result");
    expect(empty).toEqual({ last: undefined });
    agree(
      () => {
        const cache: { sum?: Tensor } = {};
        return (x) => {
          watch(cache);
          cache.sum ??= zeros([1]);
          return cache.sum.assign(cache.sum.add(x!)).mul(10);
        };
      },
      ...[1, 2, 3].map((n) => [tensor([n])]),
    );
  });

  it("and afterwards, nothing holds on to its arguments", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const step = compile((x: Tensor) => x.mul(2));
    const references = [1, 2].map((n) => {
      const x = tensor([n]);
      step(x);
      return new WeakRef(x.storage);
    });
    await new Promise((resolve) => setTimeout(resolve));
    collect();
    expect(references.map((reference) => reference.deref())).toEqual([undefined, undefined]);
    expect(step(tensor([3])).item()).toBe(6);
  });
});

describe("gradients and flags", () => {
  it("of leaves may be exchanged, and are the same tensors if they are only read", () => {
    const make = (): Step => {
      const [v, w] = [tensor([1], { requiresGrad: true }), tensor([2], { requiresGrad: true })];
      [v.grad, w.grad] = [tensor([10]), tensor([20])];
      return () => {
        const before = v.grad;
        v.grad = w.grad;
        w.grad = before;
        return [(v.grad as Tensor).mul(1.5), (w.grad as Tensor).mul(1.5)];
      };
    };
    agree(make, [], [], []);
    const w = tensor([2], { requiresGrad: true });
    const held = tensor([3]);
    w.grad = held;
    expect(compile(() => (w.grad as Tensor).mul(2))().item()).toBe(6);
    expect(w.grad).toBe(held);
  });

  it("of a tensor that is no leaf are read, and not set", () => {
    const w = tensor([2], { requiresGrad: true });
    const computed = w.mul(3);
    const step = compile((x: Tensor) => x.mul(computed.requiresGrad ? computed.detach() : 0));
    expect([step(ones([1])).item(), step(ones([1])).item()]).toEqual([6, 6]);
  });
});

describe("a call that fails", () => {
  it("is explained by what its tensors held then, and leaves them as they were", () => {
    const make = (): [Step, Tensor[]] => {
      const [w, v] = [tensor([1]), tensor([7])];
      const step: Step = (x) => {
        const made = x!.mul(2);
        w.assign(w.add(x!));
        w.assign(w.mul(10));
        made.assign(made.add(1));
        const before = x!.mul(1.5);
        x!.assign(v);
        v.assign(before);
        const all = (): string => [x!, made].map((y) => y.item()).join(" ");
        ensure(before.lt(6), () => new ValueError(`now: ${all()} ${w.detach().mul(1).item()} ${v.mul(1).item()}`));
        w.assign(w.mul(100));
        made.assign(0);
        return [w.mul(1), x!.mul(1), made];
      };
      return [step, [w, v]];
    };
    const [step, tensors] = make();
    const compiled = compile(step as (x: Tensor) => Tensor[]);
    agree(() => make()[0], [tensor([2])], [tensor([3])]);
    for (let i = 0; i < 2; i++) {
      const x = tensor([5]);
      const error = thrownBy(() => make()[0](tensor([5])));
      expect(error).toBe("ValueError: now: 7 11 60 7.5");
      expect(thrownBy(() => compiled(x))).toBe(error);
      expect([...tensors, x].map((y) => y.item())).toEqual([1, 7, 5]);
    }
  });

  it("is explained by what was assigned last before the op that fails", () => {
    const step = (x: Tensor, index: Tensor): Tensor => {
      x.assign(tensor([4]));
      return explain(
        () => x.gather(0, index),
        () => new ValueError(`x is ${x.item()}`),
      );
    };
    expect(thrownBy(() => step(tensor([1]), int([9])))).toBe("ValueError: x is 4");
    expect(thrownBy(() => compile(step)(tensor([1]), int([9])))).toBe("ValueError: x is 4");
  });

  it("is explained by the random numbers that it drew, which it has not drawn twice", () => {
    const step = (x: Tensor): Tensor => {
      const drawn = rand([3]);
      const scaled = drawn.mul(x).add(0).cumsum(0);
      const other = rand([3]).cumsum(0); // in the place of the first ones, unless they are kept
      ensure(scaled.lt(0.001), () => new ValueError(`drawn: ${drawn.toArray()}, ${scaled.toArray()}`));
      return other;
    };
    const compiled = compile(step);
    const outcomes = [step, compiled].map((f) => {
      manualSeed(5);
      return [f(zeros([3])).toArray(), thrownBy(() => f(ones([3]))), rand([2]).toArray()];
    });
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(String(outcomes[0])).toContain("ValueError: drawn: 0.");
  });

  it("names the index that was drawn", () => {
    const step = (): Tensor => oneHot(randint(5, 100, [2]), 4, { dtype: "float32" });
    const compiled = compile(step);
    const [eager, mine] = [step, compiled].map((f) => {
      manualSeed(3);
      return thrownBy(f);
    });
    expect(eager).toMatch(/^IndexError: oneHot: index \d+ is out of range for size 4$/);
    expect(mine).toBe(eager);
  });

  it("is explained by what the step has made anew in that call", () => {
    const step = (x: Tensor): Tensor => {
      const sum = zeros([2]);
      for (let i = 0; i < 2; i++) sum.assign(sum.add(x));
      ensure(sum.lt(5), () => new ValueError(`sum: ${sum.mul(1).toArray()}`));
      return sum;
    };
    const compiled = compile(step);
    for (const n of [1, 2, 1, 3, 2, 3]) {
      const x = tensor([n, 1]);
      const outcome = (f: typeof step): unknown => [thrownBy(() => f(x)), n < 3 && f(x).toArray()];
      expect(outcome(compiled)).toEqual(outcome(step));
    }
  });
});
