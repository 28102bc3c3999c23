/** The networks of W7, W8 and W9 in Tendril, in functions of the tensor package; `train` says how. */
import { Adam, crossEntropy, SGD } from "@tendril/nn";
import { conv2d, embedding, gelu, layerNorm, maxPool2d, ones, relu, type Tensor, tensor, zeros } from "@tendril/tensor";
import { examples } from "../data.ts";
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
import type { Train } from "./tendril.ts";

const leaf = ({ shape, data }: Weights): Tensor => tensor(data, { shape, requiresGrad: true });
const linear = (x: Tensor, p: Parameters<Tensor>, name: string): Tensor =>
  x.matmul(p.get(`${name}.weight`), { transposeB: true }).add(p.get(`${name}.bias`));

export function cnn(work: Cnn, train: Train): Task {
  const { rows, side, classes, lr } = work;
  const data = examples({ rows, sizes: [side * side, classes] });
  const p = cnnWeights(work).map(leaf);
  const step = (x: Tensor, y: Tensor): Tensor => {
    let h = x;
    for (const name of ["conv1", "conv2"]) {
      h = conv2d(h, p.get(`${name}.weight`), { bias: p.get(`${name}.bias`), padding: 1 });
      h = maxPool2d(relu(h), 2);
    }
    return crossEntropy(linear(h.flatten(1), p, "head"), y);
  };
  const x = tensor(data.x, { shape: [rows, 1, side, side] });
  return train(step, new SGD(p.all(), { lr }), [x, tensor(data.y, { dtype: "int32" })]);
}

/** Causal attention of `heads` heads. x: [batch, length, width] → the same; future: [length, length], true where hidden. */
function attention(x: Tensor, p: Parameters<Tensor>, block: string, heads: number, future: Tensor): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  const apart = linear(x, p, `${block}.qkv`).reshape([batch, length, 3, heads, width / heads]);
  const [q, k, v] = [0, 1, 2].map((i) => apart.select(2, i).permute([0, 2, 1, 3])) as [Tensor, Tensor, Tensor];
  const scores = q.matmul(k, { transposeB: true }).mul(1 / Math.sqrt(width / heads));
  const mixed = scores.maskedFill(future, -Infinity).softmax(-1).matmul(v);
  return linear(mixed.permute([0, 2, 1, 3]).reshape([batch, length, width]), p, `${block}.projection`);
}

export function transformer(work: Transformer, train: Train): Task {
  const { batch, length, width, vocabulary, heads, blocks, lr } = work;
  const data = text(work);
  const p = transformerWeights(work).map(leaf);
  const future = ones([length, length], { dtype: "bool" }).triu({ diagonal: 1 });
  const norm = (x: Tensor, name: string): Tensor =>
    layerNorm(x, width, { weight: p.get(`${name}.weight`), bias: p.get(`${name}.bias`) });
  const step = (x: Tensor, y: Tensor): Tensor => {
    let h = embedding(p.get("tokens.weight"), x).add(p.get("positions.weight"));
    for (let i = 0; i < blocks; i++) {
      const block = `blocks.${i}`;
      h = h.add(attention(norm(h, `${block}.norm1`), p, block, heads, future));
      const inner = gelu(linear(norm(h, `${block}.norm2`), p, `${block}.up`), { approximate: "tanh" });
      h = h.add(linear(inner, p, `${block}.down`));
    }
    const logits = norm(h, "norm").matmul(p.get("head.weight"), { transposeB: true });
    return crossEntropy(logits.reshape([batch * length, vocabulary]), y);
  };
  const x = tensor(data.x, { shape: [batch, length], dtype: "int32" });
  return train(step, new Adam(p.all(), { lr }), [x, tensor(data.y, { dtype: "int32" })]);
}

export function gru(work: Gru, train: Train): Task {
  const { batch, length, inputs, hidden, lr } = work;
  const data = sequences(work);
  const p = gruWeights(work).map(leaf);
  const gates = (x: Tensor, kind: "ih" | "hh"): Tensor =>
    x.matmul(p.get(`gru.weight_${kind}_l0`), { transposeB: true }).add(p.get(`gru.bias_${kind}_l0`));
  const step = (x: Tensor, y: Tensor): Tensor => {
    let h = zeros([batch, hidden]);
    for (let t = 0; t < length; t++) {
      // Of all time steps at once it would be one product, but the gradient of each part of it as large as the whole.
      const [ri, zi, ni] = gates(x.select(0, t), "ih").chunk(3, 1) as [Tensor, Tensor, Tensor];
      const [rh, zh, nh] = gates(h, "hh").chunk(3, 1) as [Tensor, Tensor, Tensor];
      const n = ni.add(ri.add(rh).sigmoid().mul(nh)).tanh();
      h = n.add(zi.add(zh).sigmoid().mul(h.sub(n))); // (1 − z)·n + z·h
    }
    return crossEntropy(linear(h, p, "head"), y);
  };
  const x = tensor(data.x, { shape: [length, batch, inputs] });
  return train(step, new Adam(p.all(), { lr }), [x, tensor(data.y, { dtype: "int32" })]);
}
