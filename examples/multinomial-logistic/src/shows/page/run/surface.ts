/** The training loss over two of the weights, all others as they are: cross-entropy and squared error, on one grid. */
import { crossEntropy, mse } from "@tendril/nn";
import { noGrad, oneHot, type Tensor, tensor } from "@tendril/tensor";
import { objective, slope } from "../../../lesson/loss.ts";
import { type LossName, losses, type Settings } from "../../../lesson/settings.ts";
import { modelWith } from "./frames.ts";

export interface SurfaceTask {
  /** The rows that are trained on, as the model sees them: [rows, features], row by row; and their classes. */
  x: Float32Array;
  y: Int32Array;
  classes: number;
  /** W row by row, then b. */
  weights: Float32Array;
  /** The class whose row of W is moved, and which two of its features: across, and upwards. */
  row: number;
  columns: readonly [number, number];
  /** Each of the two goes from minus this to this. */
  reach: readonly [number, number];
  /** Places each way, the ends included. */
  cells: number;
  /** What the losses depend on beside their name. */
  fit: Pick<Settings, "labelSmoothing" | "classWeights" | "l2">;
}

export interface Surface {
  /** [cells × cells], row by row, upwards. */
  grid: Float32Array;
  /** With the weights as they are: the loss, and how steep it is by the two. */
  loss: number;
  slope: readonly [number, number];
}

export type Surfaces = Record<LossName, Surface>;

/** So many logits at a time: few enough that memory stays small, whatever the number of rows. */
const portion = 400_000;

export function surfaces(task: SurfaceTask): Surfaces {
  const { y, classes, cells } = task;
  const features = task.x.length / y.length;
  const x = tensor(task.x).reshape([y.length, features]);
  const places = placesOf(task, features);
  const count = cells * cells;
  const sums = { ce: new Float64Array(count), mse: new Float64Array(count) };
  const rows = Math.max(1, Math.floor(portion / (count * classes)));
  noGrad(() => {
    for (let from = 0; from < y.length; from += rows) {
      const some = y.subarray(from, from + rows);
      // All rows, at all places: [rows · places, classes].
      const logits = logitsAt(places, x.slice([from, from + some.length]), classes);
      const labels = tensor(repeatEach(some, count));
      for (const loss of losses) {
        const parts = rowLosses[loss](logits, labels, task.fit).reshape([some.length, count]).sum(0).data;
        const sum = sums[loss];
        for (let i = 0; i < count; i++) sum[i] = (sum[i] ?? 0) + (parts[i] ?? 0);
      }
    }
  });
  const penalties = penaltiesAt(task, features);
  const model = modelWith(task.weights, features, classes);
  const surface = (loss: LossName): Surface => {
    const total = loss === "ce" ? weightOf(y, task.fit.classWeights) : y.length;
    const options = { ...task.fit, loss };
    const labels = tensor(y);
    const byWeight = slope(model, x, labels, options).weight;
    const [u, v] = task.columns.map((column) => byWeight.slice(task.row, column).item());
    return {
      grid: Float32Array.from(sums[loss], (sum, i) => sum / total + (penalties[i] ?? 0)),
      loss: objective(model, x, labels, options).item(),
      slope: [u ?? 0, v ?? 0],
    };
  };
  return { ce: surface("ce"), mse: surface("mse") };
}

/** The two weights at place i of the grid. */
function pairAt({ reach, cells }: Pick<SurfaceTask, "reach" | "cells">, i: number): [number, number] {
  const at = (step: number, far: number): number => far * ((2 * step) / (cells - 1) - 1);
  return [at(i % cells, reach[0]), at(Math.floor(i / cells), reach[1])];
}

interface Places {
  /** W at every place: [places · classes, features]. */
  weight: Tensor;
  bias: Tensor;
}

function placesOf(task: SurfaceTask, features: number): Places {
  const { weights, classes, cells, row, columns } = task;
  const size = classes * features;
  const all = new Float32Array(cells * cells * size);
  for (let i = 0; i < cells * cells; i++) {
    all.set(weights.subarray(0, size), i * size);
    const pair = pairAt(task, i);
    for (const [which, column] of columns.entries()) all[i * size + row * features + column] = pair[which] ?? 0;
  }
  return { weight: tensor(all).reshape([-1, features]), bias: tensor(weights.slice(size)) };
}

function logitsAt({ weight, bias }: Places, x: Tensor, classes: number): Tensor {
  return x.matmul(weight, { transposeB: true }).reshape([-1, classes]).add(bias);
}

/** [0, 1] → [0, 0, 0, 1, 1, 1] */
function repeatEach(labels: Int32Array, times: number): Int32Array {
  const all = new Int32Array(labels.length * times);
  for (const [i, label] of labels.entries()) all.fill(label, i * times, (i + 1) * times);
  return all;
}

type Fit = SurfaceTask["fit"];

/** Each row's own share: the lesson's losses without their mean. */
const rowLosses: Record<LossName, (logits: Tensor, y: Tensor, fit: Fit) => Tensor> = {
  ce: (logits, y, { labelSmoothing, classWeights }) =>
    crossEntropy(logits, y, {
      labelSmoothing,
      weight: classWeights && [...classWeights],
      reduction: "none",
    }),
  mse: (logits, y) =>
    mse(logits.softmax(1), oneHot(y, logits.shape[1], { dtype: logits.dtype }), { reduction: "none" }).mean(1),
};

/** What all rows count together. */
function weightOf(y: Int32Array, classWeights: readonly number[] | undefined): number {
  return y.reduce((sum, label) => sum + (classWeights?.[label] ?? 1), 0);
}

/** ½·l2·‖W‖² at every place. */
function penaltiesAt(task: SurfaceTask, features: number): number[] {
  const { weights, classes, row, columns, cells, fit } = task;
  const moved = columns.map((column) => row * features + column);
  const rest = weights
    .subarray(0, classes * features)
    .reduce((sum, w, index) => sum + (moved.includes(index) ? 0 : w * w), 0);
  return Array.from({ length: cells * cells }, (_, i) => {
    const [u, v] = pairAt(task, i);
    return (fit.l2 / 2) * (rest + u * u + v * v);
  });
}
