import {
  backwardSteps,
  cat,
  customGrad,
  GradError,
  grad,
  isGradEnabled,
  matmul,
  noGrad,
  ones,
  type Tensor,
  type TensorLike,
  tensor,
  valueAndGrad,
  vjp,
} from "@tendril/tensor";
import { describe, expect, it } from "vitest";

const f64 = (data: TensorLike): Tensor => tensor(data, { dtype: "float64" });
const leaf = (data: TensorLike): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });
const gradOf = (x: Tensor): unknown => x.grad?.toArray();

describe("backward", () => {
  it("goes 200,000 ops deep", () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 200_000; i++) y = y.add(1);
    y.backward();
    expect([y.item(), gradOf(x)]).toEqual([200_001, 1]);
  });

  it("visits each op once where 2^60 paths lead through it", () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 60; i++) y = y.add(y);
    y.backward();
    expect(gradOf(x)).toBe(2 ** 60);
  });

  it("counts both sides of x · x", () => {
    const x = leaf([3, -2]);
    x.mul(x).sum().backward();
    expect(gradOf(x)).toEqual([6, -4]);
  });

  it("doubles the gradient exactly when it runs a second time", () => {
    const [x, w] = [leaf([0.1, 0.7]), leaf([0.3, -0.9])];
    const y = x.mul(w).tanh().logSumExp();
    y.backward();
    const once = [x, w].map((leaf) => [...(leaf.grad as Tensor).data]);
    y.backward();
    expect([x, w].map((leaf) => [...(leaf.grad as Tensor).data])).toEqual(once.map((g) => g.map((v) => 2 * v)));
  });

  it("accumulates over different outputs until grad is cleared", () => {
    const x = leaf(2);
    x.mul(3).backward();
    x.mul(5).backward();
    expect(gradOf(x)).toBe(8);
    x.grad = null;
    x.mul(7).backward();
    expect(gradOf(x)).toBe(7);
  });

  it("is right where a subgraph is shared by branches of different depths", () => {
    // h = x², y = h + h·(h + 1) = 2h + h²; dy/dx = (2 + 2h)·2x = 40 at x = 2
    const x = leaf(2);
    const h = x.mul(x);
    h.add(h.mul(h.add(1))).backward();
    expect(gradOf(x)).toBe(40);
  });

  it("leaves what the output does not depend on alone", () => {
    const [x, unused] = [leaf(2), leaf(5)];
    const branch = x.mul(unused).exp();
    x.mul(4).backward();
    expect([gradOf(x), unused.grad, branch.requiresGrad]).toEqual([4, null, true]);
  });

  it("gives leaves their gradients, intermediates and constants none", () => {
    const [x, constant] = [leaf([1, 2]), f64([3, 4])];
    const [h, same] = [x.mul(constant), x.reshape([2, 1])];
    h.add(same.sum()).sum().backward();
    expect([h.grad, same.grad, constant.grad]).toEqual([null, null, null]);
    expect([x.isLeaf, h.isLeaf, same.isLeaf, constant.isLeaf]).toEqual([true, false, false, true]);
    expect(gradOf(x)).toEqual([5, 6]);
  });

  it("gives every leaf a gradient in storage of its own", () => {
    const [a, b] = [leaf([1, 2]), leaf([[3, 4]])];
    const cotangent = f64([[1, 1]]);
    a.add(b.reshape([2]))
      .reshape([1, 2])
      .backward(cotangent);
    noGrad(() => (a.grad as Tensor).assign([7, 7]));
    expect([gradOf(a), gradOf(b), cotangent.toArray()]).toEqual([[7, 7], [[1, 1]], [[1, 1]]]);
  });

  it("sums over the axes along which an input was broadcast, in the input's own dtype", () => {
    const [row, column] = [tensor([1, 2, 3], { requiresGrad: true }), leaf([[10], [20]])];
    row.mul(column).backward(ones([2, 3]));
    expect([row.grad?.dtype, gradOf(row), gradOf(column)]).toEqual(["float32", [30, 30, 30], [[6], [6]]]);
  });

  it("sums over axes that were added and axes that were stretched, in one input", () => {
    const x = leaf([[1], [2]]);
    const weights = f64(Array.from({ length: 24 }, (_, i) => i)).reshape([4, 2, 3]);
    x.mul(weights).sum().backward();
    expect(gradOf(x)).toEqual([[120], [156]]);
  });

  it("gives gradients in the dtype of what they are by, also where nothing was broadcast", () => {
    const [single, double] = [tensor([1, 2], { requiresGrad: true }), leaf([3, 4])];
    single.mul(double).sum().backward();
    expect([single.grad?.dtype, double.grad?.dtype]).toEqual(["float32", "float64"]);
    const alone = leaf(2);
    alone.backward();
    expect([alone.grad?.dtype, gradOf(alone)]).toEqual(["float64", 1]);
    expect(grad((_: Tensor) => f64(3))(f64([1, 2])).dtype).toBe("float64");
  });

  it("takes a cotangent for an output of any shape", () => {
    const x = leaf([1, 2, 3]);
    x.mul(x).backward([1, 10, 100]);
    expect(gradOf(x)).toEqual([2, 40, 600]);
  });

  it("starts from a leaf, too", () => {
    const x = leaf(5);
    x.backward(3);
    expect(gradOf(x)).toBe(3);
  });

  it("makes gradients that have gradients with createGraph, and constants without", () => {
    const x = leaf(3);
    x.pow(3).backward(undefined, { createGraph: true });
    const first = x.grad as Tensor;
    expect([first.item(), first.requiresGrad]).toEqual([27, true]);
    x.grad = null;
    first.backward();
    expect(gradOf(x)).toBe(18);
    expect((x as Tensor).grad?.requiresGrad).toBe(false);
  });

  it("needs one element or a cotangent that fits, and a graph", () => {
    const x = leaf([1, 2]);
    expectError(
      () => x.mul(2).backward(),
      "GradError: backward: the output has shape [2], not one element; pass a cotangent of that shape, or reduce it with .sum() or .mean()",
    );
    expectError(
      () => x.mul(2).backward([1, 2, 3]),
      "ShapeError: backward: the cotangent has shape [3], the output [2]",
    );
    expectError(
      () => f64(1).exp().backward(),
      "GradError: backward: nothing here requires a gradient; make a leaf with { requiresGrad: true }, and compute outside noGrad",
    );
    expect(x.grad).toBeNull();
  });

  it("takes as a gradient nothing but null and a tensor of the same shape", () => {
    const x = f64([1, 2]);
    for (const [wrong, shown] of [
      [f64(1), "a tensor []"],
      [[1, 2], "an array of 2"],
      [undefined, "undefined"],
    ] as const) {
      const set = () => Object.assign(x, { grad: wrong });
      expectError(set, `ShapeError: grad: must be null or a tensor [2], got ${shown}`);
    }
    x.grad = f64([3, 4]);
    expect(x.grad.toArray()).toEqual([3, 4]);
    x.grad = null;
    expect(x.grad).toBeNull();
  });

  it("writes no gradient at all when a rule fails half way", () => {
    const broken = customGrad({ name: "broken", forward: (x) => x.clone(), vjps: [() => ones([5])] });
    const [x, y] = [leaf([1, 2]), leaf([1, 2])];
    expect(() => y.add(broken(x)).sum().backward()).toThrow(GradError);
    expect([x.grad, y.grad]).toEqual([null, null]);
  });
});

