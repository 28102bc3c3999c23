import { tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { objective } from "../src/lesson/loss.ts";
import { defaults, type LossName } from "../src/lesson/settings.ts";
import { binaryCurves, binaryLosses, farthest } from "../src/shows/page/chapters/losses/binary.ts";
import { pointsOf } from "../src/shows/page/data/points.ts";
import { type PresetName, presetData } from "../src/shows/page/data/presets.ts";
import { answers } from "../src/shows/page/run/answers.ts";
import { modelWith } from "../src/shows/page/run/frames.ts";
import { prepare } from "../src/shows/page/run/prepare.ts";
import type { SurfaceTask } from "../src/shows/page/run/surface.ts";

const settings = { ...defaults, lr: defaults.lr.sgd, eager: false, load: undefined };

interface Options {
  data?: PresetName;
  squares?: boolean;
  row?: number;
  columns?: [number, number];
  reach?: [number, number];
  cells?: number;
  fit?: SurfaceTask["fit"];
}

function taskOf(options: Options = {}): SurfaceTask {
  const { data = "blobs", squares = false, row = 1, columns = [0, 1], reach = [4, 4], cells = 36 } = options;
  const points = pointsOf(presetData(data, 0), [0, 1], 0);
  const { split, features } = prepare({ points, squares, settings });
  const classes = points.classes.length;
  const weights = Float32Array.from({ length: classes * (features.length + 1) }, (_, i) => Math.sin(2 * i + 1));
  const [x, y] = [Float32Array.from(split.xTrain.data), Int32Array.from(split.yTrain.data)];
  return { x, y, classes, weights, row, columns, reach, cells, fit: options.fit ?? { l2: 0 } };
}

/** The lesson's own objective where the two weights of a task are those at a place of its grid. */
function objectiveAt(task: SurfaceTask, loss: LossName, column: number, row: number): number {
  const features = task.x.length / task.y.length;
  const weights = Float32Array.from(task.weights);
  const value = (step: number, far: number): number => -far + (step * 2 * far) / (task.cells - 1);
  weights[task.row * features + task.columns[0]] = value(column, task.reach[0]);
  weights[task.row * features + task.columns[1]] = value(row, task.reach[1]);
  const x = tensor(task.x).reshape([task.y.length, features]);
  return objective(modelWith(weights, features, task.classes), x, tensor(task.y), { ...task.fit, loss }).item();
}

const everyLoss = ["ce", "mse"] as const;

describe("the surfaces of both losses", () => {
  it.each<[string, Options]>([
    ["three blobs", {}],
    ["two classes and squares of features", { data: "ring", squares: true, row: 0, columns: [2, 1], reach: [8, 4] }],
    ["few rows", { data: "iris", row: 2, columns: [1, 0], cells: 9 }],
    ["a penalty", { fit: { l2: 0.3 } }],
    ["smoothing and class weights", { fit: { l2: 0, labelSmoothing: 0.2, classWeights: [1, 5, 0.5] } }],
    ["more rows than one portion takes", { data: "overlapping", cells: 60 }],
  ])("are the lesson's objective: %s", (_, options) => {
    const task = taskOf(options);
    const answer = answers.surfaces(task);
    const last = task.cells - 1;
    for (const loss of everyLoss) {
      const { grid } = answer[loss];
      expect(grid).toHaveLength(task.cells ** 2);
      for (const [column, row] of [
        [0, 0],
        [last, 0],
        [0, last],
        [last, last],
        [5, 2],
        [3, 7],
      ] as const) {
        expect(grid[row * task.cells + column]).toBeCloseTo(objectiveAt(task, loss, column, row), 4);
      }
    }
  });

  it("tell the loss and its slope where the weights are", () => {
    const task = taskOf({ fit: { l2: 0.1, labelSmoothing: 0.1 } });
    const answer = answers.surfaces(task);
    for (const loss of everyLoss) {
      const lossWith = (index: number, by: number): number => {
        const weights = Float32Array.from(task.weights);
        weights[index] = (weights[index] ?? 0) + by;
        return answers.surfaces({ ...task, weights, cells: 2 })[loss].loss;
      };
      const h = 2 ** -5;
      for (const [which, column] of task.columns.entries()) {
        const index = task.row * 2 + column;
        const measured = (lossWith(index, h) - lossWith(index, -h)) / (2 * h);
        expect(answer[loss].slope[which]).toBeCloseTo(measured, 3);
      }
    }
  });

  it("are convex for cross-entropy along every line, and for the squared error not", () => {
    for (const data of ["blobs", "overlapping", "iris", "outlier"] as const) {
      const task = taskOf({ data, reach: [8, 8] });
      const { ce, mse } = answers.surfaces(task);
      expect(mostBent(ce.grid, task.cells)).toBeGreaterThan(-1e-4);
      expect(mostBent(mse.grid, task.cells)).toBeLessThan(-1e-3);
    }
  });

  it("are flat for the squared error far out, where cross-entropy is steep", () => {
    const task = taskOf({ reach: [64, 64] });
    const { ce, mse } = answers.surfaces(task);
    const edge = (grid: Float32Array): number => Math.abs((grid[0] ?? 0) - (grid[task.cells + 1] ?? 0));
    expect(edge(mse.grid)).toBeLessThan(1e-3);
    expect(edge(ce.grid)).toBeGreaterThan(0.5);
  });
});

describe("the two curves of the binary cross-entropy", () => {
  it.each([-farthest, -1.5, 0, 3.3, farthest])("have the gradients of the formulas at z = %d", (z) => {
    const { a, sigmoidSlope, for: both } = binaryLosses(z);
    expect(a).toBeCloseTo(1 / (1 + Math.exp(-z)), 12);
    expect(sigmoidSlope).toBeCloseTo(a * (1 - a), 12);
    for (const y of [0, 1] as const) {
      const { loss, byProbability, byLogit, squared, squaredByLogit } = both[y];
      expect(loss).toBeCloseTo(-Math.log(y === 1 ? a : 1 - a), 8);
      expect(byLogit).toBeCloseTo(a - y, 12);
      expect(squared).toBeCloseTo((a - y) ** 2, 12);
      expect(squaredByLogit).toBeCloseTo(2 * (a - y) * a * (1 - a), 12);
      expect(byProbability / ((a - y) / (a * (1 - a)))).toBeCloseTo(1, 8);
    }
  });

  it("are steep without limit over the probability, and between −1 and 1 over the logit", () => {
    const { byProbability, byLogit } = binaryLosses(-farthest).for[1];
    expect(byProbability).toBeLessThan(-2900);
    expect(byLogit).toBeGreaterThan(-1);
  });

  it("pull back where the model is sure and wrong, and the squared error does not", () => {
    const { byLogit, squared, squaredByLogit } = binaryLosses(-farthest).for[1];
    expect(byLogit).toBeLessThan(-0.99);
    expect(squared).toBeGreaterThan(0.99);
    expect(Math.abs(squaredByLogit)).toBeLessThan(1e-3);
  });

  it("are drawn from one end of the slider to the other", () => {
    for (const curve of binaryCurves()) {
      expect(curve[0]?.z).toBe(-farthest);
      expect(curve.at(-1)?.z).toBe(farthest);
      expect(curve.every(({ a, loss, squared }) => a > 0 && a < 1 && loss > 0 && squared > 0 && squared < 1)).toBe(
        true,
      );
    }
  });
});

/** The least second difference along rows, columns and both diagonals: 0 or more for what is convex. */
function mostBent(grid: Float32Array, cells: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [dx, dy] of [
    [1, 0],
    [0, 1],
    [1, 1],
    [1, -1],
  ] as const) {
    for (let row = 1; row < cells - 1; row++) {
      for (let column = 1; column < cells - 1; column++) {
        const at = (sign: number): number => grid[(row + sign * dy) * cells + column + sign * dx] ?? Number.NaN;
        least = Math.min(least, at(1) - 2 * at(0) + at(-1));
      }
    }
  }
  return least;
}
