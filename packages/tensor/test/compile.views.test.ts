// Products and movements of compiled steps read what movements have moved from where it lies: the same bits as eagerly.
import { cat, fold, matmul, randn, type Tensor, tensor, unfold, vjp } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";
import { unfoldWindows } from "../src/functions/windows.ts";
import { agree, type Step } from "./agree.ts";

const numbers = (shape: readonly number[]): Tensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Array.from({ length: size }, (_, i) => ((7 * i) % 17) - 8 + i / 64)).reshape(shape);
};
const window = (dim: number, size: number, step = 1, dilation = 1): Parameters<typeof unfoldWindows>[2][number] => ({
  ...{ dim, size, step, dilation },
});
/** The windows of an image as the columns of a matrix. */
const columns = (x: Tensor, size: number, step: number, dilation: number): Tensor => {
  const windows = unfoldWindows("test", x, [window(2, size, step, dilation), window(3, size, step, dilation)], 2);
  const [n, c, high, wide, rows, cols] = windows.shape as [number, number, number, number, number, number];
  return windows.reshape([n, c * high * wide, rows * cols]);
};
const opsOf = (step: Step, args: readonly Tensor[]): string =>
  compile((...xs: Tensor[]) => step(...xs) as Tensor[]).program(...args);

describe("products", () => {
  const cases: [name: string, movements: readonly string[], step: Step, shapes: readonly (readonly number[])[]][] = [
    ["of windows", ["unfold"], (x, w) => [matmul(w!, columns(x!, 3, 1, 1))], [[2, 3, 12, 11], [5, 27]]],
    ["of windows apart", ["unfold"], (x, w) => [matmul(w!, columns(x!, 2, 2, 3))], [[2, 3, 12, 11], [5, 12]]],
    ["of windows, turned", ["unfold"], (x, w) => [matmul(columns(x!, 3, 1, 1), w!, { transposeA: true })], [[2, 1, 9, 9], [9, 30]]],
    ["by windows", ["unfold"], (x, w) => [matmul(w!, columns(x!, 3, 1, 1), { transposeB: true })], [[2, 3, 12, 11], [2, 5, 90]]],
    ["of windows and windows", ["unfold"], (x) => [matmul(columns(x!, 3, 1, 1), columns(x!, 2, 1, 2), { transposeB: true })], [[2, 3, 9, 9]].map(() => [2, 3, 9, 9])], // biome-ignore format: one
    ["of heads", ["permute"], (x, y) => [matmul(x!.reshape([2, 9, 4, 12]).permute([0, 2, 1, 3]), y!.reshape([2, 9, 4, 12]).permute([0, 2, 1, 3]), { transposeB: true })], [[2, 9, 48], [2, 9, 48]]],
    ["of slices of what was permuted", ["slice(permute"], (x, y) => [matmul(x!.permute([2, 0, 1]).slice([1, 9, 2]), y!)], [[5, 12, 10], [4, 12, 9]]],
    ["of what runs backwards", ["slice"], (x, y) => [matmul(x!.flip([1]), y!.flip([0, 1]))], [[6, 12], [12, 9]]],
    ["of a matrix that is stretched", ["broadcastTo"], (x, y) => [matmul(x!.broadcastTo([6, 12]), y!)], [[1, 12], [12, 9]]],
    ["of matrices whose batches broadcast", [], (x, y) => [matmul(x!, y!)], [[3, 1, 4, 5], [2, 5, 9]]],
    ["of few columns, in heads", ["permute"], (x, y) => [matmul(x!.permute([1, 0, 2]), y!)], [[5, 3, 4], [3, 4, 6]]],
  ]; // biome-ignore format: a table

  it.each(cases)("%s", (_, movements, step, shapes) => {
    const args = shapes.map(numbers);
    agree(() => step, args);
    const text = opsOf(step, args);
    for (const movement of movements) expect(text).toMatch(new RegExp(`matmul\\(.*${movement.replace("(", "\\(")}\\(`));
    expect(text).not.toContain("by the kernel of eager mode");
  });

  it("have the same gradients", () => {
    const step: Step = (x, w) => {
      const [a, b] = [x!, w!].map((t) => t.clone().detach()) as [Tensor, Tensor];
      for (const t of [a, b]) t.requiresGrad = true;
      matmul(b, columns(a, 3, 2, 1))
        .square()
        .sum()
        .backward();
      return [a.grad!, b.grad!];
    };
    agree(() => step, [numbers([2, 3, 11, 9]), numbers([10, 27])]);
  });

  it("give the same on two threads", () => {
    const [x, w, y] = [randn([8, 8, 30, 30]), randn([16, 72]), randn([784, 40])];
    const f = (x: Tensor, w: Tensor): Tensor[] => [matmul(w, columns(x, 3, 1, 1)), matmul(columns(x, 3, 1, 1), y)];
    const [one, two] = [1, 2].map((threads) => compile(f, { threads })(x, w)) as [Tensor[], Tensor[]];
    for (const [i, y] of one.entries()) expect(two[i]?.toArray()).toEqual(y.toArray());
  });
});

