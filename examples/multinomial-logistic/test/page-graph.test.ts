import { grad, type Tensor, tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import type { Fit } from "../src/lesson/loss.ts";
import { lossGradient } from "../src/lesson/loss.ts";
import { createModel } from "../src/lesson/model.ts";
import { findRules } from "../src/shows/page/build/rules.ts";
import { type Case, smallCases, tensorsOf, withValues } from "../src/shows/page/chapters/graph/cases.ts";
import { modelCase } from "../src/shows/page/chapters/graph/model-case.ts";
import { placesOf } from "../src/shows/page/chapters/graph/rule.ts";
import { differenceQuotients, gradientsAfter, type Value, walk } from "../src/shows/page/chapters/graph/walk.ts";
import { words, wordsKey } from "../src/shows/page/chapters/graph/words.ts";

const model = createModel({ features: 2, classes: 3, seed: 0 });
model.weight.data.set([0.8, -0.4, -1.1, 0.3, 0.2, 0.9]);
model.bias.data.set([0.1, -0.2, 0.05]);
const x = tensor([[1.2, -0.7]]);
const fits: Record<string, Fit> = {
  ce: { loss: "ce" },
  smoothed: { loss: "ce", labelSmoothing: 0.2 },
  weighted: { loss: "ce", classWeights: [1, 2, 5] },
  both: { loss: "ce", labelSmoothing: 0.3, classWeights: [1, 2, 5] },
  mse: { loss: "mse" },
  twice: { loss: "ce", mistake: "twice" },
  unshifted: { loss: "ce", mistake: "unshifted" },
  kept: { loss: "ce", mistake: "kept" },
};
const ofModel = (name: string, apart = false): Case =>
  modelCase({ model, x, target: 2, className: "cedar", fit: fits[name] as Fit }, apart);
/** What the mistake with exp(z + 1000) uses and cannot show in numbers, since it has none. */
const picked: Case = {
  look: "",
  dtype: "float64",
  leaves: [{ name: "p", shape: [1, 3], values: [0.2, 0.5, 0.3], learned: true }],
  compute: ([p]) =>
    (p as Tensor)
      .gather(1, [[1]])
      .log()
      .mean()
      .neg(),
};
const cases: Record<string, Case> = {
  picked,
  ...smallCases,
  ...Object.fromEntries(Object.keys(fits).map((name) => [name, ofModel(name)])),
  ...Object.fromEntries(Object.keys(fits).map((name) => [`${name}, apart`, ofModel(name, true)])),
};
/** exp(z + 1000) is not a number in float32, which is what that mistake is about. */
const finite = Object.entries(cases).filter(([name]) => !name.startsWith("unshifted"));

/** What an arithmetic text of the rules comes to. */
function evaluate(text: string): number {
  const tokens = text.replaceAll("−", "-").match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?|[-()·/]/g) ?? [];
  const sum = (): number => {
    let value = product();
    while (tokens[0] === "-") {
      tokens.shift();
      value -= product();
    }
    return value;
  };
  const product = (): number => {
    let value = signed();
    for (let op = tokens[0]; op === "·" || op === "/"; op = tokens[0]) {
      tokens.shift();
      value = op === "·" ? value * signed() : value / signed();
    }
    return value;
  };
  const signed = (): number => {
    const token = tokens.shift();
    if (token === "-") return -signed();
    if (token !== "(") return Number(token);
    const value = sum();
    tokens.shift();
    return value;
  };
  return sum();
}

