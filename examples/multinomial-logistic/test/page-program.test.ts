import { describe, expect, it } from "vitest";
import { mistakes } from "../src/lesson/mistakes.ts";
import { defaults, optimizers, type Settings } from "../src/lesson/settings.ts";
import { type JoinedLine, joinParts } from "../src/shows/page/chapters/program/join.ts";
import { type OpLine, parseProgram, summaryOf } from "../src/shows/page/chapters/program/parse.ts";
import type { Part } from "../src/shows/page/chapters/program/parts.ts";
import { pointsOf } from "../src/shows/page/data/points.ts";
import { type PresetName, presetData } from "../src/shows/page/data/presets.ts";
import { answers } from "../src/shows/page/run/answers.ts";

interface Options extends Partial<Settings> {
  data?: PresetName;
  squares?: boolean;
}

function programOf({ data = "blobs", squares = false, ...changed }: Options = {}): string {
  const points = pointsOf(presetData(data, 0), [0, 1], 0);
  const settings: Settings = {
    ...defaults,
    lr: defaults.lr.sgd,
    eager: false,
    load: undefined,
    ...changed,
  };
  return answers.stepProgram({ points, squares, settings });
}

type JoinedOp = JoinedLine & { line: OpLine };

const joined = (options?: Options): JoinedLine[] => joinParts(parseProgram(programOf(options)));
const opsOf = (lines: JoinedLine[]): JoinedOp[] => lines.filter((one): one is JoinedOp => one.line.kind === "op");

/** The names of the ops of a part, in order. */
const opsIn = (lines: JoinedLine[], part: Part): string[] =>
  opsOf(lines)
    .filter((one) => one.part === part)
    .map(({ line }) => line.op);

/** The losses' own settings, each alone and some together. */
const losses: Options[] = [
  {},
  { loss: "mse" },
  { l2: 0.1 },
  { l2: 2, loss: "mse" },
  { labelSmoothing: 0.1 },
  { classWeights: [1, 2, 3] },
  { classWeights: [0, 2, 3], labelSmoothing: 0.2, l2: 0.01 },
  ...mistakes.map((mistake): Options => ({ mistake, loss: mistake === "saturated" ? "mse" : "ce" })),
  { mistake: "apart", loss: "mse", l2: 0.1 },
  { mistake: "kept", labelSmoothing: 0.1, l2: 0.1 },
  { mistake: "twice", l2: 1 },
];
const rows: Options[] = [
  { batchSize: 1 },
  { batchSize: 2, data: "ring" },
  { batchSize: 3 },
  { batchSize: 10_000 },
  { data: "ring", squares: true },
  { data: "iris", batchSize: 4, squares: true },
];
/** The ring has only two classes. */
const fitting = ({ classWeights, ...rest }: Options): Options => ({
  ...rest,
  classWeights: rest.data === "ring" ? classWeights?.slice(0, 2) : classWeights,
});
const everySetting: Options[] = optimizers.flatMap((optimizer) =>
  losses
    .flatMap((loss) => [loss, ...(Object.keys(loss).length < 2 ? rows.map((row) => ({ ...loss, ...row })) : [])])
    .map((options) => fitting({ optimizer, ...options })),
);