describe("requiresGrad and detach", () => {
  it("spreads from leaves to what is computed from them", () => {
    const [x, w] = [f64([1, 2]), leaf([3, 4])];
    expect([x.mul(2), x.mul(w), w.detach().mul(2), w.gt(0), w.argmax()].map((y) => y.requiresGrad)).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
  });

  it("is switched on and off on leaves of a floating dtype only", () => {
    const x = f64([1, 2]);
    x.requiresGrad = true;
    const y = x.mul(3);
    x.requiresGrad = false;
    expect([y.requiresGrad, x.mul(3).requiresGrad]).toEqual([true, false]);
    expectError(() => {
      y.requiresGrad = false;
    }, "GradError: requiresGrad: can be set on leaves only, and this tensor was computed; use x.detach()");
    expectError(() => {
      y.argmax().requiresGrad = true;
    }, 'GradError: requiresGrad: only floats have gradients, this is int32; use .to("float32")');
    expectError(
      () => tensor([1, 2], { dtype: "int32", requiresGrad: true }),
      'GradError: requiresGrad: only floats have gradients, this is int32; use .to("float32")',
    );
  });

  it("stops gradients at detach", () => {
    const x = leaf(3);
    x.detach().mul(x).backward();
    expect(gradOf(x)).toBe(3);
  });

  it("passes them through clone, which has storage of its own", () => {
    const x = leaf([1, 2]);
    const copy = x.clone();
    copy.mul([3, 4]).sum().backward();
    noGrad(() => x.assign([0, 0]));
    expect([gradOf(x), copy.toArray()]).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });
});

