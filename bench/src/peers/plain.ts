/** What one would write by hand for exactly this work: fused loops over typed arrays. */
import { examples, gateWeights, labels, layers, logitScale, sumAbs, uniform } from "../data.ts";
import type { Mlp, Task, Unable } from "../works.ts";

type Floats = Float32Array;

/** Where element (i, j) of a matrix is: a transpose is the two exchanged. */
type Strides = readonly [row: number, column: number];

/** c: [n, m] ← a: [n, k] · b: [k, m], in tiles of 2 × 4 that stay in registers; n is even. */
function multiply(a: Floats, sa: Strides, b: Floats, sb: Strides, c: Floats, n: number, k: number, m: number): void {
  const [ai, ap] = sa;
  const [bp, bj] = sb;
  for (let i = 0; i < n; i += 2) {
    let j = 0;
    for (; j + 4 <= m; j += 4) {
      let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let p = 0, x = i * ai, y = j * bj; p < k; p++, x += ap, y += bp) {
        const u = a[x] as number;
        const v = a[x + ai] as number;
        const q0 = b[y] as number;
        const q1 = b[y + bj] as number;
        const q2 = b[y + 2 * bj] as number;
        const q3 = b[y + 3 * bj] as number;
        s0 += u * q0;
        s1 += u * q1;
        s2 += u * q2;
        s3 += u * q3;
        t0 += v * q0;
        t1 += v * q1;
        t2 += v * q2;
        t3 += v * q3;
      }
      const at = i * m + j;
      c[at] = s0;
      c[at + 1] = s1;
      c[at + 2] = s2;
      c[at + 3] = s3;
      c[at + m] = t0;
      c[at + m + 1] = t1;
      c[at + m + 2] = t2;
      c[at + m + 3] = t3;
    }
    for (; j < m; j++) {
      let [s, t] = [0, 0];
      for (let p = 0, x = i * ai, y = j * bj; p < k; p++, x += ap, y += bp) {
        s += (a[x] as number) * (b[y] as number);
        t += (a[x + ai] as number) * (b[y] as number);
      }
      c[i * m + j] = s;
      c[i * m + m + j] = t;
    }
  }
}

/** Turns rows of logits into (softmax − one-hot)·scale, and returns Σ −log softmax(z)_y. */
function softmaxLoss(z: Floats, y: Int32Array, rows: number, classes: number, scale: number, out: Floats): number {
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const at = i * classes;
    let max = -Infinity;
    for (let j = 0; j < classes; j++) if ((z[at + j] as number) > max) max = z[at + j] as number;
    let sum = 0;
    const truth = at + (y[i] as number);
    const chosen = (z[truth] as number) - max;
    for (let j = 0; j < classes; j++) {
      const e = Math.exp((z[at + j] as number) - max);
      out[at + j] = e;
      sum += e;
    }
    loss += Math.log(sum) - chosen;
    const factor = scale / sum;
    for (let j = 0; j < classes; j++) out[at + j] = (out[at + j] as number) * factor;
    out[truth] = (out[truth] as number) - scale;
  }
  return loss;
}

/** Two features and three classes, as of W1: a row is read once, and nothing but the sums is kept. */
function regression(work: Mlp): Task {
  const { x, y } = examples(work);
  const { rows } = work;
  const [[, , w]] = layers(work) as [[number, number, Floats]];
  const b = new Float32Array(3);
  const rate = work.lr / rows;
  let loss = 0;
  return {
    step() {
      const [u0, u1, u2, v0, v1, v2] = w as unknown as [number, number, number, number, number, number];
      const [b0, b1, b2] = b as unknown as [number, number, number];
      let [du0, du1, du2, dv0, dv1, dv2, db0, db1, db2] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
      loss = 0;
      for (let i = 0; i < rows; i++) {
        const u = x[2 * i] as number;
        const v = x[2 * i + 1] as number;
        const truth = y[i] as number;
        const z0 = u * u0 + v * v0 + b0;
        const z1 = u * u1 + v * v1 + b1;
        const z2 = u * u2 + v * v2 + b2;
        const max = Math.max(z0, z1, z2);
        const e0 = Math.exp(z0 - max);
        const e1 = Math.exp(z1 - max);
        const e2 = Math.exp(z2 - max);
        const sum = e0 + e1 + e2;
        loss += Math.log(sum) + max - (truth === 0 ? z0 : truth === 1 ? z1 : z2);
        const g0 = e0 / sum - (truth === 0 ? 1 : 0);
        const g1 = e1 / sum - (truth === 1 ? 1 : 0);
        const g2 = e2 / sum - (truth === 2 ? 1 : 0);
        du0 += u * g0;
        du1 += u * g1;
        du2 += u * g2;
        dv0 += v * g0;
        dv1 += v * g1;
        dv2 += v * g2;
        db0 += g0;
        db1 += g1;
        db2 += g2;
      }
      loss /= rows;
      w.set([u0 - rate * du0, u1 - rate * du1, u2 - rate * du2, v0 - rate * dv0, v1 - rate * dv1, v2 - rate * dv2]);
      b.set([b0 - rate * db0, b1 - rate * db1, b2 - rate * db2]);
    },
    result: () => [loss],
  };
}

