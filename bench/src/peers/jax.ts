/**
 * jax-js on its WebAssembly device; `form` is a function as it is, or `jit`. Every step ends with nothing pending, since
 * queued work slows down what follows. A use of an array takes it over, and `.ref` keeps it for another use.
 */
import { blockUntilReady, defaultDevice, init, nn, numpy as np, valueAndGrad } from "@jax-js/jax";
import { chainWeights, examples, gateWeights, labels, layers, logitScale, oneHot, sumAbs, uniform } from "../data.ts";
import type { Mlp, Task } from "../works.ts";

type Arrays = np.Array[];
/** What makes a function of arrays ready for use. */
export type Form = <A extends (np.Array | Arrays)[]>(f: (...args: A) => Arrays) => (...args: A) => Arrays;

export const eager: Form = (f) => f;

export const prepare = async (): Promise<void> => {
  await init("wasm");
  defaultDevice("wasm");
};

export const array = (data: Float32Array, shape: number[]): np.Array =>
  np.array(data as Float32Array<ArrayBuffer>).reshape(shape);

/** Mean cross-entropy of logits z: [N, C] against one-hot rows y. */
export const loss = (z: np.Array, y: np.Array): np.Array => np.sum(nn.logSoftmax(z).mul(y), 1).mean().mul(-1);

export function mlp(work: Mlp, form: Form): Task {
  const data = examples(work);
  const classes = work.sizes.at(-1) as number;
  const x = array(data.x, [work.rows, work.sizes[0] as number]);
  const y = array(oneHot(data.y, classes), [work.rows, classes]);
  const forward = (params: Arrays, x: np.Array, y: np.Array): np.Array => {
    let h = x;
    for (let i = 0; i < params.length; i += 2) {
      h = np.matmul(i === 0 ? h : nn.relu(h), params[i] as np.Array).add(params[i + 1] as np.Array);
    }
    return loss(h, y);
  };
  const params = layers(work).flatMap(([inputs, outputs, weights]) => [
    array(weights, [inputs, outputs]),
    np.zeros([outputs]),
  ]);
  return training(forward, params, [x, y], { sgd: work.lr }, form);
}

/** The loss as a function of the parameters and the data. */
export type Loss = (params: Arrays, x: np.Array, y: np.Array) => np.Array;

/** Learning rate of plain SGD, or of Adam. */
type Rule = { sgd: number } | { adam: number };

/** Steps of an optimizer; Adam's averages are parameters among others, and its corrections arguments, which change. */
export function training(
  forward: Loss,
  params: Arrays,
  [x, y]: readonly [np.Array, np.Array],
  rule: Rule,
  form: Form,
): Task {
  const withGradient = valueAndGrad(forward);
  const n = params.length;
  const step = form((state: Arrays, x: np.Array, y: np.Array, ...corrections: Arrays) => {
    const params = state.slice(0, n);
    const [value, grads] = withGradient(
      params.map((p) => p.ref),
      x,
      y,
    );
    if ("sgd" in rule) return [value, ...params.map((p, i) => p.sub((grads[i] as np.Array).mul(rule.sgd)))];
    const updated = params.map((p, i) => adam(p, grads[i] as np.Array, state.slice(n + 2 * i), corrections));
    for (const c of corrections) c.dispose();
    return [value, ...updated.map(([p]) => p as np.Array), ...updated.flatMap(([, ...averages]) => averages)];
  });
  let state = "sgd" in rule ? params : [...params, ...params.flatMap((p) => [np.zeros(p.shape), np.zeros(p.shape)])];
  let last = 0;
  let steps = 0;
  return {
    async step() {
      steps++;
      const corrections =
        "sgd" in rule ? [] : [rule.adam / (1 - 0.9 ** steps), Math.sqrt(1 - 0.999 ** steps)].map((c) => np.array(c));
      const [value, ...next] = step(state, x.ref, y.ref, ...corrections) as [np.Array, ...Arrays];
      state = next;
      await blockUntilReady(state);
      last = value.item();
    },
    result: () => [last],
  };
}

/** p, m and v after a step of Adam; `rate` and `root` are the rate by 1 − β₁ᵗ and √(1 − β₂ᵗ). */
function adam(p: np.Array, g: np.Array, [m, v]: Arrays, [rate, root]: Arrays): Arrays {
  const mean = (m as np.Array).mul(0.9).add(g.ref.mul(0.1));
  const square = (v as np.Array).mul(0.999).add(g.ref.mul(g).mul(0.001));
  const denominator = np
    .sqrt(square.ref)
    .div((root as np.Array).ref)
    .add(1e-8);
  return [p.sub(mean.ref.div(denominator).mul((rate as np.Array).ref)), mean, square];
}

/** Runs `f`, drains it, reads its first result at each step and all of them at the end. */
function task(f: () => Arrays): Task {
  let results: Arrays = [];
  return {
    async step() {
      for (const r of results) r.dispose();
      results = f();
      await blockUntilReady(results);
    },
    result: () => results.map((r) => sumAbs(r.ref.dataSync())),
  };
}

export function matmul(n: number, form: Form): Task {
  const [a, b] = [array(uniform(1, n * n), [n, n]), array(uniform(2, n * n), [n, n])];
  const step = form((a: np.Array, b: np.Array) => [np.matmul(a, b)]);
  return task(() => step(a.ref, b.ref));
}

export function gate(n: number, form: Form): Task {
  const [x, w, b] = [array(uniform(1, n), [n]), np.array(gateWeights.w), np.array(gateWeights.b)];
  const f = valueAndGrad(
    (x: np.Array, w: np.Array, b: np.Array) => np.tanh(x.ref.mul(w).add(b)).mul(nn.sigmoid(x)).mean(),
    { argnums: [0, 1, 2] },
  );
  const step = form((x: np.Array, w: np.Array, b: np.Array) => f(x, w, b).flat());
  return task(() => step(x.ref, w.ref, b.ref));
}

export function crossEntropy(rows: number, classes: number, form: Form): Task {
  const z = array(uniform(1, rows * classes, logitScale), [rows, classes]);
  const y = array(oneHot(labels(rows, classes), classes), [rows, classes]);
  const f = valueAndGrad(loss);
  const step = form((z: np.Array, y: np.Array) => f(z, y).flat());
  return task(() => step(z.ref, y.ref));
}

/** A graph is kept only inside of a gradient, so there is no way there alone. */
export function chain(ops: number, backward: boolean, form: Form): Task | null {
  if (!backward) return null;
  const f = valueAndGrad((a: np.Array, b: np.Array, start: np.Array) => {
    let y = start;
    for (let i = 0; i < ops; i += 2) y = y.mul(a.ref).add(b.ref);
    a.dispose();
    b.dispose();
    return y.sum();
  });
  const [a, b, start] = [np.array([chainWeights.a]), np.array([chainWeights.b]), np.array([1])];
  const step = form((a: np.Array, b: np.Array, start: np.Array) => f(a, b, start).flat());
  return task(() => step(a.ref, b.ref, start.ref));
}