describe("noGrad", () => {
  it("records nothing inside, returns what its function returns, and ends with it", () => {
    const x = leaf(3);
    expect(noGrad(() => [isGradEnabled(), x.mul(2).requiresGrad])).toEqual([false, false]);
    expect([isGradEnabled(), x.mul(2).requiresGrad]).toEqual([true, true]);
  });

  it("ends when its function throws, and when it was nested", () => {
    expect(() =>
      noGrad(() => {
        throw new Error("inside");
      }),
    ).toThrow("inside");
    expect(noGrad(() => [noGrad(() => 1), isGradEnabled()])).toEqual([1, false]);
    expect(isGradEnabled()).toBe(true);
  });

  it("does not keep grad from its work: the derivative is there, and is a constant", () => {
    const w = leaf(5);
    const [g, inner] = noGrad(() => [grad((x: Tensor) => x.mul(x).mul(w))(f64(3)), isGradEnabled()] as const);
    expect([g.item(), g.requiresGrad, inner]).toEqual([30, false, false]);
    const nested = noGrad(() => grad(grad((x: Tensor) => x.pow(3)))(f64(2)));
    expect(nested.item()).toBe(12);
  });
});

describe("grad", () => {
  it("nests to any order", () => {
    const f = (x: Tensor): Tensor => x.pow(5);
    const at2 = [f, grad(f), grad(grad(f)), grad(grad(grad(f))), grad(grad(grad(grad(f))))].map((g) =>
      g(f64(2)).item(),
    );
    expect(at2).toEqual([32, 80, 160, 240, 240]);
  });

  it("does not confuse an inner derivative's variable with an outer one's", () => {
    // d/dx [x · d/dy (x + y)] = d/dx [x · 1] = 1: the classic perturbation confusion gives 2
    const sum = (x: Tensor): Tensor => x.mul(grad((y: Tensor) => x.add(y))(f64(1)));
    expect(grad(sum)(f64(1)).item()).toBe(1);
    // the same with the inner derivative taken at x itself
    const atX = (x: Tensor): Tensor => x.mul(grad((y: Tensor) => x.add(y))(x));
    expect(grad(atX)(f64(1)).item()).toBe(1);
    // d/dx [d/dy (x·y²) at y = x] = d/dx 2x² = 4x, and once more: 4
    const product = (x: Tensor): Tensor => grad((y: Tensor) => x.mul(y).mul(y))(x);
    expect([grad(product)(f64(3)).item(), grad(grad(product))(f64(3)).item()]).toEqual([12, 4]);
  });

  it("differentiates closures over outer variables, three deep", () => {
    // d/dz (x·y·z²) = 2xyz; by y at z = y: d/dy 2xy² = 4xy; by x at y = x: d/dx 4x² = 8x
    const f = grad((x: Tensor) => grad((y: Tensor) => grad((z: Tensor) => x.mul(y).mul(z).mul(z))(y))(x));
    expect(f(f64(5)).item()).toBe(40);
  });

  it("takes an inner derivative that does not depend on the outer variable as a constant", () => {
    const f = (x: Tensor): Tensor => x.mul(grad((y: Tensor) => y.mul(y))(f64(7)));
    expect(grad(f)(f64(2)).item()).toBe(14);
  });

  it("does not touch the grad of its arguments, nor of what it closes over", () => {
    const [x, w] = [leaf(2), leaf(3)];
    expect(grad((x: Tensor) => x.mul(x).mul(w))(x).item()).toBe(12);
    expect([x.grad, w.grad]).toEqual([null, null]);
  });

  it("can be backpropagated through to its argument and to what it closes over", () => {
    const [x, w] = [leaf(2), leaf(3)];
    const slope = grad((x: Tensor) => x.mul(x).mul(w))(x); // 2xw
    slope.backward();
    expect([gradOf(x), gradOf(w)]).toEqual([6, 4]);
  });

  it("gives zeros for an argument that does not matter, and the value itself its cotangent", () => {
    expect(grad((_: Tensor) => f64(3))(f64([1, 2])).toArray()).toEqual([0, 0]);
    expect(grad((x: Tensor) => x)(f64(3)).item()).toBe(1);
  });

  it("treats the same tensor passed twice as two arguments", () => {
    const x = f64(3);
    expect(grad((a: Tensor, b: Tensor) => a.mul(b).mul(b), { argnums: [0, 1] })(x, x).map((g) => g.item())).toEqual([
      9, 18,
    ]);
  });

  it("gives constants, unless something else requires a gradient and matters", () => {
    expect(grad((x: Tensor) => x.mul(x))(f64(3)).requiresGrad).toBe(false);
    const first = customGrad({
      name: "first",
      forward: (a: Tensor, b: Tensor) => a.mul(b),
      vjps: [(ct, [a]) => ct.mul(a), null],
    });
    expect(grad((x: Tensor) => first(x, leaf(2).mul(1)))(f64(3)).requiresGrad).toBe(false);
  });

  it("refuses what has no gradient", () => {
    const f = (x: Tensor): Tensor => x.mul(2);
    expectError(
      () => grad(f)(f64([1, 2])),
      "GradError: grad: the output has shape [2], not one element; pass a cotangent of that shape, or reduce it with .sum() or .mean()",
    );
    expectError(
      () => grad(f)(tensor(1, { dtype: "int32" })),
      "DTypeError: grad: input 0 is int32; only floats have gradients: use it from outside",
    );
    expectError(
      () => grad(f)(3 as unknown as Tensor),
      "GradError: grad: input 0 is not a tensor but 3; wrap it in tensor(…)",
    );
    expectError(() => grad(f, { argnums: 1 })(f64(1)), "GradError: grad: argnums names argument 1, but there are 1");
    expectError(
      () => grad((x: Tensor) => x.item() as unknown as Tensor)(f64(1)),
      "GradError: grad: the function must return one tensor, got 1",
    );
  });
});

