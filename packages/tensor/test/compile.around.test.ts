// What people do around a compiled step (assign, freeze, accumulate, fail, print) is what it is without compiling.
import {
  bernoulli,
  cat,
  ensure,
  explain,
  IndexError,
  noGrad,
  ones,
  type Tensor,
  tensor,
  ValueError,
  watch,
  zeros,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { afterEach, describe, expect, it, vi } from "vitest";
import { thrownBy } from "./thrown.ts";

type Step = (...args: Tensor[]) => unknown;
const values = (...tensors: (Tensor | null)[]): unknown[] => tensors.map((x) => x && [...x.data]);

/** Does the same things eagerly and compiled: `play` gets the step and shows what there is after each of its calls. */
function both(make: () => { step: Step; play: (step: Step) => unknown }): void {
  const [eager, other] = [make(), make()];
  const expected = eager.play(eager.step);
  expect(other.play(compile(other.step as never) as Step)).toEqual(expected);
}

describe("tensors that are assigned to", () => {
  it("may be given one value, several of them", () => {
    both(() => {
      const [a, b] = [tensor([1, 10]), tensor([1, 20])];
      return {
        step: () => {
          const v = a.add(b);
          a.assign(v);
          b.assign(v);
        },
        play: (step) => [1, 2, 3, 4].map(() => [step(), values(a, b)]),
      };
    });
  });

  it("may be arguments: the caller's tensor changes", () => {
    both(() => {
      const [x, y] = [tensor([1, 2]), tensor([5, 6])];
      return {
        step: (x) => x!.assign(x!.mul(2)).add(1),
        play: (step) => [x, y, x, y].map((argument) => [values(step(argument) as Tensor), values(x, y)]),
      };
    });
  });

  it("may be argument and tensor from outside at once, now and then", () => {
    both(() => {
      const [w, x] = [tensor([1, 2]), tensor([10, 20])];
      const result = (y: unknown) => values(y as Tensor);
      return {
        step: (x) => {
          const before = x!.mul(1);
          w.assign(w.add(x!));
          return before.add(x!.mul(100)); // what x is now
        },
        play: (step) => [w, w, x, w, x, x, w].map((argument) => [result(step(argument)), values(w, x)]),
      };
    });
  });

  it("may be two arguments that share their memory, now and then", () => {
    both(() => {
      const [a, b] = [tensor([1, 2]), tensor([3, 4])];
      return {
        step: (x, y) => {
          x!.assign(x!.add(y!));
          return y!.mul(2);
        },
        play: (step) =>
          [
            [a, a],
            [a, b],
            [b, b.detach()],
            [b, a],
          ].map((args) => [values(step(...args) as Tensor), values(a, b)]),
      };
    });
  });

  it("refuse a backward pass over what has changed, whichever name it was changed by", () => {
    const make = (): Step => {
      const w = tensor([2]);
      return (x) => {
        const v = tensor([3], { requiresGrad: true });
        const y = v.mul(x!);
        w.assign(5);
        y.backward();
      };
    };
    const w = tensor([2]);
    const aliased: Step = (x) => {
      const v = tensor([3], { requiresGrad: true });
      const y = v.mul(x!);
      w.assign(5);
      y.backward();
    };
    expect(thrownBy(() => aliased(w))).toContain("was changed by assign after it was used");
    expect(thrownBy(() => compile(aliased as (x: Tensor) => undefined)(w))).toContain(
      "was changed by assign after it was used",
    );
    expect(thrownBy(() => compile(make() as (x: Tensor) => undefined)(w))).toBe("nothing");
  });

  it("that the step makes on its first call live on, if it keeps them", () => {
    both(() => {
      let cache: Tensor | undefined;
      return {
        step: (x) => {
          cache ??= zeros([2]);
          cache.assign(cache.add(x!));
          return cache.mul(10);
        },
        play: (step) => [1, 2, 3].map((n) => [values(step(tensor([n, n])) as Tensor), values(cache as Tensor)]),
      };
    });
  });

  it("that the step makes anew each time start anew, and are traced no more than twice", () => {
    let traced = 0;
    const step = compile((x: Tensor) => {
      traced++;
      const sum = zeros([2]);
      for (let i = 0; i < 3; i++) sum.assign(sum.add(x));
      return sum;
    });
    for (let n = 0; n < 5; n++) expect([...step(tensor([n, 1])).data]).toEqual([3 * n, 3]);
    expect(traced).toBe(2);
  });

  it("that the step made may be assigned outside", () => {
    both(() => {
      let scale: Tensor | undefined;
      return {
        step: (x) => {
          scale ??= ones([2]);
          return x!.mul(scale);
        },
        play: (step) =>
          [1, 2, 3, 4].map((n) => {
            const y = values(step(tensor([n, n])) as Tensor);
            if (n === 2) scale?.assign([5, 6]);
            return y;
          }),
      };
    });
  });
});

describe("gradients", () => {
  const parameters = (): Tensor[] => [tensor([1, 2], { requiresGrad: true }), tensor([3, 4], { requiresGrad: true })];

  it("accumulate where the step does not forget them", () => {
    both(() => {
      const [w, v] = parameters() as [Tensor, Tensor];
      return {
        step: (x) => w.mul(x!).mul(v).sum().backward(),
        play: (step) =>
          [1, 2, 3, 4].map((n) => {
            step(tensor([n, 1]));
            const seen = values(w.grad, v.grad);
            if (n === 3) w.grad = null;
            return seen;
          }),
      };
    });
  });

  it("of several steps add up, compiled or not", () => {
    const [w] = parameters() as [Tensor];
    const step = (x: Tensor): void => w.mul(x).sum().backward();
    const compiled = compile(step);
    for (const f of [compiled, step, compiled, compiled, step]) f(tensor([1, 10]));
    expect(values(w.grad)).toEqual([[5, 50]]);
  });

  it("are forgotten by zeroGrad in the step, also those that were set before the call; new ones stay inside", () => {
    const [w] = parameters() as [Tensor];
    const step = compile((x: Tensor) => {
      w.grad = null;
      const loss = w.mul(x).sum();
      loss.backward();
      return w.grad as unknown as Tensor;
    });
    for (let i = 0; i < 3; i++) {
      w.grad = tensor([7, 7]);
      expect(values(step(tensor([1, 2])))).toEqual([[1, 2]]);
      expect(w.grad).toBeNull();
    }
  });

  it("forgotten at the end are gone, and those from before count", () => {
    both(() => {
      const [w] = parameters() as [Tensor];
      return {
        step: (x) => {
          w.mul(x!).sum().backward();
          noGrad(() => w.assign(w.sub(w.grad as Tensor)));
          w.grad = null;
        },
        play: (step) =>
          [1, 2, 3].map((n) => {
            if (n === 2) w.grad = tensor([100, 0]);
            step(tensor([n, n]));
            return values(w, w.grad);
          }),
      };
    });
  });

  it("may be read and replaced in the step", () => {
    both(() => {
      const [w] = parameters() as [Tensor];
      w.grad = tensor([1, 1]);
      return {
        step: () => {
          w.grad = (w.grad as Tensor).mul(2);
        },
        play: (step) => [1, 2, 3].map(() => [step(), values(w.grad)]),
      };
    });
  });

  it("are as they were when the step fails, traced or run", () => {
    const [w] = parameters() as [Tensor];
    const held = tensor([1, 1]);
    w.grad = held;
    const step = compile((x: Tensor) => {
      w.mul(x).sum().backward();
      w.gather(0, x.to("int32"));
    });
    for (let i = 0; i < 2; i++) {
      expect(thrownBy(() => step(tensor([0, 2])))).toContain("gather: index 2");
      expect(w.grad).toBe(held);
    }
    const broken = compile((x: Tensor) => {
      w.mul(x).sum().backward();
      throw new Error("stop");
    });
    expect(thrownBy(() => broken(tensor([0, 1])))).toBe("Error: stop");
    expect(w.grad).toBe(held);
    step.program(tensor([0, 1]));
    expect(w.grad).toBe(held);
    expect(values(held)).toEqual([[1, 1]]);
  });
});

describe("a step is traced again when what it read has changed", () => {
  it("requiresGrad", () => {
    both(() => {
      const [w, v] = [tensor([1, 2], { requiresGrad: true }), tensor([3, 4], { requiresGrad: true })];
      return {
        step: (x) => {
          for (const p of [w, v]) p.grad = null;
          w.mul(v).mul(x!).sum().backward();
          noGrad(() => {
            for (const p of [w, v]) if (p.grad !== null) p.assign(p.sub(p.grad.mul(0.5)));
          });
        },
        play: (step) =>
          [true, false, false, true].map((flag) => {
            w.requiresGrad = flag;
            step(tensor([1, -1]));
            return values(w, v);
          }),
      };
    });
  });

  it("and requiresGrad that the step sets is set after each call, not by tracing", () => {
    const w = tensor([1], { requiresGrad: true });
    const step = compile(() => {
      w.requiresGrad = false;
    });
    step.program();
    expect(w.requiresGrad).toBe(true);
    step();
    expect(w.requiresGrad).toBe(false);
  });

  it("whether operations are recorded", () => {
    const w = tensor([2], { requiresGrad: true });
    const step = compile((x: Tensor) => tensor(Number(w.mul(x).requiresGrad)));
    expect([step(ones([1])).item(), noGrad(() => step(ones([1]))).item(), step(ones([1])).item()]).toEqual([1, 0, 1]);
  });

  it("properties of a watched object", () => {
    let traced = 0;
    const settings: { scale: number; weight: Tensor; on?: boolean } = { scale: 2, weight: tensor([1]) };
    const f = (x: Tensor): Tensor => {
      traced++;
      watch(settings);
      return settings.on ? x : x.mul(settings.weight).mul(settings.scale);
    };
    const step = compile(f);
    const check = (): void => expect(values(step(ones([1])))).toEqual(values(f(ones([1]))));
    check();
    settings.scale = 3;
    check();
    settings.weight = tensor([5]);
    check();
    expect(traced).toBe(6);
    check();
    settings.scale = 2;
    settings.weight.assign([7]);
    check();
    expect(traced).toBe(9);
  });

  it("but a result cannot be kept in one", () => {
    const memory: { last: Tensor | null } = { last: null };
    const step = compile((x: Tensor) => {
      watch(memory).last = x.mul(2);
    });
    expect(thrownBy(() => step(ones([1])))).toBe(
      "TraceError: compile: Object.last is set to a result, which has no value yet; return it from the step, or assign it to a tensor made outside",
    );
    expect(memory.last).toBeNull();
  });
});

describe("programs", () => {
  afterEach(() => vi.restoreAllMocks());

  it("are at most 16 for a step, those called last, with one warning that says what keeps changing", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    let traced = 0;
    const step = compile((x: Tensor) => {
      traced++;
      return x.sum();
    });
    for (let n = 1; n <= 16; n++) step(zeros([n]));
    step(zeros([1])); // the oldest, called again
    expect([traced, warn.mock.calls.length]).toEqual([16, 0]);
    step(zeros([17])); // in place of [2]
    step(zeros([1]));
    expect(traced).toBe(17);
    step(zeros([2]));
    step(zeros([18]));
    expect(traced).toBe(19);
    expect(warn.mock.calls.map(String)).toEqual([
      "compile: one step has more than 16 programs, so the oldest are dropped: the shapes of its arguments keep changing; pad them",
    ]);
    const settings = { scale: 0 };
    const other = compile((x: Tensor) => x.mul(watch(settings).scale));
    for (; settings.scale < 20; settings.scale++) expect(other(ones([1])).item()).toBe(settings.scale);
    expect(String(warn.mock.calls[1])).toContain("the oldest are dropped: Object.scale changes");
  });

  it("do not change versions when they are only traced, or fail while they are", () => {
    const w = tensor([2], { requiresGrad: true });
    const y = w.mul(w);
    const step = compile((x: Tensor) => {
      noGrad(() => w.assign(w.mul(x).sum()));
      if (x.size > 1) throw new Error("stop");
    });
    step.program(ones([1]));
    expect(thrownBy(() => step(ones([2])))).toBe("Error: stop");
    y.backward();
    expect(values(w.grad)).toEqual([[4]]);
  });

  it("keep neither arguments nor results alive", () => {
    const step = compile((x: Tensor) => x.mul(2).add(tensor([1, 2])));
    let x: Tensor | undefined = tensor([1, 2]);
    const storage = x.storage;
    step(x);
    x = undefined;
    const seen = new Set<unknown>();
    const reaches = (from: unknown): boolean => {
      if (from === storage) return true;
      if (typeof from !== "object" || from === null || seen.has(from) || ArrayBuffer.isView(from)) return false;
      seen.add(from);
      const held = from instanceof Map || from instanceof Set ? [...from].flat() : Object.values(from);
      return held.some(reaches);
    };
    expect(reaches(step)).toBe(false);
  });

  it("tell what differs in −0, NaN or infinity", () => {
    const f = (x: Tensor): Tensor[] => [
      x.clamp({ max: 1 }),
      x.clamp({ min: Number.POSITIVE_INFINITY, max: 1 }),
      x.softplus({ threshold: Number.POSITIVE_INFINITY }),
      x.softplus({ threshold: Number.NEGATIVE_INFINITY }),
      x.clamp({ min: -0, max: 1 }),
      x.clamp({ min: 0, max: 1 }),
      x.clamp({ min: Number.NaN, max: 1 }),
    ];
    const x = tensor([-3, 0.5, 30]);
    const [eager, compiled] = [f(x), compile(f)(x)].map((list) => list.map((y) => Array.from(y.data)));
    for (const [i, y] of (eager as number[][]).entries()) {
      expect(compiled?.[i]?.map((value) => Number(value.toPrecision(5)))).toEqual(
        y.map((value) => Number(value.toPrecision(5))),
      );
    }
  });

  it("take ops of any number of inputs", () => {
    const step = compile((x: Tensor) => cat(new Array<Tensor>(200_000).fill(x)).sum());
    expect(step(tensor([0.5])).item()).toBe(100_000);
    expect(step.program(tensor([0.5]))).toContain("cat(");
  });

  it("tell operands of one size and several shapes apart", () => {
    const f = (x: Tensor, y: Tensor): Tensor[] => {
      const [row, column] = [x.reshape([1, 3]), x.reshape([3, 1])];
      return [row.add(y).sum(0), column.add(y).sum(0), row.cumsum(1), column.cumsum(1).T];
    };
    const [x, y] = [tensor([1, 2, 3]), tensor([[1, 2, 3], [4, 5, 6], [7, 8, 9]])]; // biome-ignore format: a matrix
    expect(values(...compile(f)(x, y))).toEqual(values(...f(x, y)));
  });
});

