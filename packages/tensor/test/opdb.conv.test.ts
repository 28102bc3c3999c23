import * as tendril from "@tendril/tensor";
import { customGrad, Tensor, vjp } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, test } from "vitest";
import { describeCase, disagreement, readOpdb } from "./opdb.ts";

// Convolution and pooling against PyTorch's operator database, as opdb.test.ts does for all else; and compiled.

const opdb = Object.entries(readOpdb(new URL("./fixtures/opdb.conv.json.gz", import.meta.url)));

type Ops = NonNullable<Parameters<typeof disagreement>[1]>;
const eager = tendril as unknown as Ops;

const isRecord = (x: unknown): x is object => typeof x === "object" && x !== null && !Array.isArray(x);

/** Every tensor among arguments, or in an object among them, replaced. */
const mapped = (args: readonly unknown[], f: (x: Tensor) => Tensor): unknown[] =>
  args.map((x) => {
    if (x instanceof Tensor) return f(x);
    if (!isRecord(x)) return x;
    return Object.fromEntries(Object.entries(x).map(([name, y]) => [name, y instanceof Tensor ? f(y) : y]));
  });

/** An op whose value is from one compiled step, and whose gradients are from another. */
const compiled =
  (op: string) =>
  (...args: unknown[]): Tensor => {
    const leaves: Tensor[] = [];
    mapped(args, (x) => {
      leaves.push(x);
      return x;
    });
    const call = (...xs: Tensor[]): Tensor => {
      const left = [...xs];
      return eager[op]?.(...mapped(args, () => left.shift() as Tensor)) as Tensor;
    };
    const forward = compile(call);
    const backward = compile((ct: Tensor, ...xs: Tensor[]) => vjp(call, ...xs)[1](ct));
    let gradients: readonly Tensor[] | undefined;
    return customGrad({
      name: op,
      forward: (...xs) => forward(...xs.map((x) => x.detach())),
      vjps: (ct: Tensor, xs: readonly Tensor[], _out, _params, i) => {
        gradients ??= backward(ct, ...xs.map((x) => x.detach()));
        return gradients[i] as Tensor;
      },
    })(...leaves);
  };
const inPrograms: Ops = new Proxy(eager, { get: (_, op: string) => compiled(op) });

/** PyTorch takes a 0-d tensor for one of size 1; ours has no axis to take windows from. */
const differs = /^throws ShapeError: unfold: a 0-d tensor has no axis/;

describe("PyTorch's operator database, of convolution and pooling", () => {
  const engines = Object.entries({ eager, compiled: inPrograms });
  for (const [name, { cases }] of opdb) {
    test.each(engines)(`${name}: agrees in ${cases.length} cases, %s`, (_, ops) => {
      const all = cases.map((c) => ({ call: describeCase(c), found: disagreement(c, ops) }));
      const wrong = all.filter(({ found }) => found !== null);
      expect(wrong.filter(({ found }) => !differs.test(found ?? ""))).toEqual([]);
      expect(wrong).toHaveLength(name === "unfold" ? 3 : 0);
    });
  }

  test("loses nothing silently", () => {
    const sum = (list: readonly number[]): number => list.reduce((total, n) => total + n, 0);
    const leftOut: Record<string, number> = {};
    for (const [, entry] of opdb) {
      for (const [why, n] of Object.entries(entry.leftOut)) leftOut[why] = (leftOut[why] ?? 0) + n;
    }
    expect({
      cases: Object.fromEntries(opdb.map(([name, { cases }]) => [name, cases.length])),
      withGradients: sum(opdb.map(([, { cases }]) => cases.filter(({ grads }) => grads !== undefined).length)),
      leftOut,
    }).toMatchInlineSnapshot(`
      {
        "cases": {
          "nn.functional.adaptive_avg_pool1d": 6,
          "nn.functional.adaptive_avg_pool2d": 10,
          "nn.functional.avg_pool1d": 9,
          "nn.functional.avg_pool2d": 7,
          "nn.functional.conv1d": 20,
          "nn.functional.conv2d": 60,
          "nn.functional.conv_transpose1d": 20,
          "nn.functional.conv_transpose2d": 24,
          "nn.functional.max_pool1d": 86,
          "nn.functional.max_pool2d": 61,
          "unfold": 24,
        },
        "leftOut": {
          "large": 42,
          "means of integers, which PyTorch rounds down": 16,
          "not contiguous: Tendril's tensors always are": 576,
          "one of many combinations": 717,
          "return_indices=": 864,
        },
        "withGradients": 249,
      }
    `);
  });

  test("notices a compiled value, and a compiled gradient, that is wrong in the tenth digit", () => {
    const entry = opdb.find(([name]) => name === "nn.functional.conv2d")?.[1].cases[0];
    if (entry === undefined) throw new Error("there is no such entry");
    const wrong = (run: (x: Tensor) => Tensor): Ops => ({
      conv2d: (...args) => run(inPrograms.conv2d?.(...args) as Tensor),
    });
    const steep = customGrad({ name: "steep", forward: (x: Tensor) => x.clone(), vjps: [(ct) => ct.mul(1 + 3e-10)] });
    expect(disagreement(entry, inPrograms)).toBeNull();
    expect(
      disagreement(
        entry,
        wrong((y) => y.mul(1 + 3e-10)),
      ),
    ).toMatch(/^result 0: element 0 is/);
    expect(disagreement(entry, wrong(steep))).toMatch(/^gradient 0: element \d+ is/);
  });
});