describe("valueAndGrad and vjp", () => {
  const f = (a: Tensor, b: Tensor, c: Tensor): Tensor => a.mul(b).add(c.mul(c)).sum();

  it("gives the value beside one gradient, or a list for a list of argnums", () => {
    const inputs = [f64([1, 2]), f64([3, 4]), f64(5)] as const;
    const [value, byA] = valueAndGrad(f)(...inputs);
    expect([value.item(), byA.toArray()]).toEqual([61, [3, 4]]);
    const [, byCA] = valueAndGrad(f, { argnums: [2, 0] })(...inputs);
    expect(byCA.map((g) => g.toArray())).toEqual([20, [3, 4]]);
    const [, listOfOne] = valueAndGrad(f, { argnums: [1] })(...inputs);
    expect(listOfOne.map((g) => g.toArray())).toEqual([[1, 2]]);
  });

  it("returns a value that is part of an outer graph only if there is one", () => {
    const w = leaf(3);
    const square = (x: Tensor): Tensor => x.mul(x);
    expect(valueAndGrad(square)(f64(2))[0].requiresGrad).toBe(false);
    valueAndGrad((x: Tensor) => x.mul(w))(f64(2))[0].backward();
    expect(gradOf(w)).toBe(2);
  });

  it("pulls any cotangent back, any number of times, to every input", () => {
    const [value, pullback] = vjp(
      (a, b, unused) => matmul(a, b).add(unused.mul(0)),
      f64([[1, 2]]),
      f64([[3], [4]]),
      f64(1),
    );
    expect(value.toArray()).toEqual([[11]]);
    expect(pullback([[1]]).map((g) => g.toArray())).toEqual([[[3, 4]], [[1], [2]], 0]);
    expect(pullback([[10]]).map((g) => g.toArray())).toEqual([[[30, 40]], [[10], [20]], 0]);
    expectError(() => pullback([1]), "ShapeError: vjp: the cotangent has shape [1], the output [1, 1]");
  });

  it("is linear in a cotangent that requires a gradient", () => {
    const u = leaf([1, 1]);
    const [, pullback] = vjp((x) => x.mul(x), f64([3, 4]));
    (pullback(u)[0] as Tensor).sum().backward();
    expect(gradOf(u)).toEqual([6, 8]);
  });
});

