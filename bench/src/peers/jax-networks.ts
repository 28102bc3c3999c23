/** The networks of W7, W8 and W9 in jax-js; `form` is a function as it is, or `jit`. Each use of an array but the last is `.ref`. */
import { lax, nn, numpy as np } from "@jax-js/jax";
import { examples, labels, oneHot } from "../data.ts";
import {
  type Cnn,
  cnnWeights,
  type Gru,
  gruWeights,
  type Parameters,
  sequences,
  type Transformer,
  text,
  transformerWeights,
  type Weights,
} from "../networks.ts";
import type { Task } from "../works.ts";
import { array, type Form, type Loss, loss, training } from "./jax.ts";

type Values = Parameters<np.Array>;

/** `f` by the parameters as a list, which is how they are differentiated. Each is used by reference, and let go at the end. */
const named =
  (weights: Parameters<Weights>, f: (p: Values, x: np.Array) => np.Array): Loss =>
  (list, x, y) => {
    let i = 0;
    const p = weights.map(() => list[i++] as np.Array);
    const value = loss(f(p, x), y);
    for (const parameter of list) parameter.dispose();
    return value;
  };

const start = (weights: Parameters<Weights>): np.Array[] =>
  weights.all().map(({ data, shape }) => array(data, [...shape]));
const linear = (x: np.Array, p: Values, name: string): np.Array =>
  np.matmul(x, np.matrixTranspose(p.get(`${name}.weight`).ref)).add(p.get(`${name}.bias`).ref);

export function cnn(work: Cnn, form: Form): Task {
  const { rows, side, channels, classes, lr } = work;
  const data = examples({ rows, sizes: [side * side, classes] });
  const weights = cnnWeights(work);
  const logits = (p: Values, x: np.Array): np.Array => {
    let h = x;
    for (const [i, name] of ["conv1", "conv2"].entries()) {
      const [outputs, size] = [channels[i] as number, side / 2 ** (i + 1)];
      const bias = p.get(`${name}.bias`).ref.reshape([outputs, 1, 1]);
      h = nn.relu(lax.conv(h, p.get(`${name}.weight`).ref, [1, 1], "SAME").add(bias));
      h = np.max(h.reshape([rows, outputs, size, 2, size, 2]), [3, 5]);
    }
    return linear(h.reshape([rows, -1]), p, "head");
  };
  const x = array(data.x, [rows, 1, side, side]);
  const y = array(oneHot(data.y, classes), [rows, classes]);
  return training(named(weights, logits), start(weights), [x, y], { sgd: lr }, form);
}

/** (x − mean) / √(variance + ε) · scale + bias over the last axis. */
const norm = (x: np.Array, p: Values, name: string): np.Array =>
  nn
    .standardize(x, -1, { epsilon: 1e-5 })
    .mul(p.get(`${name}.weight`).ref)
    .add(p.get(`${name}.bias`).ref);

export function transformer(work: Transformer, form: Form): Task {
  const { batch, length, width, vocabulary, heads, blocks, lr } = work;
  const data = text(work);
  const weights = transformerWeights(work);
  // The library's own attention, as its `einsum`, needs Node 22.
  const attention = (x: np.Array, p: Values, block: string): np.Array => {
    const apart = linear(x, p, `${block}.qkv`).reshape([batch, length, 3, heads, width / heads]);
    const [q, k, v] = [apart.ref, apart.ref, apart].map((part, i) =>
      np.transpose(part.slice([], [], i), [0, 2, 1, 3]),
    ) as [np.Array, np.Array, np.Array];
    const scores = np.matmul(q, np.matrixTranspose(k)).mul(1 / Math.sqrt(width / heads));
    const past = np.tri(length, length, 0, { dtype: np.bool });
    const mixed = np.matmul(nn.softmax(np.where(past, scores, -Infinity)), v);
    return linear(np.transpose(mixed, [0, 2, 1, 3]).reshape([batch, length, width]), p, `${block}.projection`);
  };
  const logits = (p: Values, x: np.Array): np.Array => {
    let h = np.matmul(x, p.get("tokens.weight").ref).add(p.get("positions.weight").ref);
    for (let i = 0; i < blocks; i++) {
      const block = `blocks.${i}`;
      h = h.ref.add(attention(norm(h, p, `${block}.norm1`), p, block));
      const inner = nn.gelu(linear(norm(h.ref, p, `${block}.norm2`), p, `${block}.up`));
      h = h.add(linear(inner, p, `${block}.down`));
    }
    const out = np.matmul(norm(h, p, "norm"), np.matrixTranspose(p.get("head.weight").ref));
    return out.reshape([batch * length, vocabulary]);
  };
  // The way back of taking rows is not there for int32 indices, and rows of zeros with a one do the same.
  const x = array(oneHot(data.x, vocabulary), [batch, length, vocabulary]);
  const y = array(oneHot(data.y, vocabulary), [batch * length, vocabulary]);
  return training(named(weights, logits), start(weights), [x, y], { adam: lr }, form);
}

export function gru(work: Gru, form: Form): Task {
  const { batch, length, inputs, hidden, classes, lr } = work;
  const data = sequences(work);
  const weights = gruWeights(work);
  const gates = (x: np.Array, p: Values, kind: "ih" | "hh"): np.Array =>
    np.matmul(x, np.matrixTranspose(p.get(`gru.weight_${kind}_l0`).ref)).add(p.get(`gru.bias_${kind}_l0`).ref);
  const logits = (p: Values, x: np.Array): np.Array => {
    const fromInputs = gates(x, p, "ih"); // of all steps at once
    let h = np.zeros([batch, hidden]);
    for (let t = 0; t < length; t++) {
      const [ri, zi, ni] = np.split(fromInputs.ref.slice(t), 3, 1) as [np.Array, np.Array, np.Array];
      const [rh, zh, nh] = np.split(gates(h.ref, p, "hh"), 3, 1) as [np.Array, np.Array, np.Array];
      const n = np.tanh(ni.add(nn.sigmoid(ri.add(rh)).mul(nh)));
      h = n.ref.add(nn.sigmoid(zi.add(zh)).mul(h.sub(n))); // (1 − z)·n + z·h
    }
    fromInputs.dispose();
    return linear(h, p, "head");
  };
  const x = array(data.x, [length, batch, inputs]);
  const y = array(oneHot(labels(batch, classes), classes), [batch, classes]);
  return training(named(weights, logits), start(weights), [x, y], { adam: lr }, form);
}
