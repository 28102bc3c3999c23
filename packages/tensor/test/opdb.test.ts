import * as tendril from "@tendril/tensor";
import { describe, expect, test } from "vitest";
import { type Case, describeCase, disagreement, type Entry, readOpdb } from "./opdb.ts";

// Every op against PyTorch's own operator database: fixtures/generate_opdb.py has PyTorch run it.

const opdb: readonly [name: string, entry: Entry][] = Object.entries(
  readOpdb(new URL("./fixtures/opdb.json.gz", import.meta.url)),
);

/** Where we differ on purpose: in how many cases of which entry, by what, and why. */
const differences: readonly { entry: string; cases: number; found: RegExp; why: string }[] = [
  {
    entry: "gather",
    cases: 3,
    found: /^throws ShapeError: gather: \[\] with indices \[1\]/,
    why: "PyTorch takes a 0-d tensor for one of size 1; ours has no axis to choose along",
  },
  {
    entry: "mT",
    cases: 3,
    found: /^throws ShapeError: mT: needs a matrix, got shape \[\]/,
    why: "PyTorch warns that it will refuse a 0-d tensor; ours does",
  },
  {
    entry: "cat",
    cases: 3,
    found: /^throws ShapeError: cat: input 1 has shape \[3, 2, 2\], input 0 has \[0\]/,
    why: "PyTorch skips tensors of shape [0] beside any others, a relic; ours wants sizes that agree",
  },
  {
    entry: "native_layer_norm",
    cases: 2,
    found: /is 0, PyTorch's -?\d\.\d+e-1[34]$/,
    why: "one number less its own mean is 0; PyTorch's formula leaves rounding there",
  },
  {
    entry: "nn.functional.elu",
    cases: 1,
    found: /^gradient 0: element 8 is NaN, PyTorch's -2.024/,
    why: "at NaN PyTorch's gradient is NaN in its vectorised loop and the cotangent in its scalar loop; ours is NaN",
  },
];

interface Disagreement {
  readonly call: string;
  readonly found: string;
}

const disagreements = (cases: readonly Case[]): Disagreement[] =>
  cases.flatMap((c) => {
    const found = disagreement(c);
    return found === null ? [] : { call: describeCase(c), found };
  });

describe("PyTorch's operator database", () => {
  for (const [name, { cases }] of opdb) {
    if (cases.length === 0) continue;
    test(`${name}: agrees in ${cases.length} cases, but for what is listed`, () => {
      const listed = differences.filter((d) => d.entry === name);
      const all = disagreements(cases);
      expect(all.filter(({ found }) => !listed.some((d) => d.found.test(found)))).toEqual([]);
      for (const d of listed) expect(all.filter(({ found }) => d.found.test(found))).toHaveLength(d.cases);
    });
  }

  test("loses nothing silently", () => {
    const count = (n: (entry: Entry) => number): number => opdb.reduce((sum, [, entry]) => sum + n(entry), 0);
    const leftOut: Record<string, number> = {};
    for (const [, entry] of opdb) {
      for (const [why, n] of Object.entries(entry.leftOut)) leftOut[why] = (leftOut[why] ?? 0) + n;
    }
    expect({
      entries: opdb.length,
      entriesWithCases: opdb.filter(([, { cases }]) => cases.length > 0).length,
      tendrilOps: new Set(opdb.flatMap(([, { cases }]) => cases.map((c) => c.op))).size,
      cases: count(({ cases }) => cases.length),
      withGradients: count(({ cases }) => cases.filter((c) => c.grads !== undefined).length),
      differences: differences.reduce((sum, d) => sum + d.cases, 0),
      leftOut,
    }).toMatchInlineSnapshot(`
      {
        "cases": 5685,
        "differences": 12,
        "entries": 142,
        "entriesWithCases": 135,
        "leftOut": {
          "a complex number": 1,
          "a dtype that Tendril does not have": 6,
          "alpha=": 13,
          "an array as index": 39,
          "bounds that are tensors": 116,
          "decimals=": 36,
          "dtype=": 35,
          "fewer counts than axes": 42,
          "large": 488,
          "max_norm=": 2,
          "mode=": 42,
          "norm of singular values": 2,
          "not a matrix": 9,
          "not contiguous: Tendril's tensors always are": 4755,
          "not two vectors": 2,
          "padding_idx=": 2,
          "rounding_mode=": 44,
          "scale_grad_by_freq=": 1,
          "sparse=": 2,
          "two plain numbers: PyTorch's are float64 or int64, Tendril's float32": 30,
        },
        "tendrilOps": 97,
        "withGradients": 1825,
      }
    `);
  });

  test("has no entry whose samples are all left out, but for variants of an op", () => {
    const empty = opdb.filter(([, { cases }]) => cases.length === 0).map(([name]) => name);
    expect(empty).toMatchInlineSnapshot(`
      [
        "nn.functional.pad reflect",
        "nn.functional.pad replicate",
        "nn.functional.pad circular",
        "nn.functional.silu complex",
        "round decimals_3",
        "round decimals_neg_3",
        "norm nuc",
      ]
    `);
  });

  const exp = opdb.find(([name]) => name === "exp")?.[1].cases.find((c) => c.grads !== undefined) as Case;
  const inaccurate = (f: typeof tendril.exp) => ({ exp: f }) as unknown as Parameters<typeof disagreement>[1];

  test("notices a value that is wrong in the tenth digit", () => {
    expect(disagreement(exp)).toBeNull();
    expect(
      disagreement(
        exp,
        inaccurate((x) => tendril.exp(x).mul(1 + 3e-10)),
      ),
    ).toMatch(/^result 0: element 0 is/);
  });

  test("notices a gradient, a dtype, a shape that is wrong, and an op that does not record", () => {
    const right = (x: tendril.Tensor): tendril.Tensor => x.exp();
    const steep = tendril.customGrad({ name: "steep", forward: right, vjps: [(ct, _, out) => ct.mul(out).mul(1.1)] });
    expect(disagreement(exp, inaccurate(steep as typeof tendril.exp))).toMatch(/^gradient 0: element 0 is/);
    expect(
      disagreement(
        exp,
        inaccurate((x) => tendril.exp(x).to("float32")),
      ),
    ).toMatch(/float32, PyTorch's float64/);
    expect(
      disagreement(
        exp,
        inaccurate((x) => tendril.exp(x).unsqueeze(0)),
      ),
    ).toMatch(/PyTorch's \[/);
    expect(
      disagreement(
        exp,
        inaccurate((x) => tendril.exp(x).detach()),
      ),
    ).toMatch(/throws GradError/);
  });
});