describe("customGrad", () => {
  const cube = customGrad({
    name: "cube",
    forward: (x: Tensor) => x.mul(x).mul(x),
    vjps: [(ct, [x]) => ct.mul(x.mul(x)).mul(3)],
  });

  it("computes its value unrecorded and takes its gradient from its rule, to any order", () => {
    const seen: boolean[] = [];
    const doubled = customGrad({
      name: "doubled",
      forward: (x: Tensor) => {
        seen.push(isGradEnabled());
        return x.mul(2);
      },
      vjps: [(ct) => ct.mul(1000)],
    });
    const x = leaf(4);
    const y = doubled(x);
    y.backward();
    expect([seen, y.item(), gradOf(x)]).toEqual([[false], 8, 1000]);
    expect([grad(cube)(f64(2)).item(), grad(grad(cube))(f64(2)).item(), grad(grad(grad(cube)))(f64(2)).item()]).toEqual(
      [12, 12, 6],
    );
  });

  it("gives the rule its inputs and its output, and null rules to integer inputs", () => {
    const pick = customGrad({
      name: "pick",
      forward: (x: Tensor, index: Tensor) => x.exp().gather(0, index),
      vjps: [(ct, [x, index], out) => x.mul(0).scatterAdd(0, index, ct.mul(out)), null],
    });
    const x = leaf([0, 1, 2]);
    pick(x, tensor([2, 2], { dtype: "int32" }))
      .sum()
      .backward();
    expect(gradOf(x)).toEqual([0, 0, 2 * Math.exp(2)]);
  });

  it("passes nothing back to an input that has no rule, also where it is another input, too", () => {
    const first = customGrad({
      name: "first",
      forward: (a: Tensor, b: Tensor) => a.mul(b),
      vjps: [(ct, [, b]) => ct.mul(b), null],
    });
    const x = leaf(3);
    first(x, x).backward();
    expect(gradOf(x)).toBe(3);
  });

  it("takes numbers and arrays like an op, and records nothing without need", () => {
    expect([cube(2).item(), cube([1, 2]).toArray(), cube(f64(2)).requiresGrad]).toEqual([8, [1, 8], false]);
    expect(noGrad(() => cube(leaf(2))).requiresGrad).toBe(false);
  });

  it("sums a broadcast input's cotangent like a primitive", () => {
    const plus = customGrad({
      name: "plus",
      forward: (a: Tensor, b: Tensor) => a.add(b),
      vjps: [(ct) => ct, (ct) => ct],
    });
    const [a, b] = [leaf([[1], [2]]), leaf([1, 2, 3])];
    plus(a, b).sum().backward();
    expect([gradOf(a), gradOf(b)]).toEqual([
      [[3], [3]],
      [2, 2, 2],
    ]);
  });

  it("takes one rule for all inputs, however many", () => {
    const total = customGrad({
      name: "total",
      forward: (...xs: Tensor[]) => xs.reduce((a, b) => a.add(b)),
      vjps: (ct, _xs, _out, _params, i) => ct.mul(i + 1),
    });
    const xs = [leaf(1), leaf(2), leaf(3)];
    total(...xs).backward();
    expect(xs.map(gradOf)).toEqual([1, 2, 3]);
  });

  const spec = { name: "twice", forward: (x: Tensor) => x.mul(2), vjps: [(ct: Tensor) => ct.mul(2)] };
  it.each<[string, object, string]>([
    ["no name", { name: undefined }, "GradError: customGrad: needs a name, for errors and graphs"],
    ["an empty name", { name: "" }, "GradError: customGrad: needs a name, for errors and graphs"],
    ["no forward", { forward: undefined }, "GradError: twice: needs forward, the function itself"],
    ["no function", { forward: 1 }, "ValueError: customGrad: forward must be a function, got 1"],
    ["another key", { backward: 1 }, 'ValueError: customGrad: no option "backward"; there are name, forward, vjps'],
    [
      "fewer rules than arguments",
      { forward: (a: Tensor, b: Tensor) => a.mul(b) },
      "GradError: twice: 1 rules for 2 inputs; give one for each, null where there is none",
    ],
    ...([undefined, 1, [1], [undefined], "ab"] as const).map((vjps): [string, object, string] => [
      "rules that are none",
      { vjps },
      `GradError: twice: vjps are functions, or null for an input without a derivative; got ${
        Array.isArray(vjps) ? vjps[0] : vjps === "ab" ? '"ab"' : vjps
      }`,
    ]),
  ])("refuses %s: %o", (_, wrong, message) => {
    expectError(() => customGrad({ ...spec, ...wrong } as unknown as Parameters<typeof customGrad>[0]), message);
  });

  it("refuses inputs without a rule, rules without an input, and results that are no tensors", () => {
    const plus = customGrad({ ...spec, forward: (...xs: Tensor[]) => xs.reduce((a, b) => a.add(b)) });
    const counts = "give one for each, null where there is none";
    expectError(() => plus(leaf(1), leaf(2)), `GradError: twice: 1 rules for 2 inputs; ${counts}`);
    expectError(() => plus(), `GradError: twice: 1 rules for 0 inputs; ${counts}`);
    const number = customGrad({ ...spec, forward: (x: Tensor) => x.item() as unknown as Tensor });
    expectError(() => number(leaf(1)), "GradError: twice: forward must return a tensor, got 1");
    const nothing = customGrad({ ...spec, vjps: [() => undefined as unknown as Tensor] });
    const message = "GradError: twice: the rule for input 0 must return a tensor, got undefined";
    expectError(() => nothing(leaf(1)).backward(), message);
  });

  it("is named, with the input, when its rule returns a cotangent of the wrong shape", () => {
    const bad = customGrad({
      name: "bad",
      forward: (a: Tensor, b: Tensor) => a.mul(b),
      vjps: [(ct) => ct, (ct) => ct.sum()],
    });
    expectError(
      () =>
        bad(leaf([1, 2]), leaf([3, 4]))
          .sum()
          .backward(),
      "GradError: bad: the rule for input 1 returned a cotangent of shape []; the input has shape [2]",
    );
  });
});

