import { Generator, manualSeed, randint, randn, type Tensor, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allOn } from "../../tensor/test/engine.ts";
import {
  Adam,
  AdamW,
  accuracy,
  CosineAnnealingLR,
  CrossEntropy,
  clipGradNorm,
  Dropout,
  ExponentialLR,
  Linear,
  LinearLR,
  type LRScheduler,
  type Module,
  type Optimizer,
  parameter,
  ReduceLROnPlateau,
  ReLU,
  Sequential,
  SGD,
  StepLR,
} from "../src/index.ts";

// With the SIMD kernels' formulas on both sides, compiled and eager results are the same to the last bit.
allOn("wasm");

/** A model, an optimizer and a training step, the same ones each time. */
function training(make: () => Module, optimizerOf: (parameters: Tensor[]) => Optimizer, maxNorm?: number) {
  manualSeed(7);
  const model = make();
  const optimizer = optimizerOf(model.parameters());
  const criterion = new CrossEntropy();
  const step = (x: Tensor, y: Tensor): { loss: Tensor; right: Tensor } => {
    optimizer.zeroGrad();
    const logits = model.forward(x);
    const loss = criterion.forward(logits, y);
    loss.backward();
    if (maxNorm !== undefined) clipGradNorm(model.parameters(), maxNorm);
    optimizer.step();
    return { loss, right: logits.argmax(1).eq(y).sum() };
  };
  return { model, optimizer, step };
}

const mlp = (): Module => new Sequential(new Linear(5, 8), new ReLU(), new Dropout({ p: 0.25 }), new Linear(8, 3));
const cases: [name: string, optimizer: (parameters: Tensor[]) => Optimizer, maxNorm?: number][] = [
  ["SGD", (p) => new SGD(p, { lr: 0.1 })],
  [
    "SGD with momentum, Nesterov and decay",
    (p) => new SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }),
  ],
  ["Adam with clipping", (p) => new Adam(p, { lr: 0.01, amsgrad: true }), 0.5],
  ["AdamW", (p) => new AdamW(p, { lr: 0.01 })],
];

describe.each(cases)("a training step with %s, compiled", (_, optimizerOf, maxNorm) => {
  it("is the eager one, bit for bit: loss, metric, weights, dropout's draws, a changed learning rate", () => {
    const [eager, other] = [training(mlp, optimizerOf, maxNorm), training(mlp, optimizerOf, maxNorm)];
    const compiled = compile(other.step);
    const generator = new Generator(1);
    for (let i = 0; i < 8; i++) {
      // The last batch is a smaller one, and so another program for the same weights.
      const [x, y] = [randn([i === 7 ? 3 : 6, 5], { generator }), randint(0, 3, [i === 7 ? 3 : 6], { generator })];
      if (i === 4) for (const { optimizer } of [eager, other]) optimizer.lr /= 2;
      manualSeed(i);
      const mine = eager.step(x, y);
      manualSeed(i);
      const theirs = compiled(x, y);
      expect([theirs.loss.item(), theirs.right.item()]).toEqual([mine.loss.item(), mine.right.item()]);
    }
    for (const [name, w] of Object.entries(eager.model.stateDict())) {
      expect([...(other.model.stateDict()[name] as Tensor).data]).toEqual([...w.data]);
    }
  });
});

type Schedule = LRScheduler & { step(metric: Tensor): void };
type MakeSchedule = (optimizer: Optimizer) => Schedule;

/** Training with schedules inside the step, eager and compiled side by side: `call` runs both and compares all there is. */
function withSchedules(...make: MakeSchedule[]) {
  const side = () => {
    manualSeed(3);
    const [model, criterion] = [new Linear(4, 3), new CrossEntropy()];
    const [weight, bias] = [model.weight, model.parameters()[1] as Tensor];
    const optimizer = new SGD([{ params: [weight] }, { params: [bias], lr: 0.02 }], { lr: 0.5, momentum: 0.9 });
    const schedules = make.map((schedule) => schedule(optimizer));
    const step = (x: Tensor, y: Tensor, metric: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = criterion.forward(model.forward(x), y);
      loss.backward();
      optimizer.step();
      for (const schedule of schedules) schedule.step(metric);
      return loss;
    };
    const shown = () => ({
      rates: optimizer.paramGroups.map(({ lr }) => lr),
      states: schedules.map((schedule) => [schedule.stateDict(), schedule.getLastLr()]),
      weights: [weight, bias].map((p) => [...p.data]),
    });
    return { optimizer, schedules, step, shown };
  };
  const [eager, other] = [side(), side()];
  const compiled = compile(other.step);
  const generator = new Generator(2);
  const call = (metric: number): void => {
    const batch = [randn([6, 4], { generator }), randint(0, 3, [6], { generator }), tensor(metric)] as const;
    expect(compiled(...batch).item()).toBe(eager.step(...batch).item());
    expect(other.shown()).toEqual(eager.shown());
  };
  return { sides: [eager, other], call, rates: (): number[] => other.shown().rates };
}

