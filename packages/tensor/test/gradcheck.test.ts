import { customGrad, gather, randn, type Tensor, tensor } from "@tendril/tensor";
import { GradcheckError, gradcheck } from "@tendril/tensor/testing";
import { describe, expect, it } from "vitest";

/** sin x, with a derivative to be put to the test. */
const sine = (vjp: (ct: Tensor, x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
  customGrad({ name: "sine", forward: (x: Tensor) => tensorOf(x, Math.sin), vjps: [(ct, [x]) => vjp(ct, x)] });
const cosine = (x: Tensor): Tensor =>
  customGrad({
    name: "cosine",
    forward: (y: Tensor) => tensorOf(y, Math.cos),
    vjps: [(ct, [y]) => ct.mul(right(y)).neg()],
  })(x);
const tensorOf = (x: Tensor, f: (v: number) => number): Tensor =>
  tensor(Float64Array.from(x.data, f), { shape: x.shape, dtype: "float64" });
const right = sine((ct, x) => ct.mul(cosine(x)));

const x = tensor([
  [0.3, -1.2],
  [2, 0.9],
]);
const message = (f: (x: Tensor) => Tensor, order = 1): string => {
  try {
    gradcheck(f, [x], { order });
  } catch (error) {
    expect(error).toBeInstanceOf(GradcheckError);
    return String(error);
  }
  return "passed";
};

describe("gradcheck", () => {
  it("passes right rules to any order, with an error far below its tolerance", () => {
    for (const order of [1, 2, 3]) {
      const { maxRelativeError, compared } = gradcheck(right, [x], { order });
      expect(maxRelativeError).toBeLessThan(1e-9);
      expect(compared).toBe([0, 2, 2 + 4, 2 + 4 + 6][order]); // two directions for each input, at each order
    }
  });

  it("catches a wrong sign and names the input, the element and both numbers", () => {
    const found =
      /^GradcheckError: gradcheck: order 1, input 0, element \[(\d), (\d)\]: the gradient is (\S+), the difference quotient (\S+)$/;
    const [, i, j, gradient, quotient] = found.exec(message(sine((ct, y) => ct.mul(cosine(y)).neg()))) ?? [];
    expect(
      [
        ["0", "1"],
        ["0", "1"],
      ].map((axis, k) => axis.includes([i, j][k] as string)),
    ).toEqual([true, true]);
    expect(Number(gradient)).toBeCloseTo(-Number(quotient), 6);
  });

  it("catches a factor, a missing term, and the wrong input's name stays right", () => {
    expect(message(sine((ct, y) => ct.mul(cosine(y)).mul(1.001)))).toContain("order 1, input 0");
    const product = customGrad({
      name: "product",
      forward: (a: Tensor, b: Tensor) => a.mul(b).add(a),
      vjps: [(ct, [, b]) => ct.mul(b.add(1)), (ct) => ct],
    });
    expect(() => gradcheck((a, b) => product(a, b), [x, x.add(1)])).toThrow(/order 1, input 1, element/);
  });

  it("finds the one element that is wrong", () => {
    const spoiled = tensor([
      [0, 0],
      [1, 0],
    ]);
    expect(message(sine((ct, y) => ct.mul(cosine(y).add(spoiled))))).toContain("element [1, 0]");
  });

  it("catches a right derivative whose own derivative is wrong, at second order only", () => {
    const forgetful = sine((ct, y) => ct.mul(cosine(y.detach())));
    expect(message(forgetful)).toBe("passed");
    expect(message(forgetful, 2)).toContain("order 2, input 0, element");
  });

  it("catches a rule that is not linear in its cotangent", () => {
    expect(message(sine((ct, y) => ct.abs().mul(cosine(y))))).not.toBe("passed");
  });

  it("catches NaN", () => {
    expect(message(sine((ct) => ct.mul(Number.NaN)))).toMatch(/the gradient is NaN, the difference quotient -?\d/);
  });

  it("works in float64 whatever it is given, and passes integers through", () => {
    const index = tensor([[1], [0]], { dtype: "int32" });
    const dtypes: string[] = [];
    const f = (y: Tensor, at: Tensor): Tensor => {
      dtypes.push(y.dtype, at.dtype);
      return gather(y.exp(), 1, at);
    };
    gradcheck(f, [randn([2, 2]), index], { order: 2 });
    expect(new Set(dtypes)).toEqual(new Set(["float64", "int32"]));
  });

  it("refuses what it cannot check", () => {
    expect(() => gradcheck((y) => y, [tensor([1], { dtype: "int32" })])).toThrow("none of the inputs is a float");
    expect(() => gradcheck((y) => y, [x], { order: 0 })).toThrow("order must be an integer ≥ 1, got 0");
  });
});