describe("backwardSteps", () => {
  it("has one step for each input of each op, every op after those that use its output", () => {
    const [x, w] = [leaf([2, 3]), leaf(5)];
    const h = x.mul(w);
    const steps = backwardSteps(h.mul(h.add(1)).sum());
    expect(
      steps.map(({ op, index, cotangent, contribution, total }) => [
        op,
        index,
        ...[cotangent, contribution, total].map((t) => t.toArray()),
      ]),
    ).toEqual([
      ["sum", 0, 1, [1, 1], [1, 1]],
      ["mul", 0, [1, 1], [11, 16], [11, 16]], // by h: h + 1
      ["mul", 1, [1, 1], [10, 15], [10, 15]], // by h + 1: h
      ["add", 0, [10, 15], [10, 15], [21, 31]], // by h, where the other path has been
      ["mul", 0, [21, 31], [105, 155], [105, 155]],
      ["mul", 1, [21, 31], 42 + 93, 42 + 93],
    ]);
    expect([steps[3]?.input === h, steps[4]?.output === h, steps[5]?.input === w]).toEqual([true, true, true]);
    expect(steps[5]?.returned.toArray()).toEqual([42, 93]); // before broadcasting is undone
    expect([x.grad, w.grad]).toEqual([null, null]);
  });

  it("ends with what backward leaves in grad, over shared graphs, one tensor twice and other cotangents", () => {
    const [x, w] = [
      leaf([[0.3, -1.2]]),
      leaf([
        [0.5, 2],
        [-1, 0.25],
      ]),
    ];
    const z = x.matmul(w).tanh();
    const y = z.mul(z).add(z.softmax(1)).div(w.sum());
    const totals = new Map(backwardSteps(y, [[2, -3]]).map(({ input, total }) => [input, total]));
    y.backward([[2, -3]]);
    expect([x, w].map((t) => totals.get(t)?.toArray())).toEqual([x, w].map(gradOf));
    expect([...totals.values()].some((t) => t.requiresGrad)).toBe(false);
  });

  it("counts both sides of x · x", () => {
    const x = leaf(3);
    expect(backwardSteps(x.mul(x)).map(({ index, total }) => [index, total.item()])).toEqual([
      [0, 3],
      [1, 6],
    ]);
  });

  it("leaves out what leads to no gradient", () => {
    const x = leaf(3);
    expect(backwardSteps(x.mul(f64(2))).map(({ index }) => index)).toEqual([0]);
    expect(backwardSteps(x)).toEqual([]);
    expect(backwardSteps(f64(1).add(2))).toEqual([]);
  });

  it("refuses values that have changed, as backward does", () => {
    const x = leaf([1, 2]);
    const y = x.mul(x).sum();
    noGrad(() => x.assign([3, 4]));
    const error =
      "GradError: backward: input 0 of mul, shape [2], was changed by assign after it was used; run the forward pass again";
    expectError(() => backwardSteps(y), error);
    expectError(() => y.backward(), error);
  });
});