describe("movements", () => {
  it("are read through other movements, in loops and by the kernel", () => {
    const step: Step = (x) => {
      const y = x!.permute([1, 0, 2]).slice([null, null, -1], [1, 4]).reshape([6, 3, 7]);
      return [y.mul(2), fold(unfold(y, 1, 2), 1, 3), y.transpose(1, 2).reshape([14, 9]).add(1)];
    };
    agree(() => step, [numbers([5, 6, 7])]);
    const text = opsOf(step, [numbers([5, 6, 7])]);
    expect(text).toContain("mul(slice(permute(x0))[6, 3, 7], 2)");
  });

  it("are made where a reshape comes between that no map describes", () => {
    const step: Step = (x) => [x!.T.reshape([5, 6]).T.add(1), matmul(x!.T.reshape([3, 10]), x!.reshape([10, 3]))];
    agree(() => step, [numbers([6, 5])]);
  });
});

describe("what is put elsewhere", () => {
  const image = [2, 3, 8, 7];
  const cases: [name: string, step: Step, shape: readonly number[]][] = [
    ["a margin", (x) => [x!.pad([[0, 0], [0, 0], [1, 2], [2, 1]])], image],
    ["a margin of something else", (x) => [x!.mul(2).pad([[1, 0], [0, 1], [1, 2], [0, 0]], { value: 3 })], image],
    ["the gradient of a slice that runs backwards", (x) => [x!.neg().pad([[2, 3]]).flip(0)], [17]],
    ["windows that overlap", (x) => [fold(x!.square(), 1, 10)], [2, 8, 3]],
    ["windows that overlap, apart", (x) => [fold(x!.square(), 1, 21, 2)], [2, 10, 3]],
    ["windows side by side", (x) => [fold(x!.mul(x!), 1, 16, 2)], [2, 8, 2]],
    ["windows of images", (x) => { const w = columns(x!, 3, 1, 1); return [w.square()]; }, image],
    ["integers", (x) => [fold(x!.to("int32").mul(3), 1, 10), x!.to("int32").pad([[0, 0], [1, 1], [0, 0]])], [2, 8, 3]],
  ]; // biome-ignore format: a table
  it.each(cases)("%s", (_, step, shape) => {
    agree(() => step, [numbers(shape)]);
  });

  it("is put, in loops, by the gradients of slices and windows, also −0, NaN and infinities", () => {
    const step: Step = (x) => {
      const y = x!.clone().detach();
      y.requiresGrad = true;
      columns(y, 3, 1, 1)
        .square()
        .sum()
        .add(y.slice([], [1], [null, null, -2], [2, 5]).square().sum())
        .backward();
      return [y.grad!];
    };
    agree(() => step, [numbers(image)]);
    expect(opsOf(step, [numbers(image)])).not.toContain("by the kernel of eager mode");
    const odd = tensor([-0, Number.NaN, Infinity, -Infinity, 1, -0, 0]);
    agree(() => (x) => [x!.pad([[1, 2]]), x!.pad([[1, 2]]).flip(0), fold(x!.reshape([7, 1]), 0, 13, 2)], [odd]);
  });
});

