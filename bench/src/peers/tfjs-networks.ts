/** The networks of W7, W8 and W9 in TensorFlow.js, in functions of its core; images are [N, H, W, C] there. */
import * as tf from "@tensorflow/tfjs-core";
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
import { loss, training } from "./tfjs.ts";

const variable = ({ shape, data }: Weights): tf.Tensor => tf.variable(tf.tensor(data, [...shape]));
const linear = (x: tf.Tensor, p: Parameters<tf.Tensor>, name: string): tf.Tensor =>
  tf.add(tf.matMul(x, p.get(`${name}.weight`), false, true), p.get(`${name}.bias`));

/**
 * 3 × 3 with padding 1. The wasm backend has no kernel for the gradient of a filter, which is a convolution, too: of the
 * images with their channels as rows, by the gradient as filter.
 */
const convolve = tf.customGrad((x, weight, save) => {
  const [images, filter] = [x as tf.Tensor4D, weight as tf.Tensor4D];
  (save as tf.GradSaveFunc)([images, filter]);
  return {
    value: tf.conv2d(images, filter, 1, 1),
    gradFunc: (ct, saved) => {
      const [images, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      const dy = ct as tf.Tensor4D;
      const byFilter = tf.conv2d(tf.transpose(images, [3, 1, 2, 0]), tf.transpose(dy, [1, 2, 0, 3]), 1, 1);
      return [tf.conv2dTranspose(dy, filter, images.shape, 1, 1), tf.transpose(byFilter, [1, 2, 0, 3])];
    },
  };
});

export function cnn(work: Cnn): Task {
  const { rows, side, channels, classes, lr } = work;
  const data = examples({ rows, sizes: [side * side, classes] });
  // [outputs, inputs, height, width] → [height, width, inputs, outputs], and the head's rows likewise.
  const p = cnnWeights(work).map((weights, name) => {
    const w = tf.tensor(weights.data, [...weights.shape]);
    if (w.rank === 4) return tf.variable(tf.transpose(w, [2, 3, 1, 0])) as tf.Tensor;
    if (name !== "head.weight") return tf.variable(w) as tf.Tensor;
    const images = tf.reshape(w, [classes, channels[1], side / 4, side / 4]);
    return tf.variable(tf.reshape(tf.transpose(images, [0, 2, 3, 1]), [classes, -1])) as tf.Tensor;
  });
  const x = tf.tensor4d(data.x, [rows, side, side, 1]);
  const y = tf.tensor2d(oneHot(data.y, classes), [rows, classes]);
  return training(() => {
    let h: tf.Tensor4D = x;
    for (const name of ["conv1", "conv2"]) {
      const z = tf.add(convolve(h, p.get(`${name}.weight`)), p.get(`${name}.bias`));
      h = tf.maxPool(tf.relu(z) as tf.Tensor4D, 2, 2, "valid");
    }
    return loss(y, linear(tf.reshape(h, [rows, -1]), p, "head") as tf.Tensor2D);
  }, tf.train.sgd(lr));
}

/** (x − mean) / √(variance + ε) · scale + shift over the last axis. */
function norm(x: tf.Tensor, p: Parameters<tf.Tensor>, name: string): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5));
  return tf.add(tf.mul(tf.mul(centred, scale), p.get(`${name}.weight`)), p.get(`${name}.bias`));
}

function gelu(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(tf.mul(x, Math.sqrt(2 / Math.PI)), tf.add(tf.mul(tf.square(x), 0.044715), 1));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

export function transformer(work: Transformer): Task {
  const { batch, length, width, vocabulary, heads, blocks, lr } = work;
  const data = text(work);
  const p = transformerWeights(work).map(variable);
  const rows = batch * length;
  // The way back of taking rows has no kernel in wasm, and rows of zeros with a one do the same.
  const x = tf.tensor2d(oneHot(data.x, vocabulary), [rows, vocabulary]);
  const y = tf.tensor2d(oneHot(data.y, vocabulary), [rows, vocabulary]);
  const future = tf.tensor2d(
    Array.from({ length }, (_, i) => Array.from({ length }, (_, j) => (j > i ? -1e30 : 0))),
    [length, length],
  );
  // Rows stay [batch · length, width], since products of one matrix for each example are slower.
  const attention = (h: tf.Tensor, block: string): tf.Tensor => {
    const apart = tf.reshape(linear(h, p, `${block}.qkv`), [batch, length, 3, heads, width / heads]);
    const [q, k, v] = tf.unstack(tf.transpose(apart, [2, 0, 3, 1, 4])) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads));
    const mixed = tf.matMul(tf.softmax(tf.add(scores, future)), v);
    return linear(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [rows, width]), p, `${block}.projection`);
  };
  return training(
    () => {
      const taken = tf.reshape(tf.matMul(x, p.get("tokens.weight") as tf.Tensor2D), [batch, length, width]);
      let h: tf.Tensor = tf.reshape(tf.add(taken, p.get("positions.weight")), [rows, width]);
      for (let i = 0; i < blocks; i++) {
        const block = `blocks.${i}`;
        h = tf.add(h, attention(norm(h, p, `${block}.norm1`), block));
        h = tf.add(h, linear(gelu(linear(norm(h, p, `${block}.norm2`), p, `${block}.up`)), p, `${block}.down`));
      }
      const logits = tf.matMul(norm(h, p, "norm"), p.get("head.weight"), false, true);
      return loss(y, logits as tf.Tensor2D);
    },
    tf.train.adam(lr, 0.9, 0.999, 1e-8),
  );
}

export function gru(work: Gru): Task {
  const { batch, length, inputs, hidden, classes, lr } = work;
  const data = sequences(work);
  const p = gruWeights(work).map(variable);
  const x = tf.tensor2d(data.x, [length * batch, inputs]);
  const y = tf.tensor2d(oneHot(labels(batch, classes), classes), [batch, classes]);
  const gates = (x: tf.Tensor, kind: "ih" | "hh"): tf.Tensor =>
    tf.add(tf.matMul(x, p.get(`gru.weight_${kind}_l0`), false, true), p.get(`gru.bias_${kind}_l0`));
  return training(
    () => {
      const fromInputs = tf.unstack(tf.reshape(gates(x, "ih"), [length, batch, 3 * hidden])); // of all steps at once
      let h: tf.Tensor = tf.zeros([batch, hidden]);
      for (const now of fromInputs) {
        const [ri, zi, ni] = tf.split(now, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
        const [rh, zh, nh] = tf.split(gates(h, "hh"), 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
        const n = tf.tanh(tf.add(ni, tf.mul(tf.sigmoid(tf.add(ri, rh)), nh)));
        h = tf.add(n, tf.mul(tf.sigmoid(tf.add(zi, zh)), tf.sub(h, n))); // (1 − z)·n + z·h
      }
      return loss(y, linear(h, p, "head") as tf.Tensor2D);
    },
    tf.train.adam(lr, 0.9, 0.999, 1e-8),
  );
}
