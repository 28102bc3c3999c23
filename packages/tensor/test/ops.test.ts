import * as tendril from "@tendril/tensor";
import { type Tensor, tensor } from "@tendril/tensor";
import { gradcheck } from "@tendril/tensor/testing";
import { describe, expect, it, vi } from "vitest";
import { type Primitive, primitives } from "../src/primitive.ts";
import { type Case, cases, decode, expectClose, type Float, inputsOf, isFloat32Exact } from "./fixture.ts";
import { type Row, table } from "./table.ts";
import { thrownBy } from "./thrown.ts";
import { wrongCalls } from "./wrong-calls.ts";

// Relative and absolute: float64 kernels differ from PyTorch's in the last bits only.
const tolerance = {
  float64: { value: [1e-12, 1e-13], grad: [1e-10, 1e-12] },
  float32: { value: [2e-6, 1e-6], grad: [4e-6, 4e-6] },
} as const;

describe.each(table)("$name", (row) => {
  const own = cases.get(row.name) ?? [];
  const differentiable = own.filter((c) => c.grads !== undefined);

  it("has cases, and gradients to compare just if it is differentiable", () => {
    expect(own).not.toHaveLength(0);
    expect(own.some((c) => c.smooth)).toBe(row.differentiable);
  });

  it("runs through the primitives that its row names", () => {
    const spies = row.primitives.map((name) => vi.spyOn(primitives.get(name) as Primitive, "infer"));
    for (const c of own) {
      const out = row.run(inputsOf(c, "float64", { requiresGrad: true }), c.args);
      if (c.cotangent) out.backward(decode(c.cotangent));
    }
    for (const [i, spy] of spies.entries()) expect(spy, row.primitives[i]).toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  for (const [i, c] of own.entries()) {
    const label = describeCase(c, i);
    it(`gives PyTorch's value: ${label}`, () => expectValue(row, c, "float64"));
    if (isFloat32Exact(c)) it(`gives it in float32: ${label}`, () => expectValue(row, c, "float32"));
    if (row.runMethod) it(`is the same as a method: ${label}`, () => expectMethod(row, c));
  }
  for (const [i, c] of differentiable.entries()) {
    const label = describeCase(c, i);
    it(`gives PyTorch's gradients: ${label}`, () => expectGradients(row, c, "float64"));
    if (isFloat32Exact(c)) it(`gives them in float32: ${label}`, () => expectGradients(row, c, "float32"));
    if (c.smooth) it(`passes gradcheck to second order: ${label}`, () => expectGradcheck(row, c));
  }
  if (!row.differentiable) {
    it("does not record what has no gradient", () => {
      for (const c of own)
        expect(row.run(inputsOf(c, "float64", { requiresGrad: true }), c.args).requiresGrad).toBe(false);
    });
  }
  for (const [call, error] of row.errors) {
    it(`throws ${error}`, () => {
      expect(call).toThrow(tendril.TendrilError);
      expect(thrownBy(call)).toBe(error);
    });
  }
});

describe("wrong calls of what is not an op", () => {
  const rows = new Set(table.map((row) => row.name));
  for (const [name, calls] of Object.entries(wrongCalls)) {
    if (!rows.has(name)) it.each(calls)(`${name}: %s throws %s`, (call, error) => expect(thrownBy(call)).toBe(error));
  }
});

describe("the table is complete", () => {
  const rows = new Set(table.map((row) => row.name));

  it("has one row for each name, and cases for no other name", () => {
    expect(rows.size).toBe(table.length);
    expect([...cases.keys()].filter((name) => !rows.has(name))).toEqual([]);
  });

  it("exercises every registered primitive", () => {
    const exercised = new Set(table.flatMap((row) => row.primitives));
    exercised.add("random"); // takes no tensor and has no one answer: see random.test.ts
    exercised.add("ensure"); // gives no value: see options.test.ts
    expect([...primitives.keys()].filter((name) => !exercised.has(name))).toEqual([]);
  });

  it("has a wrong call for every op but those that take one tensor, whatever it is", () => {
    const takeAnything =
      "sign square exp expm1 log log1p sqrt rsqrt reciprocal sigmoid tanh isNaN isFinite clone sin cos erf floor ceil round silu leakyRelu elu log2".split(
        " ",
      );
    const unchecked = table.filter((row) => row.errors.length === 0).map((row) => row.name);
    expect(unchecked.filter((name) => !takeAnything.includes(name))).toEqual([]);
  });

  it("has every public function that is an op, and every method", () => {
    const create = ["tensor", "zeros", "ones", "full", "zerosLike", "onesLike", "arange", "linspace", "eye"];
    const random = ["manualSeed", "rand", "randn", "randint", "permutation", "bernoulli"];
    const draws = ["randLike", "randnLike", "multinomial"];
    const booleans = ["allClose", "equal"];
    const graphs = ["graphText", "graphMermaid", "graphNodes"];
    const autodiff = ["noGrad", "isGradEnabled", "grad", "valueAndGrad", "vjp", "customGrad", "backwardSteps"];
    const transforms = ["jvp", "jacobian", "hessian", "hvp", "checkpoint"];
    const forOps = [
      "checkOptions",
      "describeValue",
      "ensure",
      "explain",
      "perAxis",
      "watch",
      "toTransfer",
      "fromTransfer",
    ];
    const all = [create, random, draws, booleans, autodiff, transforms, graphs, forOps];
    const others = new Set(all.flat());
    const isOp = ([name, value]: [string, unknown]): boolean =>
      typeof value === "function" && /^[a-z]/.test(name) && !others.has(name) && !rows.has(name);
    expect(Object.entries(tendril).filter(isOp)).toEqual([]);

    const notOps = ["constructor", "item", "toArray", "toString", "toJSON", "backward", "detach", "assign", "to"];
    const fields = ["data", "size", "ndim", "isLeaf", "grad", "requiresGrad"];
    const covered = new Set([...rows, "var", ...notOps, ...fields]);
    expect(Object.getOwnPropertyNames(tendril.Tensor.prototype).filter((name) => !covered.has(name))).toEqual([]);
  });
});

function expectValue(row: Row, c: Case, float: Float): void {
  const { dtype } = tolerancesOf(c, float);
  const [rtol, atol] = tolerance[dtype].value;
  expectClose(row.run(inputsOf(c, float), c.args), c.out, rtol, atol, float);
}

/** The gradients of ⟨out, cotangent⟩ by every float input, from one `backward`. */
function expectGradients(row: Row, c: Case, float: Float): void {
  const inputs = inputsOf(c, float, { requiresGrad: true });
  const out = row.run(inputs, c.args);
  out.backward(decode(c.cotangent as NonNullable<Case["cotangent"]>, float));
  const [rtol, atol] = tolerance[tolerancesOf(c, float).dtype].grad;
  for (const [i, expected] of (c.grads ?? []).entries()) {
    if (expected) expectClose((inputs[i] as Tensor).grad as Tensor, expected, rtol, atol, float);
  }
}

function expectGradcheck(row: Row, c: Case): void {
  const inputs = inputsOf(c);
  const tensors = inputs.filter((x) => x instanceof tendril.Tensor);
  gradcheck(
    (...xs) =>
      row.run(
        inputs.map((x) => (x instanceof tendril.Tensor ? (xs.shift() as Tensor) : x)),
        c.args,
      ),
    tensors,
    { order: 2 },
  );
}

function expectMethod(row: Row, c: Case): void {
  const [first, ...rest] = inputsOf(c);
  // A method belongs to a tensor: a weak number in front becomes one.
  const inputs = [typeof first === "number" ? tensor(first) : (first as Tensor), ...rest];
  const [method, op] = [row.runMethod?.(inputs, c.args), row.run(inputs, c.args)];
  expect([method?.dtype, method?.shape, [...(method?.data ?? [])]]).toEqual([op.dtype, op.shape, [...op.data]]);
}

/** Any float32 in a case makes it a float32 comparison. */
function tolerancesOf(c: Case, float: Float): { dtype: Float } {
  const narrow = [...c.inputs, c.out].some((x) => typeof x !== "number" && x[2] === "float32");
  return { dtype: narrow ? "float32" : float };
}

function describeCase(c: Case, i: number): string {
  const inputs = c.inputs.map((x) => (typeof x === "number" ? x : `${x[2] ?? ""}[${x[0]}]`));
  return `${i}: ${inputs.join(", ")} ${c.args ? JSON.stringify(c.args) : ""}`;
}