describe("what a step assigns to the tensor that it reads", () => {
  const shifts: [name: string, shift: (w: Tensor) => Tensor][] = [
    [
      "moved on",
      (w) =>
        w
          .narrow(0, 0, 21)
          .mul(2)
          .pad([[3, 0]]),
    ],
    [
      "moved back",
      (w) =>
        w
          .narrow(0, 3, 21)
          .mul(2)
          .pad([[0, 3]]),
    ],
    ["reversed", (w) => vjp((x: Tensor) => x.flip(0), numbers([24]))[1](w.mul(2))[0] as Tensor],
    ["a half of it, twice", (w) => cat([w.narrow(0, 0, 12), w.narrow(0, 0, 12).mul(2)])],
  ];
  it.each(shifts)("is read before it is written over: %s", (_, shift) => {
    const make = (): Step => {
      const w = numbers([24]);
      return () => {
        w.assign(shift(w));
        return [w];
      };
    };
    agree(make, [], [], []);
    const w = numbers([24]);
    expect(opsOf(() => [w.assign(shift(w))], [])).toContain("state: w0 [24]");
  });
});

describe("reductions of axes with others between", () => {
  it("are done in loops, with the bits of eager mode", () => {
    const step: Step = (x) => [x!.square().sum([0, 2]), x!.amax([0, 2], { keepdim: true }), x!.mean([0, 3])];
    const x = numbers([6, 5, 8, 9]);
    agree(() => step, [x]);
    expect(opsOf(step, [x])).not.toContain("by the kernel of eager mode");
  });
});

describe("the gradient of a tensor that was taken apart", () => {
  const gradient = (x: Tensor, use: (x: Tensor) => Tensor): Tensor => {
    const leaf = x.clone().detach();
    leaf.requiresGrad = true;
    use(leaf).sum().backward();
    return leaf.grad as Tensor;
  };
  it("is its parts joined, whatever their order, with the bits of their sum", () => {
    const steps: Step = (x) => [
      gradient(x!, (x) =>
        [2, 0, 1]
          .map((t) =>
            x
              .select(0, t)
              .mul(t - 1)
              .square(),
          )
          .reduce((a, b) => a.add(b)),
      ),
      gradient(x!, (x) =>
        x
          .split([1, 3, 1], 1)
          .map((part, i) =>
            part
              .mul(i - 1)
              .square()
              .sum(),
          )
          .reduce((a, b) => a.add(b)),
      ),
    ];
    agree(() => steps, [numbers([3, 5, 4])]);
    const text = opsOf(steps, [numbers([3, 5, 4])]);
    expect(text.match(/cat\(/g)).toHaveLength(2);
    expect(text).not.toContain("unslice");
  });

  it("is summed where parts overlap, are missing, or are wanted by themselves", () => {
    const step: Step = (x) => [
      gradient(x!, (x) =>
        x
          .slice([0, 3])
          .square()
          .sum()
          .add(x.slice([2, 5]).exp().sum()),
      ),
      gradient(x!, (x) =>
        x
          .slice([0, 2])
          .square()
          .sum()
          .add(x.slice([3, 5]).square().sum()),
      ),
      gradient(x!, (x) =>
        x
          .slice([0, 2])
          .square()
          .sum()
          .add(x.slice([2, 5]).square().sum())
          .add(x.sum()),
      ),
      gradient(x!, (x) =>
        x
          .slice([null, null, 2])
          .square()
          .sum()
          .add(x.slice([1, null, 2]).square().sum()),
      ),
    ];
    agree(() => (x) => (step(x!) as Tensor[]).slice(1), [numbers([5, 4])]);
    expect(opsOf(step, [numbers([5, 4])])).not.toContain("cat(");
  });

  const apart: [name: string, parts: (x: Tensor) => readonly Tensor[]][] = [
    ["with gaps, as long as what follows", (x) => [x.slice([null, null, 2]), x.slice([3, 6])]],
    ["of two axes", (x) => [x.slice([0, 3], [0, 3]), x.slice([3, 6])]],
    ["of one axis and of another", (x) => [x.slice([0, 3]), x.slice([], [3, 6])]],
    ["that end before the whole does", (x) => [x.slice([0, 2]), x.slice([2, 5])]],
  ];
  it.each(apart)("is summed of parts %s", (_, parts) => {
    const sums: Step = (x) => [gradient(x!, (x) => parts(x).map((part, i) => part.mul(i + 2).square().sum()).reduce((a, b) => a.add(b)))]; // biome-ignore format: one line
    agree(() => sums, [numbers([6, 6])]);
    expect(opsOf(sums, [numbers([6, 6])])).not.toContain("cat(");
  });
});
