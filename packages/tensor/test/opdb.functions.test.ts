import * as tendril from "@tendril/tensor";
import { Tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, test } from "vitest";
import { type Case, describeCase, disagreement, type Ops, readOpdb } from "./opdb.ts";

// What is in src/functions against PyTorch's own operator database, eager and compiled: see fixtures/generate_opdb.py.

const opdb = Object.entries(readOpdb(new URL("./fixtures/opdb.functions.json.gz", import.meta.url)));
/** A null among arguments is read as undefined; for an index it says that the axis is left whole. */
const index = (x: Tensor, ...indices: (Tensor | undefined)[]): Tensor =>
  tendril.index(x, ...indices.map((at) => at ?? null));
const functions = { ...tendril, index } as unknown as Ops;

/** The tensors in a call's arguments, and the same arguments with others in their places. */
function partsOf(args: readonly unknown[]): [Tensor[], (others: readonly Tensor[]) => unknown[]] {
  const found = args.flat().filter((x) => x instanceof Tensor);
  const put = (x: unknown, others: readonly Tensor[]): unknown =>
    Array.isArray(x) ? x.map((part) => put(part, others)) : x instanceof Tensor ? others[found.indexOf(x)] : x;
  return [found, (others) => args.map((x) => put(x, others))];
}

/** A function whose values, and whose gradients, are those of compiled steps. */
function compiled(name: string): Ops[string] {
  return (...args) => {
    const [inputs, withOthers] = partsOf(args);
    const f = (...xs: Tensor[]): Tensor[] => {
      const out = functions[name]?.(...withOthers(xs)) ?? [];
      return out instanceof Tensor ? [out] : Object.values(out);
    };
    return compile(f)(...inputs.map((x) => x.detach())).map((value, k) => {
      const gradient = (ct: Tensor, xs: readonly Tensor[], i: number): Tensor => {
        const by = (x: Tensor): Tensor => f(...xs.map((other, j) => (i === j ? x : other)))[k] as Tensor;
        return tendril.vjp(by, xs[i] as Tensor)[1](ct)[0] as Tensor;
      };
      const vjps = (ct: Tensor, xs: readonly Tensor[], _: Tensor, _params: object, i: number): Tensor =>
        compile((ct: Tensor, ...xs: Tensor[]) => gradient(ct, xs, i))(ct, ...xs.map((x) => x.detach()));
      return tendril.customGrad<Tensor[]>({ name, forward: () => value, vjps })(...inputs);
    });
  };
}

const compiledFunctions = Object.fromEntries(Object.keys(functions).map((name) => [name, compiled(name)]));
const wrongIn = (cases: readonly Case[], ops: Ops): unknown[] =>
  cases.map((c) => ({ call: describeCase(c), found: disagreement(c, ops) })).filter(({ found }) => found !== null);

describe("PyTorch's operator database", () => {
  test.each(opdb)("%s agrees in every case", (_, { cases }) => {
    expect(cases).not.toHaveLength(0);
    expect(wrongIn(cases, functions)).toEqual([]);
  });

  test.each(opdb.filter(([name]) => name !== "masked_select"))("%s agrees in every case, compiled", (_, { cases }) => {
    expect(wrongIn(cases, compiledFunctions)).toEqual([]);
  });

  test("loses nothing silently", () => {
    const leftOut: Record<string, number> = {};
    for (const [, entry] of opdb) {
      for (const [why, n] of Object.entries(entry.leftOut)) leftOut[why] = (leftOut[why] ?? 0) + n;
    }
    const all = opdb.flatMap(([, { cases }]) => cases);
    expect({
      cases: all.length,
      functions: new Set(all.map(({ op }) => op)).size,
      withGradients: all.filter(({ grads }) => grads !== undefined).length,
      leftOut,
    }).toMatchInlineSnapshot(`
      {
        "cases": 808,
        "functions": 17,
        "leftOut": {
          "a mask": 3,
          "a slice beside indices": 9,
          "dtype=": 1,
          "large": 45,
          "not contiguous: Tendril's tensors always are": 51,
          "ties, of which PyTorch takes any": 7,
        },
        "withGradients": 265,
      }
    `);
  });

  test("notices a compiled gradient that is wrong", () => {
    const c = opdb.find(([name]) => name === "log2")?.[1].cases.find(({ grads }) => grads !== undefined) as Case;
    const steep = (x: Tensor): Tensor => tendril.log2(x).add(x.sub(x.detach()).mul(1e-3));
    expect(disagreement(c, { log2: steep as unknown as Ops[string] })).toMatch(/^gradient 0: element 0 is/);
    expect(disagreement(c, compiledFunctions)).toBeNull();
  });
});
