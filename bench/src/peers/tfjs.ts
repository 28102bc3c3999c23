/** TensorFlow.js on whichever backend is set: `variableGrads` and SGD in `tidy`, the loss with its own gradient. */
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import * as tf from "@tensorflow/tfjs-core";
import { chainWeights, examples, gateWeights, labels, layers, logitScale, oneHot, sumAbs, uniform } from "../data.ts";
import type { Mlp, Task } from "../works.ts";

/** Mean cross-entropy of logits against one-hot rows; the library's fused op, which has a gradient of its own. */
export const loss = (y: tf.Tensor2D, z: tf.Tensor2D): tf.Scalar => tf.losses.softmaxCrossEntropy(y, z);

export function mlp(work: Mlp): Task {
  const data = examples(work);
  const classes = work.sizes.at(-1) as number;
  const x = tf.tensor2d(data.x, [work.rows, work.sizes[0] as number]);
  const y = tf.tensor2d(oneHot(data.y, classes), [work.rows, classes]);
  const net = layers(work).map(([inputs, outputs, weights]) => ({
    w: tf.variable(tf.tensor2d(weights, [inputs, outputs])),
    b: tf.variable(tf.zeros([outputs])),
  }));
  return training(() => {
    let h = x;
    for (const [i, { w, b }] of net.entries()) h = tf.add(tf.matMul(i === 0 ? h : tf.relu(h), w), b);
    return loss(y, h);
  }, tf.train.sgd(work.lr));
}

/** Steps of an optimizer. */
export function training(forward: () => tf.Scalar, optimizer: tf.Optimizer): Task {
  let last = 0;
  return {
    step() {
      tf.tidy(() => {
        const value = optimizer.minimize(forward, true) as tf.Scalar;
        last = value.dataSync()[0] as number;
      });
    },
    result: () => [last],
  };
}

/** Runs `f` in `tidy`, and reads its first result at each step and all of them at the end. */
function task(f: () => tf.Tensor[]): Task {
  let results: tf.Tensor[] = [];
  return {
    step() {
      tf.dispose(results);
      results = tf.tidy(f);
      results[0]?.dataSync();
    },
    result: () => results.map((t) => sumAbs(t.dataSync())),
  };
}

export function matmul(n: number): Task {
  const [a, b] = [tf.tensor2d(uniform(1, n * n), [n, n]), tf.tensor2d(uniform(2, n * n), [n, n])];
  return task(() => [tf.matMul(a, b)]);
}

export function gate(n: number): Task {
  const inputs = [tf.tensor1d(uniform(1, n)), tf.scalar(gateWeights.w), tf.scalar(gateWeights.b)];
  const f = tf.valueAndGrads((x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) =>
    tf.mean(tf.mul(tf.tanh(tf.add(tf.mul(x, w), b)), tf.sigmoid(x))),
  );
  return task(() => {
    const { value, grads } = f(inputs);
    return [value, ...grads];
  });
}

export function crossEntropy(rows: number, classes: number): Task {
  const z = tf.tensor2d(uniform(1, rows * classes, logitScale), [rows, classes]);
  const y = tf.tensor2d(oneHot(labels(rows, classes), classes), [rows, classes]);
  const f = tf.valueAndGrad((z: tf.Tensor2D) => loss(y, z));
  return task(() => {
    const { value, grad } = f(z);
    return [value, grad];
  });
}

/** A graph is kept only inside of a gradient, so there is no way there alone. */
export function chain(ops: number, backward: boolean): Task | null {
  if (!backward) return null;
  const start = tf.tensor1d([1]);
  const f = tf.valueAndGrads((a: tf.Tensor, b: tf.Tensor) => {
    let y: tf.Tensor = start;
    for (let i = 0; i < ops; i += 2) y = tf.add(tf.mul(y, a), b);
    return y;
  });
  const inputs = [tf.tensor1d([chainWeights.a]), tf.tensor1d([chainWeights.b])];
  return task(() => {
    const { value, grads } = f(inputs);
    return [value, ...grads.slice(0, 1)];
  });
}