const metrics = [3, 2, Number.NaN, 2.5, 2, 1, 1, 1, 1, 1, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4];
const scheduled: [name: string, ...MakeSchedule[]][] = [
  ["StepLR", (o) => new StepLR(o, { stepSize: 3, gamma: 0.5 })],
  ["ExponentialLR", (o) => new ExponentialLR(o, { gamma: 0.9 })],
  ["CosineAnnealingLR", (o) => new CosineAnnealingLR(o, { tMax: 5, etaMin: 1e-3 })],
  ["LinearLR", (o) => new LinearLR(o, { startFactor: 0.25, totalIters: 6 })],
  ["ReduceLROnPlateau", (o) => new ReduceLROnPlateau(o, { patience: 1, cooldown: 1, minLr: [0.01, 0.015] })],
  ["one up to the largest", (o) => new ReduceLROnPlateau(o, { patience: 0, mode: "max", thresholdMode: "abs" })],
  ["two in a chain", (o) => new LinearLR(o), (o) => new CosineAnnealingLR(o, { tMax: 7 })],
];

describe("schedules inside a compiled step", () => {
  it.each(scheduled)("%s: the eager rates, weights and state, bit for bit", (_, ...make) => {
    const { call, rates } = withSchedules(...make);
    const seen = new Set(
      metrics.map((metric) => {
        call(metric);
        return rates().join();
      }),
    );
    expect(seen.size).toBeGreaterThan(2); // it did change the rates, and went on doing so
  });

  it("follow a learning rate and a state that are set between the calls", () => {
    const { sides, call, rates } = withSchedules((o) => new ExponentialLR(o, { gamma: 0.5 }));
    call(0);
    const saved = JSON.stringify(sides.map(({ schedules }) => schedules[0]?.stateDict()));
    for (const { optimizer } of sides) optimizer.lr = 8;
    call(0);
    expect(rates()).toEqual([4, 4]);
    // Options are loaded too, and no program keeps the old ones.
    const states = JSON.parse(saved);
    for (const [i, { schedules }] of sides.entries()) schedules[0]?.loadStateDict({ ...states[i], gamma: 0.25 });
    call(0);
    expect(rates()).toEqual([1, 1]);
    expect(sides[1]?.schedules[0]?.stateDict()).toMatchObject({ gamma: 0.25, lastEpoch: 2, lastLr: [1, 1] });
  });

  it("ReduceLROnPlateau takes the loss itself, and no number", () => {
    const w = parameter(tensor(1));
    const optimizer = new SGD([w], { lr: 1 });
    const plateau = new ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5 });
    const step = compile((x: Tensor) => {
      const loss = w.mul(x);
      plateau.step(loss);
      return loss;
    });
    for (const x of [2, 1, 3, 1]) step(tensor(x));
    expect(plateau.stateDict()).toMatchObject({ best: 1, lastEpoch: 4, lastLr: [0.25] });
    expect(() => compile((x: Tensor) => void plateau.step(w.mul(x).item()))(tensor(1))).toThrow(/is read while/);
  });

  it("property: any chain of two, whatever is set or resumed in between, is the eager one", () => {
    const makes = scheduled.flatMap(([, ...make]) => make);
    const events = fc.array(fc.constantFrom("call", "call", "call", "set", "save", "resume"), { minLength: 12 });
    const chain = fc.tuple(fc.constantFrom(...makes), fc.constantFrom(...makes));
    fc.assert(
      fc.property(chain, events, (pair, list) => {
        const { sides, call } = withSchedules(...pair);
        const save = () =>
          sides.map(
            ({ optimizer, schedules }) => [optimizer.stateDict(), schedules.map((s) => s.stateDict())] as const,
          );
        let saved = save();
        for (const [i, event] of list.entries()) {
          if (event === "call") call(metrics[i % metrics.length] as number);
          if (event === "set") for (const { optimizer } of sides) optimizer.lr = 0.3;
          if (event === "save") saved = save();
          if (event === "resume") {
            for (const [k, { optimizer, schedules }] of sides.entries()) {
              const [own, states] = saved[k] as (typeof saved)[number];
              optimizer.loadStateDict(own);
              for (const [j, schedule] of schedules.entries()) schedule.loadStateDict(states[j] as object as never);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("inside a compiled step", () => {
  it.each([0.5, 1, 2, 3, Number.POSITIVE_INFINITY])("clipGradNorm of order %d is the eager one", (normType) => {
    const parameters = [parameter(tensor([3, -4, 0])), parameter(tensor(2)), parameter(tensor([[1]]))];
    const step = (x: Tensor): Tensor[] => {
      for (const p of parameters) p.grad = null;
      for (const p of parameters.slice(0, 2)) p.mul(x).sum().backward(); // the third has no gradient
      const norm = clipGradNorm(parameters, 1, { normType });
      return [norm, ...parameters.flatMap(({ grad }) => (grad === null ? [] : [grad]))];
    };
    const x = tensor([2, -7, 0]);
    const compiled = compile(step);
    const mine = step(x).map(({ data }) => [...data]);
    for (const p of parameters) p.grad = null; // a trace finds none from before
    expect(compiled(x).map(({ data }) => [...data])).toEqual(mine);
    expect(mine).toHaveLength(3);
  });

  it("clipGradNorm of no gradients is 0", () => {
    const step = compile(() => [clipGradNorm([], 1), clipGradNorm(parameter(tensor([1])), 1)]);
    expect(step().map((norm) => norm.item())).toEqual([0, 0]);
  });

  it("a metric is a tensor that the step returns; accuracy, a number, says so", () => {
    const [scores, y] = [randn([5, 3]), randint(0, 3, [5])];
    const right = compile((x: Tensor, y: Tensor) => x.argmax(1).eq(y).sum());
    expect(right(scores, y).item() / 5).toBe(accuracy(scores, y));
    const read = compile((x: Tensor, y: Tensor) => tensor(accuracy(x.mul(1), y)));
    expect(() => read(scores, y)).toThrow(/return it from the step and read it after the call/);
  });
});

describe("the program of a training step", () => {
  it("is forward pass, backward pass and update, flat; a costlier one is a failing test", () => {
    const w1 = training(
      () => new Linear(2, 3),
      (p) => new SGD(p, { lr: 0.1 }),
    );
    expect(compile(w1.step).program(randn([300, 2]), randint(0, 3, [300]))).toMatchInlineSnapshot(`
      "program(x0: float32 [300, 2], x1: int32 [300])
        state: w0 [3, 2], w1 [3], w2 [], w3 [], w4 []
        %0  = matmul(x0, w0, transposeB: true)                 float32 [300, 3]       3600 flop
        %1  = add(w2, 1)                                       float64 []             1 flop, by the kernel of eager mode
        %2  = add(w4, 1)                                       float64 []             1 flop, by the kernel of eager mode
        loop over 1 × 300: 1201 flop, reads 1216 bytes, writes 2704 bytes, keeps %3, %4, %6, %8
          %3  = ne(x1, -100)                                   bool [300]             300 flop
          %4  = where(%3, x1, 0)                               int32 [300]            300 flop
          %5  = cast(%3, dtype: "float32")                     float32 [300]          0 flop
          %6  = sum(%5, dims: [0])                             float32 []             300 flop
          %7  = div(1, %6)                                     float32 []             1 flop
          %8  = where(%3, %7[1], 0)                            float32 [300]          300 flop
        loop over 300 × 3: 11400 flop, reads 7520 bytes, writes 3620 bytes, keeps %20, %24, %25, %28
          %9  = add(%0, w1)                                    float32 [300, 3]       900 flop
          %10 = amax(%9, dims: [1], keepdim: true)             float32 [300, 1]       900 flop
          %11 = sub(%9, %10)                                   float32 [300, 3]       900 flop
          %12 = exp(%11)                                       float32 [300, 3]       900 flop
          %13 = sum(%12, dims: [1], keepdim: true)             float32 [300, 1]       900 flop
          %14 = log(%13)                                       float32 [300, 1]       300 flop
          %15 = gather(%9, %4[300, 1], dim: 1)                 float32 [300, 1]       0 flop
          %16 = sub(%15, %10)                                  float32 [300, 1]       300 flop
          %17 = sub(%16, %14)                                  float32 [300, 1]       300 flop
          %18 = sub(0, %17[300])                               float32 [300]          300 flop
          %19 = where(%3, %18, 0)                              float32 [300]          300 flop
          %20 = sum(%19, dims: [0])                            float32 []             300 flop
          %21 = div(%12, %13)                                  float32 [300, 3]       900 flop
          %22 = oneHot(%4, numClasses: 3, dtype: "float32")    float32 [300, 3]       0 flop
          %23 = sub(%21, %22)                                  float32 [300, 3]       900 flop
          %24 = mul(%8[300, 1], %23)                           float32 [300, 3]       900 flop
          %25 = sum(%24, dims: [0], keepdim: true)             float32 [1, 3]         900 flop
          %26 = argmax(%9, dims: [1])                          int32 [300]            900 flop
          %27 = eq(%26, x1)                                    bool [300]             300 flop
          %28 = sum(%27, dims: [0])                            int32 []               300 flop
        %29 = matmul(%24, x0, transposeA: true)                float32 [3, 2]         3600 flop
        loop over 1 × 1: 1 flop, reads 8 bytes, writes 4 bytes, keeps %30
          %30 = div(%20, %6)                                   float32 []             1 flop
        loop over 1 × 3: 6 flop, reads 32 bytes, writes 12 bytes, keeps %32
          %31 = mul(%25[3], w3)                                float32 [3]            3 flop
          %32 = sub(w1, %31)                                   float32 [3]            3 flop
        loop over 1 × 6: 12 flop, reads 56 bytes, writes 24 bytes, keeps %34
          %33 = mul(%29, w3)                                   float32 [3, 2]         6 flop
          %34 = sub(w0, %33)                                   float32 [3, 2]         6 flop
        w2 ← %1
        w0 ← %34
        w4 ← %2
        w1 ← %32
        return %30, %28
      35 ops in 9 steps, 19822 flop, 27292 bytes moved, arena of 10176 bytes"
    `);
    const w2 = training(
      () => new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10)),
      (p) => new SGD(p, { lr: 0.1 }),
    );
    expect(compile(w2.step).program(randn([128, 784]), randint(0, 10, [128]))).toMatchInlineSnapshot(`
      "program(x0: float32 [128, 784], x1: int32 [128])
        state: w0 [128, 784], w1 [128], w2 [10, 128], w3 [10], w4 [], w5 [], w6 [], w7 [], w8 []
        %0  = matmul(x0, w0, transposeB: true)                 float32 [128, 128]     25690112 flop
        %1  = add(w4, 1)                                       float64 []             1 flop, by the kernel of eager mode
        %2  = add(w6, 1)                                       float64 []             1 flop, by the kernel of eager mode
        %3  = add(w7, 1)                                       float64 []             1 flop, by the kernel of eager mode
        %4  = add(w8, 1)                                       float64 []             1 flop, by the kernel of eager mode
        loop over 1 × 128: 513 flop, reads 528 bytes, writes 1156 bytes, keeps %5, %6, %8, %10
          %5  = ne(x1, -100)                                   bool [128]             128 flop
          %6  = where(%5, x1, 0)                               int32 [128]            128 flop
          %7  = cast(%5, dtype: "float32")                     float32 [128]          0 flop
          %8  = sum(%7, dims: [0])                             float32 []             128 flop
          %9  = div(1, %8)                                     float32 []             1 flop
          %10 = where(%5, %9[1], 0)                            float32 [128]          128 flop
        loop over 128 × 128: 49152 flop, reads 66052 bytes, writes 81920 bytes, keeps %12, %13
          %11 = add(%0, w1)                                    float32 [128, 128]     16384 flop
          %12 = relu(%11)                                      float32 [128, 128]     16384 flop
          %13 = le(%11, 0)                                     bool [128, 128]        16384 flop
        %14 = matmul(%12, w2, transposeB: true)                float32 [128, 10]      327680 flop
        loop over 128 × 10: 13824 flop, reads 6832 bytes, writes 5168 bytes, keeps %26, %30, %31, %34
          %15 = add(%14, w3)                                   float32 [128, 10]      1280 flop
          %16 = amax(%15, dims: [1], keepdim: true)            float32 [128, 1]       1280 flop
          %17 = sub(%15, %16)                                  float32 [128, 10]      1280 flop
          %18 = exp(%17)                                       float32 [128, 10]      1280 flop
          %19 = sum(%18, dims: [1], keepdim: true)             float32 [128, 1]       1280 flop
          %20 = log(%19)                                       float32 [128, 1]       128 flop
          %21 = gather(%15, %6[128, 1], dim: 1)                float32 [128, 1]       0 flop
          %22 = sub(%21, %16)                                  float32 [128, 1]       128 flop
          %23 = sub(%22, %20)                                  float32 [128, 1]       128 flop
          %24 = sub(0, %23[128])                               float32 [128]          128 flop
          %25 = where(%5, %24, 0)                              float32 [128]          128 flop
          %26 = sum(%25, dims: [0])                            float32 []             128 flop
          %27 = div(%18, %19)                                  float32 [128, 10]      1280 flop
          %28 = oneHot(%6, numClasses: 10, dtype: "float32")   float32 [128, 10]      0 flop
          %29 = sub(%27, %28)                                  float32 [128, 10]      1280 flop
          %30 = mul(%10[128, 1], %29)                          float32 [128, 10]      1280 flop
          %31 = sum(%30, dims: [0], keepdim: true)             float32 [1, 10]        1280 flop
          %32 = argmax(%15, dims: [1])                         int32 [128]            1280 flop
          %33 = eq(%32, x1)                                    bool [128]             128 flop
          %34 = sum(%33, dims: [0])                            int32 []               128 flop
        %35 = matmul(%30, w2)                                  float32 [128, 128]     327680 flop
        %36 = matmul(%30, %12, transposeA: true)               float32 [10, 128]      327680 flop
        loop over 1 × 1: 1 flop, reads 8 bytes, writes 4 bytes, keeps %37
          %37 = div(%26, %8)                                   float32 []             1 flop
        loop over 1 × 10: 20 flop, reads 88 bytes, writes 40 bytes, keeps %39
          %38 = mul(%31[10], w5)                               float32 [10]           10 flop
          %39 = sub(w3, %38)                                   float32 [10]           10 flop
        loop over 1 × 1280: 2560 flop, reads 10248 bytes, writes 5120 bytes, keeps %41
          %40 = mul(%36, w5)                                   float32 [10, 128]      1280 flop
          %41 = sub(w2, %40)                                   float32 [10, 128]      1280 flop
        loop over 128 × 128: 32768 flop, reads 81924 bytes, writes 66048 bytes, keeps %42, %43
          %42 = where(%13, 0, %35)                             float32 [128, 128]     16384 flop
          %43 = sum(%42, dims: [0], keepdim: true)             float32 [1, 128]       16384 flop
        %44 = matmul(%42, x0, transposeA: true)                float32 [128, 784]     25690112 flop
        loop over 1 × 128: 256 flop, reads 1032 bytes, writes 512 bytes, keeps %46
          %45 = mul(%43[128], w5)                              float32 [128]          128 flop
          %46 = sub(w1, %45)                                   float32 [128]          128 flop
        loop over 1 × 100352: 200704 flop, reads 802824 bytes, writes 401408 bytes, keeps %48
          %47 = mul(%44, w5)                                   float32 [128, 784]     100352 flop
          %48 = sub(w0, %47)                                   float32 [128, 784]     100352 flop
        w4 ← %1
        w0 ← %48
        w6 ← %2
        w1 ← %46
        w7 ← %3
        w2 ← %41
        w8 ← %4
        w3 ← %39
        return %37, %34
      49 ops in 18 steps, 52663066 flop, 3495040 bytes moved, arena of 999792 bytes"
    `);
  });
});
