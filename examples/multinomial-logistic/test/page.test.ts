/** What the page's views rest on, without a browser; the page itself is tested in `src/shows/page/test`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobs, fitStandardizer, iris, splitData, standardizeSplit } from "../src/lesson/data.ts";
import { train } from "../src/lesson/loop.ts";
import { slope } from "../src/lesson/loss.ts";
import { type Mistake, mistakes } from "../src/lesson/mistakes.ts";
import { createModel } from "../src/lesson/model.ts";
import { vector } from "../src/lesson/numbers.ts";
import { defaults, type Settings } from "../src/lesson/settings.ts";
import { applyEdits, type Edit, readEdits, withEdit, writeEdits } from "../src/shows/page/data/edits.ts";
import { type Points, pointsOf, toSplit } from "../src/shows/page/data/points.ts";
import { presetData, presets } from "../src/shows/page/data/presets.ts";
import { bestAxes, mostRows, tableData } from "../src/shows/page/data/table.ts";
import { type Frame, frames, modelWith } from "../src/shows/page/run/frames.ts";
import { prepare, type Task } from "../src/shows/page/run/prepare.ts";
import { type Choices, initial, readChoices, writeChoices } from "../src/shows/page/state/choices.ts";

const settings: Settings = { ...defaults, lr: defaults.lr.sgd, eager: false, load: undefined };
const points = pointsOf(blobs(0), [0, 1], 0);

function firstFrames(task: Task, count: number): Frame[] {
  const list: Frame[] = [];
  for (const frame of frames(task)) {
    list.push(frame);
    if (list.length === count) break;
  }
  return list;
}

describe("a run of the page", () => {
  it("is the terminal's: the same losses after each epoch, digit for digit", () => {
    const split = standardizeSplit(splitData(blobs(0), 0), fitStandardizer(splitData(blobs(0), 0)));
    const model = createModel({ features: 2, classes: 3, seed: 0 });
    const epochs = [...train(model, split, { ...settings, epochs: 3 })];
    const run = firstFrames({ points, squares: false, settings }, 40);
    for (const { steps, loss, testLoss, testAccuracy } of epochs) {
      expect(run[steps]).toMatchObject({ loss, testLoss, testAccuracy });
    }
    expect(run[39]?.weights).toEqual(Float32Array.from([...model.weight.data, ...model.bias.data]));
  });

  it("holds weights from which everything else follows", () => {
    const task = { points, squares: true, settings };
    const { split } = prepare(task);
    const frame = firstFrames(task, 8).at(-1);
    const model = modelWith(frame?.weights ?? new Float32Array(), 4, 3);
    expect(slope(model, split.xTrain, split.yTrain, settings).norm).toBe(frame?.gradient);
  });

  it("ends with a frame that says so, when the loss is not a number", () => {
    const run = [...frames({ points, squares: false, settings: { ...settings, lr: 1000, l2: 1 } })];
    expect(run.length).toBeLessThan(100);
    expect(run.slice(0, -1).every(({ loss }) => Number.isFinite(loss))).toBe(true);
    expect(run.at(-1)?.loss).toBeNaN();
  });

  let right: Frame[] | undefined;
  it.each<[Mistake, (run: Frame[], right: Frame[]) => boolean]>([
    // As sure as it gets: softmax(1, 0, 0).
    ["twice", (run) => run.every(({ loss }) => loss > -Math.log(Math.E / (Math.E + 2)))],
    ["unshifted", (run) => run.length === 1 && Number.isNaN(run[0]?.loss)],
    ["kept", (run) => (run.at(-1)?.loss ?? 0) > 3 * (run[60]?.loss ?? 1)],
    ["apart", (run, right) => Math.abs((run.at(-1)?.loss ?? 0) / (right.at(-1)?.loss ?? 1) - 1) < 0.01],
    ["units", (run) => (run.at(-1)?.loss ?? 0) > 10],
    ["saturated", (run) => (run.at(-1)?.testAccuracy ?? 1) < 0.1],
  ])("shows what the page says of the mistake %s", (mistake, holds) => {
    const loss = mistake === "saturated" ? "mse" : "ce";
    right ??= firstFrames({ points, squares: false, settings }, 400);
    const run = firstFrames({ points, squares: false, settings: { ...settings, loss, mistake } }, 400);
    expect(holds(run, right)).toBe(true);
    expect(run.map((frame) => frame.loss)).not.toEqual(right.map((frame) => frame.loss));
  });

  it("tells of W and b updated apart where the words say that it does", () => {
    const flowers = pointsOf(iris(), [2, 3], 0);
    const far = { ...settings, lr: 100 };
    const [right, apart] = ([undefined, "apart"] as const).map((mistake) =>
      firstFrames({ points: flowers, squares: false, settings: { ...far, mistake } }, 100).map(({ loss }) => loss),
    );
    const differ = right?.filter((loss, step) => Math.abs(loss - (apart?.[step] ?? 0)) > 0.1 * loss);
    expect(differ?.length).toBeGreaterThan(50);
  });

  it("has a mistake for each of the switches", () => {
    expect(mistakes).toHaveLength(6);
  });
});

describe("points", () => {
  it.each(presets)("of %s are all there, a third of them held out", (name) => {
    const dataset = presetData(name, 0);
    const { list, classes } = pointsOf(dataset, [0, 1], 0);
    expect(list).toHaveLength(dataset.x.shape[0] ?? 0);
    expect(list.filter(({ heldOut }) => heldOut).length).toBe(Math.ceil(list.length / 3));
    expect(new Set(list.map((point) => point.class)).size).toBe(classes.length);
  });

  it("the outlier is to train on: held out it would teach nothing", () => {
    const { list } = pointsOf(presetData("outlier", 0), [0, 1], 0);
    const far = list.find(({ at }) => at[1] > 7);
    expect(far).toMatchObject({ class: 1, heldOut: false });
  });

  it("that are missing are named", () => {
    const only = (keep: (point: Points["list"][number]) => boolean): Points => ({
      ...points,
      list: points.list.filter(keep),
    });
    expect(() =>
      toSplit(
        only(() => false),
        false,
      ),
    ).toThrow("There are no points.");
    expect(() =>
      toSplit(
        only(({ heldOut }) => heldOut),
        false,
      ),
    ).toThrow("no point left to train on");
    expect(() =>
      toSplit(
        only(({ heldOut }) => !heldOut),
        false,
      ),
    ).toThrow("no point left held out");
    expect(() =>
      toSplit(
        only((point) => point.class === 2),
        false,
      ),
    ).toThrow("All points to train on are cedar");
  });

  it("that are all equal are blamed for it", () => {
    const equal = { ...points, list: points.list.map((point) => ({ ...point, at: [3, 3] as [number, number] })) };
    // A column of equal numbers is only centred, so there is a loss, that of guessing.
    expect(firstFrames({ points: equal, squares: false, settings }, 30).at(-1)?.loss).toBeCloseTo(Math.log(3), 1);
    const huge = {
      ...equal,
      list: [...equal.list, { id: 600, at: [1e300, 0] as [number, number], class: 0, heldOut: false }],
    };
    expect(() => prepare({ points: huge, squares: true, settings })).toThrow("A point is too far out");
  });
});

describe("edits", () => {
  const place = fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -9999, max: 9999 }));
  const at = place.map(([u, v]): [number, number] => [u / 100, v / 100]);
  const id = fc.integer({ min: 0, max: 700 });
  const anEdit: fc.Arbitrary<Edit> = fc.oneof(
    fc.record({ kind: fc.constant("move" as const), id, at }),
    fc.record({ kind: fc.constant("add" as const), class: fc.integer({ min: 0, max: 7 }), at }),
    fc.record({ kind: fc.constant("delete" as const), id }),
  );

  it("are the same after they were written and read", () => {
    fc.assert(
      fc.property(fc.array(anEdit), (edits) => {
        expect(readEdits(writeEdits(edits))).toEqual(edits);
      }),
    );
  });

  it.each(["x1", "m1", "m1:2", "m1:a,2", "a9:1,2", "d", "d1:2,3", "m1:1,2;", "m-1:1,2", "m1:1,1e999"])(
    "%s are no edits",
    (text) => {
      expect(readEdits(text)).toBeUndefined();
    },
  );

  it("keep the other points' names: what is added comes after, what is deleted leaves a gap", () => {
    const edited = applyEdits(points, [
      { kind: "delete", id: 3 },
      { kind: "add", class: 4, at: [1, 2] },
      { kind: "move", id: 600, at: [3, 4] },
      { kind: "move", id: 3, at: [0, 0] },
    ]);
    expect(edited.list).toHaveLength(600);
    expect(edited.list.at(-1)).toEqual({ id: 600, at: [3, 4], class: 4, heldOut: false });
    expect(edited.classes).toEqual(["alder", "birch", "cedar", "damson", "elder"]);
  });

  it("of a drag become one", () => {
    const drag = [1, 2, 3].reduce<Edit[]>((edits, u) => withEdit(edits, { kind: "move", id: 5, at: [u, 0] }), []);
    expect(drag).toEqual([{ kind: "move", id: 5, at: [3, 0] }]);
  });
});

describe("the address", () => {
  const choices: fc.Arbitrary<Partial<Choices>> = fc.record(
    {
      data: fc.constantFrom("iris", "ring"),
      lr: fc.double({ min: 1e-4, max: 1e4, noNaN: true }),
      batch: fc.integer({ min: 1, max: 100 }),
      squares: fc.boolean(),
      axes: fc.constantFrom([1, 3], [2, 0]),
      weights: fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 2, maxLength: 5 }),
      mistake: fc.constantFrom(...mistakes),
      step: fc.integer({ min: 0, max: 20_000 }),
      edits: fc.constant([{ kind: "add", class: 1, at: [1, -2.5] }] as Edit[]),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Partial<Choices>>;

  it("holds every choice, and nothing that is as at first", () => {
    expect(writeChoices(initial)).toBe("");
    fc.assert(
      fc.property(choices, (change) => {
        const all = { ...initial, ...change };
        expect(readChoices(writeChoices(all))).toEqual({ choices: all, problems: [] });
      }),
    );
  });

  it.each([
    "lr=0",
    "lr=-1",
    "lr=NaN",
    "lr=1e9",
    "batch=1.5",
    "batch=0",
    "axes=1",
    "axes=1,1",
    "axes=0,1,2",
    "data=mnist",
    "squares=yes",
    "edits=zz",
    "mistake=all",
    "step=-1",
    "weights=1,,2",
    "colour=red",
    "__proto__=1",
    "constructor=x",
  ])("leaves out %s, and says so", (text) => {
    const { choices, problems } = readChoices(`${text}&seed=7`);
    expect(choices).toEqual({ ...initial, seed: 7 });
    expect(problems).toEqual([text]);
  });
});

describe("a table of one's own", () => {
  const header = "noise,sure,kind\n";
  const row = (i: number): string => `${(i * 7919) % 13},${10 * (i % 2)}.${i % 5},${i % 2 ? "oak" : "elm"}`;
  const table = (count: number): string => header + Array.from({ length: count }, (_, i) => row(i)).join("\n");

  it("is cut to a size that can be drawn, its classes in the same shares", () => {
    const dataset = tableData(table(mostRows + 1000), "trees.csv");
    expect(dataset.x.shape).toEqual([mostRows, 2]);
    expect(dataset.about).toBe("trees.csv (2000 of its 3000 rows)");
    expect(vector(dataset.y).filter((k) => k === 0)).toHaveLength(mostRows / 2);
  });

  it("is seen in the columns that tell its classes apart best", () => {
    const wide = `a,b,c,d,kind\n${Array.from({ length: 40 }, (_, i) => `${i % 3},${9 * (i % 2)},${i % 7},${i % 2},${i % 2}`).join("\n")}`;
    expect(bestAxes(tableData(wide, "wide"))).toEqual([1, 3]);
    expect(bestAxes(tableData(`a,kind\n${"1,x\n2,y\n".repeat(4)}`, "narrow"))).toEqual([0, 1]);
  });
});