describe("what a step returns", () => {
  it.each([
    [async () => tensor(1), "the step returned a promise; pass a synchronous function, and await outside it"],
    [() => 1, "the step returned 1; return a tensor, an array or an object of tensors, or nothing"],
    [() => "a", 'the step returned "a"; return a tensor, an array or an object of tensors, or nothing'],
    [() => new Map([["a", tensor(1)]]), "the step returned a Map; return a tensor, an array or an object of tensors, or nothing"],
    [() => new Set([tensor(1)]), "the step returned a Set; return a tensor, an array or an object of tensors, or nothing"],
    [() => () => 1, "the step returned a function; return a tensor, an array or an object of tensors, or nothing"],
    [() => new Float32Array(1), "the step returned a Float32Array; return a tensor, an array or an object of tensors, or nothing"],
    [() => ({ a: 1 }), "the step returned 1 as a; return tensors, which are read when it has run"],
    [() => [tensor(1), null], "the step returned null as 1; return tensors, which are read when it has run"],
  ])("%s is an error", (step, error) => {
    expect(thrownBy(() => compile(step as never)())).toBe(`TraceError: compile: ${error}`);
  }); // biome-ignore format: one case, one line

  it("may be nothing", () => {
    expect(compile(() => null as never)()).toBeNull();
    expect(compile(() => undefined)()).toBeUndefined();
  });
});