describe("assign", () => {
  it("overwrites a leaf in place, broadcast and cast to fit", () => {
    const w = leaf([
      [1, 2],
      [3, 4],
    ]);
    const data = w.data;
    expect(noGrad(() => w.assign([5, 6]))).toBe(w);
    expect([w.toArray(), w.data === data, w.requiresGrad]).toEqual([
      [
        [5, 6],
        [5, 6],
      ],
      true,
      true,
    ]);
    expect(
      tensor([1, 2], { dtype: "int32" })
        .assign(f64([2.9, -2.9]))
        .toArray(),
    ).toEqual([2, -2]);
    expect(
      tensor([true, false])
        .assign(f64([0, 256]))
        .toArray(),
    ).toEqual([false, true]);
    expectError(() => noGrad(() => w.assign([1, 2, 3])), "ShapeError: assign: [3] does not broadcast to [2, 2]");
  });

  it("is for leaves, and needs noGrad where they require a gradient", () => {
    const w = leaf([1, 2]);
    expectError(
      () => w.assign(0),
      "GradError: assign: this tensor requires a gradient; wrap the update in noGrad(() => …)",
    );
    expectError(() => noGrad(() => w.mul(2)).assign(0), "nothing");
    expectError(
      () =>
        noGrad(() => w)
          .mul(2)
          .assign(0),
      "GradError: assign: only a leaf can be changed in place; make a new tensor instead",
    );
    expect(f64([1, 2]).assign(7).toArray()).toEqual([7, 7]);
    expect(w.toArray()).toEqual([1, 2]);
  });

  it("is found out by a backward pass that needs the old values", () => {
    const message =
      "GradError: backward: input 1 of mul, shape [2], was changed by assign after it was used; run the forward pass again";
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const change = (t: Tensor): Tensor => noGrad(() => t.assign([0, 0]));
    const direct = x.mul(w).sum();
    change(w);
    expectError(() => direct.backward(), message);
    const throughDetach = x.mul(w).sum();
    change(w.detach());
    expectError(() => throughDetach.backward(), message);
    const throughReshape = x.mul(w.reshape([1, 2]).reshape([2])).sum();
    change(w);
    expect(() => throughReshape.backward()).toThrow(GradError);
    expect([x.grad, w.grad]).toEqual([null, null]);
    x.mul(w).sum().backward();
    expect(gradOf(x)).toEqual([0, 0]);
  });

  it("is found out where the rule needs the op's own result", () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    y.detach().assign([0, 0]);
    expectError(
      () => y.sum().backward(),
      "GradError: backward: the output of exp, shape [2], was changed by assign after it was used; run the forward pass again",
    );
    const w = leaf([1, 2]);
    const product = w.mul([3, 4]).sum();
    noGrad(() => w.assign([0, 0]));
    expectError(
      () => product.backward(),
      "GradError: backward: input 0 of mul, shape [2], was changed by assign after it was used; run the forward pass again",
    );
  });

  it("between forward passes is what training does", () => {
    const w = leaf([1, 2]);
    for (let step = 0; step < 3; step++) {
      w.grad = null;
      w.mul(w).sum().backward();
      noGrad(() => w.assign(w.sub((w.grad as Tensor).mul(0.25))));
    }
    expect(w.toArray()).toEqual([0.125, 0.25]);
  });
});

/** The whole of what is thrown, with its type in front; "nothing" when nothing is. */
function expectError(call: () => unknown, error: string): void {
  let thrown = "nothing";
  try {
    call();
  } catch (e) {
    thrown = String(e);
  }
  expect(thrown).toBe(error);
}

describe("cat", () => {
  it("goes back over its inputs in time that grows with their number, not with its square", () => {
    /** How often backward asks for the inputs' shapes. */
    const reads = (n: number): number => {
      let count = 0;
      const xs = Array.from({ length: n }, () => leaf([1, 2]));
      const y = cat(xs).mul(2).sum();
      for (const x of xs) {
        const { shape } = x;
        const get = (): typeof shape => {
          count++;
          return shape;
        };
        Object.defineProperty(x, "shape", { get });
      }
      y.backward();
      expect(gradOf(xs[n - 1] as Tensor)).toEqual([2, 2]);
      return count;
    };
    expect(reads(400) / reads(100)).toBeLessThan(5);
  });
});