describe("the program of a step", () => {
  it.each(everySetting.map((options) => [JSON.stringify(options), options] as const))(
    "joins every line: %s",
    (_, options) => {
      const lines = joined(options);
      const ops = opsOf(lines);
      for (const { line, part } of ops) expect(part, line.text).not.toBe("none");
      expect(lines.filter(({ line }) => line.kind === "unknown")).toEqual([]);
      const part = (name: Part): string[] => opsIn(lines, name);

      // What must be there, whatever the settings.
      expect(part("scores")).toEqual(["matmul", "add"]);
      expect(part("exp")).toEqual(["exp"]);
      expect(part("softmax")).toEqual(["sum", "div"]);
      expect(part("weight-gradient").filter((op) => op === "matmul")).toHaveLength(1);
      expect(part("bias-gradient")).toEqual(["sum"]);
      expect(part("weight-update").at(-1)).toBe("sub");
      expect(part("weight-update").length).toBe(part("bias-update").length);
      expect(part("loss").length).toBeGreaterThan(2);
      expect(part("shift")).toEqual(options.mistake === "unshifted" ? [] : ["amax", "sub"]);
      expect(part("rows").length > 0).toBe(options.loss !== "mse" && options.mistake !== "unshifted");
      expect(part("penalty").length > 0).toBe((options.l2 ?? 0) > 0);
      const shown = lines.some((one) => one.part === "mistake");
      expect(shown).toBe(["twice", "unshifted", "kept", "apart"].includes(options.mistake ?? ""));
      // Every product of x is the scores' or the gradient's.
      for (const { line, part } of ops.filter((one) => one.line.op === "matmul")) {
        const again = options.mistake === "apart" && part === "mistake";
        if (!again) expect(part).toBe(line.options.get("transposeA") === "true" ? "weight-gradient" : "scores");
      }
      const writes = lines.filter(({ line }) => line.kind === "write");
      expect(writes.filter((one) => one.part === "written")).toHaveLength(2);
      expect(lines.filter(({ line }) => line.kind === "return").map((one) => one.part)).toEqual(["loss"]);
    },
  );

  it("is joined line by line, for the page's first settings", () => {
    expect(opsOf(joined()).map(({ line, part }) => `${line.op} ${part}`)).toEqual([
      "matmul scores",
      "add optimizer",
      "add optimizer",
      "ne rows",
      "where rows",
      "cast rows",
      "sum rows",
      "div rows",
      "where rows",
      "add scores",
      "amax shift",
      "sub shift",
      "exp exp",
      "sum softmax",
      "log loss",
      "gather loss",
      "sub loss",
      "sub loss",
      "sub loss",
      "where loss",
      "sum loss",
      "div softmax",
      "oneHot truth",
      "sub difference",
      "mul logit-gradient",
      "sum bias-gradient",
      "matmul weight-gradient",
      "div loss",
      "mul bias-update",
      "sub bias-update",
      "mul weight-update",
      "sub weight-update",
    ]);
  });

  it("goes back through softmax for the squared error", () => {
    const lines = joined({ loss: "mse" });
    expect(opsIn(lines, "difference")).toEqual(["sub"]);
    expect(opsIn(lines, "logit-gradient")).toEqual(["mul", "add", "mul", "sum", "sub", "mul"]);
    expect(opsIn(lines, "loss")).toEqual(["mul", "sum", "div"]);
  });

  it("tells the penalty, and where it joins the loss and the gradient of W", () => {
    const lines = joined({ l2: 0.1 });
    expect(opsIn(lines, "penalty")).toEqual(["mul", "sum", "mul", "add", "mul"]);
    expect(opsIn(lines, "loss").at(-1)).toBe("add");
    expect(opsIn(lines, "weight-gradient")).toEqual(["matmul", "add"]);
  });

  it("tells smoothed and weighted truth from what rows count", () => {
    const lines = joined({ labelSmoothing: 0.1, classWeights: [1, 2, 3] });
    expect(opsIn(lines, "truth")).toEqual(["oneHot", "mul", "add", "mul"]);
    expect(opsIn(lines, "rows")).toContain("gather");
    expect(opsIn(lines, "difference")).toEqual(["sum", "mul", "sub"]);
  });

  it("tells Adam's averages from the step that it takes, and AdamW's decay from the penalty", () => {
    const adam = joined({ optimizer: "adam" });
    expect(opsIn(adam, "weight-update")).toEqual(["sqrt", "div", "add", "div", "mul", "sub"]);
    expect(opsIn(adam, "optimizer").filter((op) => op === "pow")).toHaveLength(4);
    const adamW = joined({ optimizer: "adamw" });
    expect(opsIn(adamW, "weight-update")).toEqual(["mul", "sqrt", "div", "add", "div", "mul", "sub"]);
    expect(opsIn(adamW, "penalty")).toEqual([]);
  });

  it.each<[string, Options, string[]]>([
    ["a softmax of the softmax", { mistake: "twice" }, ["amax", "sub", "exp", "sum", "div"]],
    ["logits of 1000", { mistake: "unshifted" }, ["add"]],
    ["gradients that are kept", { mistake: "kept" }, ["add", "add"]],
  ])("tells what only the mistake does: %s", (_, options, expected) => {
    expect(opsIn(joined(options), "mistake")).toEqual(expected);
  });

  it("tells the second pass of the mistake of two updates, and what is right in it", () => {
    const lines = joined({ mistake: "apart" });
    expect(opsIn(lines, "mistake")).toEqual([
      "matmul",
      ...["add", "amax", "sub", "exp", "sum", "gather", "div", "sub", "mul"],
    ]);
    expect(opsIn(lines, "truth")).toEqual(["oneHot", "oneHot"]);
  });

  it("has the sums that the summary line has", () => {
    const program = parseProgram(programOf());
    const ops = program.lines.filter((line) => line.kind === "op");
    const flop = ops.reduce((sum, line) => sum + line.flop, 0);
    expect(summaryOf(program)).toMatchObject({ ops: ops.length, flop });
  });
});

describe("a program of something else", () => {
  const other = `program(x0: float32 [2, 2])
  state: w0 [2, 2], w1 [2]
  %0  = matmul(x0, w0, transposeB: true)                 float32 [2, 2]         16 flop
  %1  = add(%0, w1)                                      float32 [2, 2]         4 flop
  %2  = tanh(%1)                                         float32 [2, 2]         4 flop
  return %1
3 ops in 2 steps, 24 flop, 96 bytes moved, arena of 32 bytes`;

  it("has lines of no part", () => {
    expect(opsOf(joinParts(parseProgram(other))).map(({ part }) => part)).toEqual(["scores", "scores", "none"]);
  });

  it("has no parts at all where there is no W and b", () => {
    const lines = joinParts(parseProgram(other.replace("matmul", "mul")));
    expect(opsOf(lines).map(({ part }) => part)).toEqual(["none", "none", "none"]);
  });
});
