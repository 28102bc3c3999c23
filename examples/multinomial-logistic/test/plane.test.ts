import { standardize } from "@tendril/nn";
import { Generator, randn, tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";
import { createModel, emptyModel } from "../src/lesson/model.ts";
import { matrix, vector } from "../src/lesson/numbers.ts";
import { choosePlane, principalAxes } from "../src/lesson/plane.ts";
import { type Box, boxAround, gridOfClasses, type Point, regionPolygons } from "../src/lesson/regions.ts";
import { loadDataset } from "../src/node/tables.ts";

const noise = (shape: number[], seed: string) => randn(shape, { generator: new Generator(seed), dtype: "float64" });

describe("principalAxes", () => {
  it("finds known directions, at right angles, with their share of the variance", () => {
    // Spread 3 along (1, 1, 0)/√2, 2 along (0, 0, 1) and 0.1 along (1, −1, 0)/√2.
    const along = noise([400, 3], "spread").mul(tensor([3, 2, 0.1]));
    const h = Math.SQRT1_2;
    const x = along.matmul(
      tensor(
        [
          [h, h, 0],
          [0, 0, 1],
          [h, -h, 0],
        ],
        { dtype: "float64" },
      ),
    );
    const { axes, share } = principalAxes(x);
    const [first = [], second = []] = matrix(axes);
    expect(Math.abs((first[0] ?? 0) * h + (first[1] ?? 0) * h)).toBeGreaterThan(0.99);
    expect(Math.abs(second[2] ?? 0)).toBeGreaterThan(0.99);
    expect(vector(axes.matmul(axes.T)).map((v) => Math.round(v * 1e12) / 1e12)).toEqual([1, 0, 0, 1]);
    expect(share).toBeGreaterThan(0.99);
    expect(share).toBeLessThan(1);
  });

  it("gives iris' known axes (scikit-learn's PCA of the standardized table)", () => {
    const { x } = loadDataset({ data: "iris", label: undefined, seed: 0 });
    const { axes, share } = principalAxes(standardize(x).apply(x));
    expect(share).toBeCloseTo(0.72962445 + 0.22850762, 7);
    const known = [
      [0.52106591, -0.26934744, 0.5804131, 0.56485654],
      [0.37741762, 0.92329566, 0.02449161, 0.06694199],
    ];
    for (const [i, value] of vector(axes).entries()) expect(value).toBeCloseTo(known.flat()[i]!, 6);
  });

  it("survives data without any spread, or with spread in one direction only", () => {
    const flat = principalAxes(
      tensor([
        [1, 2, 3],
        [1, 2, 3],
      ]),
    );
    const line = principalAxes(
      tensor([
        [0, 0, 0],
        [1, 2, -1],
        [2, 4, -2],
      ]),
    );
    for (const { axes, share } of [flat, line]) {
      expect(vector(axes).every(Number.isFinite)).toBe(true);
      expect(share).toBeCloseTo(1, 12);
    }
    expect(vector(line.axes.matmul(line.axes.T))[1]).toBeCloseTo(0, 12);
  });
});

describe("choosePlane", () => {
  it.each([1, 2, 5])("projects and lifts back, with %i features", (features) => {
    const measured = noise([20, features], "measured").mul(10).add(50);
    const standardizer = standardize(measured);
    const x = standardizer.apply(measured);
    const names = Array.from({ length: features }, (_, j) => `f${j}`);
    const plane = choosePlane(names, x, standardizer);
    const uv = plane.project(x);
    expect(uv.shape).toEqual([20, 2]);
    expect(plane.lift(uv).shape).toEqual([20, features]);
    // What lies in the plane already stays where it is.
    const again = vector(plane.project(plane.lift(uv)));
    for (const [i, value] of vector(uv).entries()) expect(again[i]).toBeCloseTo(value, 9);
    if (features === 2) expect(vector(uv.sub(measured).abs().amax())[0]).toBeLessThan(1e-9);
  });
});

describe("regions", () => {
  const standardizer = standardize(
    tensor(
      [
        [-1, -1],
        [1, 1],
      ],
      { dtype: "float64" },
    ),
  );
  const plane = choosePlane(
    ["u", "v"],
    tensor([
      [-1, -1],
      [1, 1],
    ]),
    standardizer,
  );
  const model = createModel({ features: 2, classes: 4, seed: 5 });
  const box: Box = { left: -3, right: 2, bottom: -1, top: 4 };

  it("covers the box with polygons that agree with the classes of a grid", () => {
    const polygons = regionPolygons(model, plane, box);
    expect(polygons.reduce((sum, polygon) => sum + area(polygon), 0)).toBeCloseTo(25, 4);
    const grid = gridOfClasses(model, plane, box, 25, 25);
    grid.forEach((line, row) => {
      line.forEach((k, column) => {
        const place: Point = [-3 + (column + 0.5) / 5, 4 - (row + 0.5) / 5];
        expect(polygons.findIndex((polygon) => contains(polygon, place))).toBe(k);
      });
    });
  });

  it("gives a class that never wins no region", () => {
    const loser = emptyModel(2, 3);
    loser.loadStateDict({
      weight: tensor([
        [1, 0],
        [-1, 0],
        [0, 0],
      ]),
      bias: tensor([0, 0, -1]),
    });
    const polygons = regionPolygons(loser, plane, box);
    expect(polygons.map(area)).toEqual([expect.closeTo(10, 4), expect.closeTo(15, 4), 0]);
  });

  it("draws a little more than the points, even for a single one", () => {
    expect(
      boxAround([
        [0, 0],
        [10, 20],
      ]),
    ).toEqual({ left: -0.5, right: 10.5, bottom: -1, top: 21 });
    expect(boxAround([[3, 4]])).toEqual({ left: 2, right: 4, bottom: 3, top: 5 });
  });
});

function area(polygon: Point[]): number {
  const cross = polygon.map(([x, y], i) => {
    const [nextX, nextY] = polygon[(i + 1) % polygon.length]!;
    return x * nextY - nextX * y;
  });
  return Math.abs(cross.reduce((a, b) => a + b, 0)) / 2;
}

function contains(polygon: Point[], [x, y]: Point): boolean {
  const sides = polygon.map(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length]!;
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax);
  });
  return sides.length > 0 && sides.every((side) => side >= 0);
}