describe("what is passed to compile", () => {
  it.each([
    [() => compile(1 as never), "compile: needs a function, got 1"],
    [() => compile((x: Tensor) => x, { thread: 2 } as never), 'compile: no option "thread"; did you mean "threads"?'],
    [() => compile((x: Tensor) => x, { threads: "2" } as never), 'compile: threads must be a number, got "2"'],
    [() => compile((x: Tensor) => x, 2 as never), "compile: options are an object, { threads }; got 2"],
    [() => compile((x: Tensor) => x, { threads: 0 }), "compile: threads must be an integer from 1 to 64, got 0"],
    [() => compile((x: Tensor) => x, { threads: 65 }), "compile: threads must be an integer from 1 to 64, got 65"],
  ])("%s is checked", (call, error) => {
    expect(thrownBy(call)).toBe(`ValueError: ${error}`);
  });

  it("and 64 threads can be asked for", () => {
    expect(compile((x: Tensor) => x.mul(2), { threads: 64 })(ones([1])).item()).toBe(2);
  });

  it("and a compiled step cannot run inside another, be it traced already", () => {
    const inner = compile((x: Tensor) => x.mul(2));
    inner(ones([1]));
    expect(thrownBy(() => compile((x: Tensor) => inner(x))(ones([1])))).toContain("called inside another");
  });
});

