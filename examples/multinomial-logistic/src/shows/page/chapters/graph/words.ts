/** The rules of the ops in the drawn graphs: in words, in the nodes' names, and in numbers. */
import { each, elementAt, factor, type OpWords } from "./rule.ts";
import type { Value } from "./walk.ts";

const passed = each("ct", ({ ct }) => ct);

/** eᶻ / Σ eᶻ over the one row. */
function softmaxOf({ data }: Value): number[] {
  const most = Math.max(...data);
  const exps = data.map((z) => Math.exp(z - most));
  const total = exps.reduce((sum, e) => sum + e, 0);
  return exps.map((e) => e / total);
}

const total = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0);

export const words: Readonly<Record<string, OpWords>> = {
  add: { inputs: ["a", "b"], why: "A sum hands what arrives to each of its terms.", rules: [passed, passed] },
  sub: {
    inputs: ["a", "b"],
    why: "The first gets what arrives, the second its negative.",
    rules: [passed, each("−ct", ({ ct }) => -ct)],
  },
  mul: {
    inputs: ["a", "b"],
    why: "Each factor gets what arrives, times the other factor.",
    rules: [each("ct · {1}", ({ ct, b }) => ct * b), each("ct · {0}", ({ ct, a }) => ct * a)],
  },
  div: {
    inputs: ["a", "b"],
    why: "What is divided gets what arrives, divided too; the divisor gets more, the smaller it is.",
    rules: [
      each("ct / {1}", ({ ct, b }) => ct / b),
      each("−(ct · {out} / {1})", ({ ct, out, b }) => -((ct * out) / b)),
    ],
  },
  neg: { inputs: ["a"], why: "The sign turns, here as there.", rules: [each("−ct", ({ ct }) => -ct)] },
  exp: {
    inputs: ["a"],
    why: "The slope of exp is exp itself, which is its output.",
    rules: [each("ct · {out}", ({ ct, out }) => ct * out)],
  },
  log: {
    inputs: ["a"],
    why: "The slope of ln at a number is 1 divided by that number.",
    rules: [each("ct / {0}", ({ ct, a }) => ct / a)],
  },
  tanh: {
    inputs: ["a"],
    why: "The slope of tanh is 1 less its output squared: 1 in the middle, almost 0 far out.",
    rules: [each("ct · (1 − {out} · {out})", ({ ct, out }) => ct * (1 - out * out))],
  },
  sum: { inputs: ["a"], why: "Every term counts once in the sum, so each gets what arrives.", rules: [passed] },
  where: {
    inputs: ["condition", "a", "b"],
    why: "What was chosen gets what arrives, what was not chosen gets 0.",
    rules: [
      null,
      {
        letters: "ct if chosen, else 0",
        at: ({ ct, inputs: [condition] }, place, show) => {
          const value = condition !== undefined && elementAt(condition, place) !== 0 ? elementAt(ct, place) : 0;
          return { text: show(value), value };
        },
      },
      null,
    ],
  },
  gather: {
    inputs: ["a", "indices"],
    why: "The element that was picked gets what arrives, the others get 0.",
    rules: [
      {
        letters: "ct if picked, else 0",
        at: ({ ct, inputs: [, indices] }, place, show) => {
          const value = place.at(-1) === indices?.data[0] ? (ct.data[0] ?? Number.NaN) : 0;
          return { text: show(value), value };
        },
      },
      null,
    ],
  },
  matmul: {
    inputs: ["a", "b"],
    why: "Row j of {1} made score j from {0}, so it gets what arrived at score j, times {0}.",
    rules: [
      null,
      {
        letters: "ct[j] · {0}[k]",
        at: ({ ct, inputs: [a] }, [j = 0, k = 0], show) => {
          const [c, x] = [ct.data[j] ?? Number.NaN, a?.data[k] ?? Number.NaN];
          return { text: `${factor(c, show)} · ${factor(x, show)}`, value: c * x };
        },
      },
    ],
  },
  softmax: {
    inputs: ["a"],
    why: "A score that rises takes its probability from all others: so the mean of what arrives is taken off first.",
    rules: [
      {
        letters: "{out} · (ct − Σ ct · {out})",
        at: ({ ct, out }, place, show) => {
          const mean = total(ct.data.map((c, k) => c * (out.data[k] ?? 0)));
          const [s, c] = [elementAt(out, place), elementAt(ct, place)];
          return { text: `${factor(s, show)} · (${show(c)} − ${factor(mean, show)})`, value: s * (c - mean) };
        },
      },
    ],
  },
  crossEntropy: {
    inputs: ["z", "y"],
    why: "Softmax and −ln in one piece: all that is left of both is p − y, the probabilities less the truth, which is 1 for the right class and 0 for the others.",
    rules: [
      {
        letters: "ct · (softmax({0}) − y)",
        at: ({ ct, inputs: [z, y] }, place, show) => {
          const k = place.at(-1) ?? 0;
          const [c, p] = [ct.data[0] ?? Number.NaN, (z && softmaxOf(z)[k]) ?? Number.NaN];
          const truth = y?.data[0] === k ? 1 : 0;
          return { text: `${factor(c, show)} · (${show(p)} − ${truth})`, value: c * (p - truth) };
        },
      },
      null,
    ],
  },
  /** With a target for each class: label smoothing. */
  softCrossEntropy: {
    inputs: ["z", "t"],
    why: "Softmax and −ln in one piece: what is left is p − t, the probabilities less the targets, which are smoothed.",
    rules: [
      {
        letters: "ct · (softmax({0}) · Σt − t)",
        at: ({ ct, inputs: [z, t] }, place, show) => {
          const k = place.at(-1) ?? 0;
          const [c, p] = [ct.data[0] ?? Number.NaN, (z && softmaxOf(z)[k]) ?? Number.NaN];
          const [all, own] = [total(t?.data ?? []), t?.data[k] ?? Number.NaN];
          const text = `${factor(c, show)} · (${show(p)} · ${show(all)} − ${show(own)})`;
          return { text, value: c * (p * all - own) };
        },
      },
      null,
    ],
  },
};

/** The entry for an op with these inputs: two loss functions share a name. */
export function wordsKey(op: string, inputs: readonly Value[]): string {
  return op === "crossEntropy" && inputs[1]?.shape.length === 2 ? "softCrossEntropy" : op;
}