export function mlp(work: Mlp): Task {
  if (work.sizes.length === 2) return regression(work);
  const { x, y } = examples(work);
  const { rows, lr } = work;
  const net = layers(work).map(([inputs, outputs, w]) => ({
    inputs,
    outputs,
    w,
    b: new Float32Array(outputs),
    dw: new Float32Array(inputs * outputs),
    out: new Float32Array(rows * outputs),
    dOut: new Float32Array(rows * outputs),
  }));
  let loss = 0;
  return {
    step() {
      let input = x;
      for (const [l, { inputs, outputs, w, b, out }] of net.entries()) {
        multiply(input, [inputs, 1], w, [outputs, 1], out, rows, inputs, outputs);
        const last = l === net.length - 1;
        for (let i = 0, at = 0; i < rows; i++) {
          for (let j = 0; j < outputs; j++, at++) {
            const v = (out[at] as number) + (b[j] as number);
            out[at] = last || v > 0 ? v : 0;
          }
        }
        input = out;
      }
      const top = net.at(-1) as (typeof net)[number];
      loss = softmaxLoss(top.out, y, rows, top.outputs, 1 / rows, top.dOut) / rows;
      for (let l = net.length - 1; l >= 0; l--) {
        const { inputs, outputs, w, b, dw, dOut } = net[l] as (typeof net)[number];
        const below = net[l - 1];
        multiply(below?.out ?? x, [1, inputs], dOut, [outputs, 1], dw, inputs, rows, outputs);
        if (below !== undefined) {
          multiply(dOut, [outputs, 1], w, [1, outputs], below.dOut, rows, outputs, inputs);
          for (let i = 0; i < below.out.length; i++) if (below.out[i] === 0) below.dOut[i] = 0;
        }
        for (let i = 0; i < w.length; i++) w[i] = (w[i] as number) - lr * (dw[i] as number);
        for (let i = 0, at = 0; i < rows; i++) {
          for (let j = 0; j < outputs; j++, at++) b[j] = (b[j] as number) - lr * (dOut[at] as number);
        }
      }
    },
    result: () => [loss],
  };
}

export function matmul(n: number): Task {
  const [a, b, c] = [uniform(1, n * n), uniform(2, n * n), new Float32Array(n * n)];
  return { step: () => multiply(a, [n, 1], b, [n, 1], c, n, n, n), result: () => [sumAbs(c)] };
}

export function gate(n: number): Task {
  const { w, b } = gateWeights;
  const x = uniform(1, n);
  const dx = new Float32Array(n);
  let [value, dw, db] = [0, 0, 0];
  return {
    step() {
      value = dw = db = 0;
      for (let i = 0; i < n; i++) {
        const v = x[i] as number;
        const t = Math.tanh(v * w + b);
        const s = 1 / (1 + Math.exp(-v));
        const dt = (s * (1 - t * t)) / n;
        value += t * s;
        dx[i] = dt * w + (t * s * (1 - s)) / n;
        dw += dt * v;
        db += dt;
      }
      value /= n;
    },
    result: () => [value, sumAbs(dx), dw, db],
  };
}

export function crossEntropy(rows: number, classes: number): Task {
  const z = uniform(1, rows * classes, logitScale);
  const y = labels(rows, classes);
  const dz = new Float32Array(z.length);
  let loss = 0;
  return {
    step() {
      loss = softmaxLoss(z, y, rows, classes, 1 / rows, dz) / rows;
    },
    result: () => [loss, sumAbs(dz)],
  };
}

const unwritten = (): Unable => ({ without: "not written by hand" });

export { unwritten as cnn, unwritten as gru, unwritten as transformer };
