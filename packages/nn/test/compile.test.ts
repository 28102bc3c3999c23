import { Generator, manualSeed, randint, randn, type Tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Engine, useEngine } from "../../tensor/src/backend/index.ts";
import {
  Adam,
  AdamW,
  CrossEntropy,
  clipGradNorm,
  Dropout,
  Linear,
  type Module,
  type Optimizer,
  ReLU,
  Sequential,
  SGD,
} from "../src/index.ts";

// With the SIMD kernels' formulas on both sides, compiled and eager results are the same to the last bit.
let before: Engine;
beforeAll(() => {
  before = useEngine("wasm");
});
afterAll(() => {
  useEngine(before);
});

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
        loop over 300 × 3, keeps %1
          %1  = add(%0, w1)                                    float32 [300, 3]       900 flop
        loop over 1 × 300, keeps %2, %3
          %2  = ne(x1, -100)                                   bool [300]             300 flop
          %3  = where(%2, x1, 0)                               int32 [300]            300 flop
        %4  = gather(c0, %3, dim: 0)                           float32 [300]          0 flop
        loop over 1 × 300, keeps %5
          %5  = where(%2, %4, 0)                               float32 [300]          300 flop
        %6  = amax(%1, dims: [1], keepdim: true)               float32 [300, 1]       900 flop
        loop over 300 × 3, keeps %7, %8
          %7  = sub(%1, %6)                                    float32 [300, 3]       900 flop
          %8  = exp(%7)                                        float32 [300, 3]       900 flop
        %9  = sum(%8, dims: [1])                               float32 [300]          900 flop
        loop over 1 × 300, keeps %10
          %10 = log(%9)                                        float32 [300]          300 flop
        %11 = gather(%7, %3[300, 1], dim: 1)                   float32 [300, 1]       0 flop
        loop over 1 × 300, keeps %14
          %12 = sub(%10, %11[300])                             float32 [300]          300 flop
          %13 = mul(%12, %5)                                   float32 [300]          300 flop
          %14 = where(%2, %13, 0)                              float32 [300]          300 flop
        %15 = sum(%14, dims: [0])                              float32 []             300 flop
        %16 = sum(%5, dims: [0])                               float32 []             300 flop
        loop over 1 × 1, keeps %19, %20
          %17 = eq(%16, 0)                                     bool []                1 flop
          %18 = where(%17, NaN, %16)                           float32 []             1 flop
          %19 = div(%15, %18)                                  float32 []             1 flop
          %20 = div(1, %18)                                    float32 []             1 flop
        loop over 1 × 300, keeps %22
          %21 = where(%2, %20[1], 0)                           float32 [300]          300 flop
          %22 = mul(%21, %5)                                   float32 [300]          300 flop
        %23 = softmax(%1, dims: [1])                           float32 [300, 3]       900 flop
        %24 = oneHot(%3, numClasses: 3, dtype: "float32")      float32 [300, 3]       0 flop
        loop over 300 × 3, keeps %26
          %25 = sub(%23, %24)                                  float32 [300, 3]       900 flop
          %26 = mul(%22[300, 1], %25)                          float32 [300, 3]       900 flop
        %27 = sum(%26, dims: [0], keepdim: true)               float32 [1, 3]         900 flop
        %28 = matmul(%26, x0, transposeA: true)                float32 [3, 2]         3600 flop
        %29 = add(w2, 1)                                       float64 []             1 flop
        loop over 1 × 6, keeps %31
          %30 = mul(%28, w3)                                   float32 [3, 2]         6 flop
          %31 = sub(w0, %30)                                   float32 [3, 2]         6 flop
        %32 = add(w4, 1)                                       float64 []             1 flop
        loop over 1 × 3, keeps %34
          %33 = mul(%27[3], w3)                                float32 [3]            3 flop
          %34 = sub(w1, %33)                                   float32 [3]            3 flop
        %35 = argmax(%1, dims: [1])                            int32 [300]            900 flop
        loop over 1 × 300, keeps %36
          %36 = eq(%35, x1)                                    bool [300]             300 flop
        %37 = sum(%36, dims: [0])                              int32 []               300 flop
        w2 ← %29
        w0 ← %31
        w4 ← %32
        w1 ← %34
        return %19, %37
      38 ops in 27 steps, 20124 flop, 102920 bytes moved, arena of 18080 bytes"
    `);
    const w2 = training(
      () => new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10)),
      (p) => new SGD(p, { lr: 0.1 }),
    );
    const text = compile(w2.step).program(randn([128, 784]), randint(0, 10, [128]));
    expect(text.split("\n").at(-1)).toMatchInlineSnapshot(
      `"52 ops in 37 steps, 52663196 flop, 3643064 bytes moved, arena of 883808 bytes"`,
    );
  });
});