describe("the words of the rules", () => {
  it.each(finite)("are there for every op of %s, and give the numbers that the engine's rule returned", (_, given) => {
    const { nodes, turns } = walk(given);
    const digits = given.dtype === "float64" ? 12 : 5;
    for (const { node, op, cotangent, sends } of turns) {
      const { value: out, inputs } = nodes[node] as (typeof nodes)[number];
      const values = inputs.map((id) => (nodes[id] as (typeof nodes)[number]).value);
      for (const { index, returned } of sends) {
        const rule = words[wordsKey(op, values)]?.rules[index];
        for (const [i, place] of placesOf(returned.shape).entries()) {
          const worked = rule?.at({ ct: cotangent, inputs: values, out }, place, String);
          expect(worked?.value, `${op} ${index}`).toBeCloseTo(returned.data[i] as number, digits);
          expect(evaluate(worked?.text ?? ""), `${op}: ${worked?.text}`).toBeCloseTo(worked?.value as number, digits);
        }
      }
    }
  });

  it("are for ops that occur, and no others", () => {
    const all = Object.values(cases).flatMap((given) => {
      const { nodes, turns } = walk(given);
      return turns.map(({ node, op }) =>
        wordsKey(
          op,
          (nodes[node]?.inputs ?? []).map((id) => (nodes[id] as (typeof nodes)[number]).value),
        ),
      );
    });
    expect(Object.keys(words).sort()).toEqual([...new Set(all)].sort());
  });

  it("stand beside the line of code that is their rule", () => {
    const found = findRules();
    for (const [name, { rules }] of Object.entries(words)) {
      const soft = name === "softCrossEntropy";
      const lines = found.get(soft ? "crossEntropy" : name)?.[soft ? 1 : 0];
      for (const [index, rule] of rules.entries()) {
        if (rule !== null) expect(lines?.[index]?.code, `${name} ${index}`).toMatch(/\(ct\b.*=>/);
      }
    }
    expect(found.get("mul")?.[0]?.[0]).toEqual({
      file: "packages/tensor/src/ops/elementwise.ts",
      line: expect.any(Number),
      code: "(ct, [, b]) => mul(ct, b), // ∂(a·b)/∂a = b",
    });
    expect(found.get("crossEntropy")?.[0]?.[0]?.code).toContain("∂/∂z = softmax(z) − y");
  });
});

describe("backward through a case", () => {
  it.each(finite)("ends at difference quotients in %s", (_, given) => {
    const played = walk(given);
    const gradients = gradientsAfter(played, played.turns.length);
    const quotients = differenceQuotients(given);
    expect(quotients.size).toBeGreaterThan(0);
    for (const [place, quotient] of quotients) {
      const [name, i] = place.split(" ");
      const node = played.nodes.find((one) => one.name === name);
      expect(gradients.get(node?.id ?? -1)?.value.data[Number(i)], place).toBeCloseTo(quotient, 5);
    }
  });

  it("waits with h until both paths have come", () => {
    const played = walk(smallCases.shared);
    const name = (id: number) => played.nodes[id]?.name;
    expect(
      played.turns.map(({ node, sends }) => [name(node), ...sends.map(({ to, path }) => `${name(to)} ${path}`)]),
    ).toEqual([
      ["y", "h 1", "s 1"],
      ["s", "h 2", "c 1"],
      ["h", "a 1", "b 1"],
    ]);
    const h = played.nodes.find((node) => node.name === "h")?.id ?? -1;
    expect([0, 1, 2].map((taken) => gradientsAfter(played, taken).get(h))).toEqual([
      undefined,
      { value: { shape: [], data: [7] }, path: 1 },
      { value: { shape: [], data: [13] }, path: 2 },
    ]);
    expect(played.turns[1]?.sends[0]?.before).toEqual({ shape: [], data: [7] });
    expect(played.nodes[h]?.paths).toBe(2);
  });

  it("starts with 1 at the loss, and names what the case does not", () => {
    const played = walk(smallCases.neuron);
    expect([...gradientsAfter(played, 0)]).toEqual([[0, { value: { shape: [], data: [1] }, path: 0 }]]);
    const named = played.nodes.filter(({ op }) => op !== undefined).map(({ name, op }) => `${name} = ${op}`);
    expect(named.sort()).toEqual(["n = add", "out = tanh", "v1 = mul", "v2 = mul", "v3 = add"]);
  });

  it("has both sides of x · x", () => {
    const { turns } = walk(smallCases.square);
    expect(turns.flatMap(({ sends }) => sends.map(({ index, total }) => [index, total.data[0]]))).toEqual([
      [0, 3],
      [1, 6],
    ]);
  });

  it("follows leaves that were changed", () => {
    const changed = withValues(smallCases.square, new Map([["x 0", -2]]));
    const { nodes, turns } = walk(changed);
    expect([nodes[0]?.value.data, turns[0]?.sends[1]?.total.data]).toEqual([[4], [-4]]);
  });
});

describe("the model's graph", () => {
  it.each(Object.entries(fits))("is the lesson's loss with its gradient, fused or apart: %s", (name, fit) => {
    if (name === "unshifted") return;
    const run = (given: Case): number[] => {
      const at = tensorsOf(given, "float64", false) as [Tensor, Tensor, Tensor];
      const f = (w: Tensor, b: Tensor): Tensor => given.compute([at[0], w, b], (_, t) => t);
      const [byW, byB] = grad(f, { argnums: [0, 1] })(at[1], at[2]) as [Tensor, Tensor];
      return [f(at[1], at[2]).item(), ...byW.data, ...byB.data];
    };
    const [fused, apart] = [run(ofModel(name)), run(ofModel(name, true))];
    apart.forEach((value, i) => {
      expect(value).toBeCloseTo(fused[i] as number, 12);
    });
    const byZ = lossGradient(model.forward(x).detach(), tensor([2], { dtype: "int32" }), fit);
    fused.slice(-3).forEach((value, i) => {
      expect(value).toBeCloseTo(byZ.data[i] as number, 5);
    });
  });

  it("keeps finite apart, too, where probabilities are 0", () => {
    const far = withValues(ofModel("ce", true), new Map([["b 0", 500]]));
    const { nodes, turns } = walk(far);
    expect(nodes[0]?.value.data[0]).toBeGreaterThan(490);
    expect(turns.flatMap(({ sends }) => sends.flatMap(({ total }) => total.data)).every(Number.isFinite)).toBe(true);
  });

  it("meets p − y at s", () => {
    const { nodes, turns } = walk(ofModel("ce", true));
    const s = nodes.find(({ name }) => name === "s");
    expect(s?.paths).toBe(2);
    const sends = turns.flatMap((turn) => turn.sends).filter(({ to }) => to === s?.id);
    const p = model.forward(x).softmax(1);
    const close = (from: Value | undefined, to: Tensor) =>
      from?.data.forEach((value, k) => {
        expect(value).toBeCloseTo(to.data[k] as number, 6);
      });
    expect(sends).toHaveLength(2);
    close(sends[1]?.total, p.sub([[0, 0, 1]]));
  });
});
