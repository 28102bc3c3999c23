import {
  bernoulli,
  Generator,
  manualSeed,
  noGrad,
  ones,
  rand,
  randn,
  type Tensor,
  tensor,
  where,
  zeros,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { useEngine } from "../src/backend/index.ts";
import { allOn } from "./engine.ts";
import { thrownBy } from "./thrown.ts";

const same = (a: Tensor, b: Tensor): void => {
  expect([a.dtype, a.shape]).toEqual([b.dtype, b.shape]);
  expect([...a.data]).toEqual([...b.data]);
};

// Loops of a compiled program use the formulas of the SIMD kernels. With these at work everywhere, every result must be
// the same to the last bit, and no tolerance hides anything.
allOn("wasm");

describe("random programs", () => {
  // Each instruction takes earlier values by index; shapes are kept to [2, 3], [3] and [] so that all of them fit.
  const names = [
    "add",
    "mul",
    "sub",
    "maximum",
    "where",
    "tanh",
    "sigmoid",
    "relu",
    "neg",
    "softmax",
    "sum",
    "mean0",
    "view",
    "T",
    "matmul",
    "assign",
    "clone",
    "again",
  ] as const;
  const program = fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(50), fc.nat(50)), {
    minLength: 2,
    maxLength: 40,
  });
  const number = fc.integer({ min: -8, max: 8 }).map((n) => n / 4);
  const data = (n: number): fc.Arbitrary<number[]> => fc.array(number, { minLength: n, maxLength: n });

  const execute = (
    code: readonly (readonly [(typeof names)[number], number, number])[],
    state: Tensor,
    x: Tensor,
  ): Tensor[] => {
    const values: Tensor[] = [x, state, state.sum(0), x.sum()];
    const pick = (i: number): Tensor => values[i % values.length] as Tensor;
    const square = (v: Tensor): Tensor => v.broadcastTo([2, 3]);
    for (const [name, i, j] of code) {
      const [a, b] = [pick(i), pick(j)];
      if (name === "where") values.push(where(a.gt(b), a, b));
      else if (name === "softmax") values.push(square(a).softmax(j % 2));
      else if (name === "sum") values.push(square(a).sum(0));
      else if (name === "mean0") values.push(a.mean());
      else if (name === "view") values.push(square(a).reshape([3, 2]).reshape([2, 3]));
      else if (name === "T") values.push(square(a).T.reshape([2, 3]));
      else if (name === "matmul")
        values.push(square(a).matmul(square(b), { transposeB: true }).sum(0, { keepdim: true }).mean().tanh());
      else if (name === "assign") noGrad(() => state.assign(square(a).tanh()));
      else if (name === "again") values.push(a.mul(a).add(a));
      else if (name === "clone") values.push(a.clone());
      else if (name === "add" || name === "mul" || name === "sub" || name === "maximum") values.push(a[name](b).tanh());
      else values.push(a[name]());
    }
    return values.slice(-3);
  };

  it("are the same compiled, with state, aliases and repeated calls", () => {
    fc.assert(
      fc.property(program, data(6), data(6), data(6), (code, initial, first, second) => {
        const [mine, theirs] = [tensor(initial).reshape([2, 3]), tensor(initial).reshape([2, 3])];
        const step = compile((x: Tensor) => execute(code, mine, x));
        for (const argument of [first, second, second]) {
          const x = tensor(argument).reshape([2, 3]);
          const [compiled, eager] = [step(x), execute(code, theirs, x)];
          for (const [i, y] of compiled.entries()) same(y, eager[i] as Tensor);
          same(mine, theirs);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe("tensors from outside", () => {
  it("are read anew at each call, and may be shared by programs and used eagerly", () => {
    const w = tensor([1, 2]);
    const [twice, update] = [compile((x: Tensor) => x.mul(w)), compile((x: Tensor) => void w.assign(w.add(x)))];
    const x = tensor([10, 10]);
    same(twice(x), tensor([10, 20]));
    expect(update(x)).toBeUndefined();
    same(twice(x), tensor([110, 120]));
    w.assign([0, 1]);
    same(twice(x), tensor([0, 10]));
    same(w.add(1), tensor([1, 2]));
  });

  it("exchange their values as if one after the other", () => {
    const [a, b] = [tensor([1]), tensor([2])];
    const swap = compile(() => {
      const old = a.clone();
      a.assign(b);
      b.assign(old);
    });
    swap();
    expect([a.item(), b.item()]).toEqual([2, 1]);
    swap();
    expect([a.item(), b.item()]).toEqual([1, 2]);
  });

  it("are read as they were where the step goes on after changing them", () => {
    const make = (): [Tensor, (x: Tensor) => Tensor] => {
      const w = tensor([1, 2, 3]);
      return [
        w,
        (x) => {
          const old = w.detach();
          const later = x.exp().neg().add(old.clone());
          w.assign(x.mul(2).tanh());
          return later.mul(old.add(0).clone().mul(0).add(w));
        },
      ];
    };
    const [[mine, raw], [theirs, eager]] = [make(), make()];
    // What is assigned needs nothing of the old values, and is ready before somebody reads those.
    const swapped = compile((x: Tensor) => {
      const [next, read] = [x.mul(2), mine.mul(3)];
      mine.assign(next);
      return read.add(next);
    });
    const x = tensor([0.5, -1, 2]);
    for (let i = 0; i < 3; i++) {
      const read = mine.mul(3);
      same(swapped(x), read.add(x.mul(2)));
      same(mine, x.mul(2));
    }
    theirs.assign(mine);
    const compiled = compile(raw);
    for (let i = 0; i < 3; i++) {
      same(compiled(x), eager(x));
      same(mine, theirs);
    }
  });

  it("can be arguments and results at once, and results are copies", () => {
    const w = tensor([1, 2]);
    const step = compile((x: Tensor) => {
      w.assign(x.add(w));
      return { x, w, constant: tensor([7]) };
    });
    const first = step(w);
    same(first.x, tensor([2, 4])); // x is w
    same(first.w, tensor([2, 4]));
    step(w);
    same(first.w, tensor([2, 4]));
    first.constant.assign(0);
    same(step(w).constant, tensor([7]));
  });

  it("stay as they were when a step fails", () => {
    const [w, table] = [tensor([1, 1]), ones([3, 2])];
    const step = compile((index: Tensor) => {
      w.assign(w.add(1));
      return table.indexSelect(0, index);
    });
    expect(thrownBy(() => step(tensor([3], { dtype: "int32" })))).toBe(
      "IndexError: indexSelect: index 3 is out of range for size 3",
    );
    same(w, tensor([1, 1]));
    step(tensor([2], { dtype: "int32" }));
    same(w, tensor([2, 2]));
  });

  it("count as changed for a graph made before", () => {
    const w = tensor([2], { requiresGrad: true });
    const y = w.mul(w);
    compile(() => noGrad(() => void w.assign(w.mul(0.5))))();
    expect(thrownBy(() => y.backward())).toContain("was changed by assign after it was used");
    expect(w.item()).toBe(1);
  });
});

describe("training steps", () => {
  it("leave no gradient behind, and follow the eager ones bit for bit", () => {
    const make = (): [Tensor, (x: Tensor) => Tensor] => {
      const w = randn([3, 2], { generator: new Generator(1), requiresGrad: true });
      const step = (x: Tensor): Tensor => {
        w.grad = null;
        const loss = x.matmul(w).tanh().square().mean();
        loss.backward();
        noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(0.1))));
        return loss;
      };
      return [w, step];
    };
    const [[w1, eager], [w2, raw]] = [make(), make()];
    const compiled = compile(raw);
    for (let i = 0; i < 5; i++) {
      const x = randn([4, 3], { generator: new Generator(i) });
      same(compiled(x), eager(x).detach());
      same(w2.detach(), w1.detach());
    }
    expect(w2.grad).toBeNull();
    expect(compiled(ones([4, 3])).requiresGrad).toBe(false);
  });

  it("draw random numbers anew, the same ones as without compiling", () => {
    const step = (x: Tensor): Tensor => {
      rand([2]); // drawn, and not used
      return x.mul(bernoulli(x.mul(0).add(0.5).detach())).add(randn([4]));
    };
    expect(thrownBy(() => compile(step)(ones([4])))).toBe("nothing");
    const mask = (x: Tensor): Tensor => x.mul(rand([4]).lt(0.5)).add(randn([4]));
    const compiled = compile((x: Tensor) => {
      rand([2]);
      return mask(x);
    });
    manualSeed(3);
    const drawn = [compiled(ones([4])), compiled(ones([4]))];
    manualSeed(3);
    for (const y of drawn) {
      rand([2]);
      same(y, mask(ones([4])));
    }
    expect([...(drawn[0] as Tensor).data]).not.toEqual([...(drawn[1] as Tensor).data]);
  });
});

describe("what cannot be compiled says so", () => {
  it("reading values, of arguments, results and tensors outside", () => {
    const w = tensor([1]);
    expect(thrownBy(() => compile((x: Tensor) => (x.item() > 0 ? x : x.neg()))(tensor([1])))).toBe(
      "TraceError: compile: an argument is read while the step is traced, before it has a value; return it from the step and read it after the call, or choose by where(condition, a, b)",
    );
    expect(thrownBy(() => compile((x: Tensor) => tensor(x.exp().toArray()))(tensor([1])))).toContain(
      "the result of exp is read",
    );
    expect(thrownBy(() => compile((x: Tensor) => x.mul(w.item()))(tensor([1])))).toContain(
      "a tensor from outside the step is read",
    );
    same(compile((x: Tensor) => x.mul(tensor([2]).item()))(tensor([1])), tensor([2]));
    expect(w.item()).toBe(1); // and reading works again afterwards
  });

  it("arguments with gradients, a step in a step, what is no tensor", () => {
    const w = tensor([1], { requiresGrad: true });
    const inner = compile((x: Tensor) => x);
    expect(thrownBy(() => inner(w))).toContain("argument 0 requires a gradient");
    expect(thrownBy(() => compile((x: Tensor) => inner(x))(tensor([1])))).toContain("called inside another");
    expect(thrownBy(() => inner(1 as never))).toContain(
      "compile: argument 0 must be a tensor, got 1; pass tensors one by one",
    );
  });

  it("tensors of another trace", () => {
    let kept: Tensor | undefined;
    compile((x: Tensor) => {
      kept = x.mul(2);
      return x;
    })(tensor([1]));
    expect(thrownBy(() => compile((x: Tensor) => x.add(kept as Tensor))(tensor([1])))).toContain(
      "a tensor that an earlier trace made is used",
    );
    expect(thrownBy(() => kept?.item())).toContain("TraceError");
  });
});

describe("programs", () => {
  afterEach(() => vi.restoreAllMocks());

  it("are kept by shape and dtype", () => {
    let traced = 0;
    const step = compile((x: Tensor) => {
      traced++;
      return x.sum();
    });
    for (const x of [zeros([2]), ones([2]), ones([3]), ones([2], { dtype: "int32" })]) step(x);
    expect(traced).toBe(3);
  });

  it("lose what is constant, computed twice, copied, stretched or not needed", () => {
    const w = tensor([1, 2, 3]);
    const step = compile((x: Tensor) => {
      const unused = x.exp();
      const stretched = w.broadcastTo([2, 3]);
      const [a, b] = [x.mul(stretched).clone(), x.mul(w.broadcastTo([2, 3]))];
      return [a.add(b), a.mul(tensor(2).mul(3).sqrt()), unused.detach().mul(0).detach() === unused ? x : a];
    });
    expect(step.program(zeros([2, 3]))).toMatchInlineSnapshot(`
      "program(x0: float32 [2, 3])
        state: w0 [3]
        loop over 2 × 3: 18 flop, reads 40 bytes, writes 72 bytes, keeps %0, %1, %2
          %0  = mul(x0, w0)                                    float32 [2, 3]         6 flop
          %1  = add(%0, %0)                                    float32 [2, 3]         6 flop
          %2  = mul(%0, 2.4494898319244385)                    float32 [2, 3]         6 flop
        return %1, %2, %0
      3 ops in 1 steps, 18 flop, 112 bytes moved, arena of 144 bytes"
    `);
  });

  it("keep apart what differs only in how far it is stretched", () => {
    const [x, y] = [tensor([1, 2, 3]), tensor(10)];
    const f = (x: Tensor, y: Tensor): Tensor[] => [x.add(y), x.broadcastTo([2, 3]).add(y)];
    const [compiled, eager] = [compile(f)(x, y), f(x, y)];
    for (const [i, z] of compiled.entries()) same(z, eager[i] as Tensor);
  });

  it("share their memory between values that do not live together", () => {
    const step = compile((x: Tensor) => {
      let y = x;
      for (let i = 0; i < 50; i++) y = y.cumsum(0);
      return y;
    });
    const text = step.program(zeros([1000]));
    expect(text.split("\n").at(-1)).toBe("50 ops in 50 steps, 50000 flop, 400000 bytes moved, arena of 8032 bytes");
  });

  it("run chains of elementwise ops as one loop, whose intermediate results are never in memory", () => {
    const chain = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 50; i++) y = y.add(1).tanh();
      return y;
    };
    const text = compile(chain).program(zeros([1000]));
    expect(text.split("\n").at(-1)).toBe("100 ops in 1 steps, 100000 flop, 8200 bytes moved, arena of 4016 bytes");
  });

  it("show their loops as WebAssembly text", () => {
    const wat = compile((x: Tensor) => x.mul(2).cumsum(0).add(1)).toWat(zeros([8]));
    expect(wat.match(/\(func \$loop\d/g)).toEqual(["(func $loop0", "(func $loop1"]);
    expect(wat).toMatch(/\(f32x4.mul \(local.get \d+\) \(local.get \d+\)\)/);
  });

  it.each([0, 1, 3, 4, 5, 31, 1000])("have loops for every length and every way of stretching: %i", (n) => {
    const generator = new Generator(n);
    const f = (x: Tensor, row: Tensor, column: Tensor, scalar: Tensor, flags: Tensor): Tensor[] => {
      const y = x.mul(row).add(column).sub(scalar);
      const mask = y.gt(row);
      return [where(mask, y.exp(), y.neg().sigmoid()), mask, where(flags, y, 0).div(column.abs().add(1))];
    };
    for (const [rows, columns] of [
      [n, 3],
      [2, n],
      [n, 1],
      [1, n],
    ] as const) {
      const random = (shape: number[]): Tensor => randn(shape, { generator });
      const args: [Tensor, Tensor, Tensor, Tensor, Tensor] = [
        random([rows, columns]),
        random([columns]),
        random([rows, 1]),
        tensor(0.3, { dtype: "float64" }),
        rand([rows, columns], { generator }).lt(0.5),
      ];
      const [compiled, eager] = [compile(f)(...args), f(...args)];
      for (const [i, y] of compiled.entries()) same(y, eager[i] as Tensor);
    }
  });

  it("agree with the reference kernels to rounding", () => {
    useEngine("js");
    const f = (x: Tensor): Tensor => x.tanh().mul(x.sigmoid()).add(x.exp()).sub(x.abs().add(1).log());
    const x = randn([1000], { generator: new Generator(1) });
    const [compiled, eager] = [compile(f)(x), f(x)];
    useEngine("wasm");
    for (const [i, y] of eager.data.entries()) {
      expect(Math.abs((compiled.data[i] as number) - y)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(y)));
    }
  });

  // The last one: what has once found WebAssembly missing does not look for it again.
  it("run without WebAssembly, too", () => {
    vi.stubGlobal("WebAssembly", undefined);
    const w = tensor([1, 2]);
    const step = compile((x: Tensor) => {
      w.assign(w.add(x.mul(2).relu()));
      return w.sum();
    });
    expect([step(ones([2])).item(), step(ones([2])).item()]).toEqual([7, 11]);
    expect(step.program(ones([2]))).not.toContain("loop");
    vi.unstubAllGlobals();
  });
});