describe("checks of values", () => {
  const positive = (x: Tensor): Tensor => {
    ensure(x.gt(0), () => new ValueError(`positive: ${x.amin().item()} is not above 0`));
    return x.log();
  };

  it("look at the values of each call, name them, and leave everything as it was", () => {
    const w = tensor([0]);
    const step = compile((x: Tensor) => {
      w.assign(w.add(1));
      return positive(x.mul(2));
    });
    expect(values(step(tensor([1, 2])))).toEqual(values(positive(tensor([2, 4]))));
    expect(thrownBy(() => step(tensor([1, -3])))).toBe("ValueError: positive: -6 is not above 0");
    expect(thrownBy(() => positive(tensor([2, -6])))).toBe("ValueError: positive: -6 is not above 0");
    expect(w.item()).toBe(1);
    step(tensor([1, 2]));
    expect(w.item()).toBe(2);
    expect(step.program(tensor([1, 2]))).toContain("ensure(");
  });

  it("are those of ops, too, also where nobody reads what these compute", () => {
    const step = compile((x: Tensor) => {
      x.mul(2).to("int32"); // NaN is not an integer
      x.to("float64").to("float32");
      return x.add(1);
    });
    expect(values(step(tensor([1, 2])))).toEqual([[2, 3]]);
    expect(thrownBy(() => step(tensor([1, Number.NaN])))).toContain("ValueError: to: NaN at [1] is not an int32");
    expect(step.program(ones([2])).match(/cast/g)).toHaveLength(1);
  });

  it("see the numbers that were drawn", () => {
    const step = compile((p: Tensor) => {
      const drawn = bernoulli(p);
      ensure(drawn.lt(1), () => new ValueError(`drawn: ${drawn.sum().item()} ones`));
      return drawn;
    });
    expect(values(step(zeros([3])))).toEqual([[0, 0, 0]]);
    expect(thrownBy(() => step(ones([3])))).toBe("ValueError: drawn: 3 ones");
    expect(thrownBy(() => step(tensor([2])))).toBe("ValueError: bernoulli: probabilities lie in [0, 1]");
  });

  it("hold for constants, at every call", () => {
    const step = compile(() => positive(tensor([-1])));
    for (let i = 0; i < 2; i++) expect(thrownBy(step)).toBe("ValueError: positive: -1 is not above 0");
  });

  it("explain errors of ops, the innermost first, also without WebAssembly", () => {
    const named = (index: Tensor): Tensor =>
      explain(
        () =>
          explain(
            () => ones([3]).gather(0, index),
            (cause) => (cause instanceof IndexError ? new IndexError(`inner: ${index.amax().item()}`) : cause),
          ).gather(0, zeros([1], { dtype: "int32" })),
        (cause) => new ValueError(`outer: ${(cause as Error).message}`),
      );
    const bad = tensor([1, 7], { dtype: "int32" });
    const expected = "ValueError: outer: inner: 7";
    expect(thrownBy(() => named(bad))).toBe(expected);
    for (const constants of [true, false]) {
      const step = compile((index: Tensor) => named(constants ? tensor([1, 7], { dtype: "int32" }) : index));
      for (let i = 0; i < 2; i++) expect(thrownBy(() => step(bad))).toBe(expected);
    }
    expect(
      thrownBy(() =>
        compile(() =>
          explain(
            () => ones([2]).matmul(ones([3])),
            () => new Error("shapes"),
          ),
        )(),
      ),
    ).toBe("Error: shapes");
  });
});

describe("printing while tracing", () => {
  it("shows what is known, and what a stand-in stands for", () => {
    const seen: string[] = [];
    const w = tensor([1, 2]);
    const step = compile((x: Tensor) => {
      seen.push(String(x), String(x.mul(2).sum()), String(w), String(tensor([3])));
      w.assign(x.sum());
      seen.push(String(w));
    });
    step(zeros([2, 3]));
    expect(seen).toEqual([
      "tensor(traced, float32 [2, 3])",
      "tensor(traced, float32 [])",
      "tensor([1., 2.])",
      "tensor([3.])",
      "tensor(traced, float32 [2])",
    ]);
  });
});
