// Training steps on ONNX Runtime, whose state is fed back, beside the same steps in eager mode.
import {
  Adagrad,
  Adam,
  AdamW,
  BatchNorm2d,
  Conv2d,
  CrossEntropy,
  Flatten,
  GRU,
  Linear,
  MaxPool2d,
  Module,
  type Optimizer,
  ReLU,
  RMSprop,
  Sequential,
  SGD,
  TransformerEncoderLayer,
} from "@tendril/nn";
import { Generator, manualSeed, noGrad, randint, randn, type Tensor } from "@tendril/tensor";
import { type OnnxExport, toOnnx } from "@tendril/tensor/onnx";
import { Running } from "./ort.ts";
import { expectClose, type Part } from "./report.ts";

type Batch = { readonly x: Tensor; readonly y: Tensor };
/** A part of a network, as `Sequential` takes it. */
export type Network = Module & { forward(x: Tensor): Tensor };

/** A step that trains `model`, and the tensors that it reads and changes by name. */
export interface Trained {
  readonly model: Network;
  readonly step: (x: Tensor, y: Tensor) => { loss: Tensor };
  readonly names: Readonly<Record<string, Tensor>>;
}

export function trained(model: Network, optimizerOf: (parameters: Iterable<[string, Tensor]>) => Optimizer): Trained {
  const optimizer = optimizerOf(model.namedParameters());
  const criterion = new CrossEntropy();
  const step = (x: Tensor, y: Tensor): { loss: Tensor } => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return { loss };
  };
  return { model, step, names: { ...model.namedState(), ...optimizer.namedState() } };
}

export function batchesOf(count: number, shape: readonly number[], classes: number): Batch[] {
  const generator = new Generator(5);
  return Array.from({ length: count }, () => ({
    x: randn(shape, { generator }),
    y: randint(0, classes, [shape[0] as number], { generator }),
  }));
}

/** Both train on the same batches: losses of each step, and all state at the end, agree. */
export async function compareSteps(
  { step, names }: Trained,
  exported: OnnxExport,
  batches: readonly Batch[],
  tolerance: number,
): Promise<string> {
  const running = await Running.open(exported);
  let worst = 0;
  for (const { x, y } of batches) {
    const { loss } = step(x, y);
    worst = Math.max(worst, expectClose((await running.run({ x, y })).get("loss") as Tensor, loss.detach(), tolerance));
  }
  let state = 0;
  for (const { name, output } of exported.state) {
    if (output !== null)
      state = Math.max(state, expectClose(running.state(name), (names[name] as Tensor).detach(), tolerance));
  }
  return `losses within ${worst.toExponential(1)}, state within ${state.toExponential(1)}`;
}

export const perceptron = (): Network => new Sequential(new Linear(20, 16), new ReLU(), new Linear(16, 5)) as Network;

/** By name: every optimizer, with options that make it use all that it remembers. */
const optimizers: Readonly<Record<string, (parameters: Iterable<[string, Tensor]>) => Optimizer>> = {
  SGD: (p) => new SGD(p, { lr: 0.1 }),
  "SGD, momentum": (p) => new SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  Adam: (p) => new Adam(p, { lr: 0.01 }),
  "Adam, amsgrad": (p) => new Adam(p, { lr: 0.01, amsgrad: true, weightDecay: 1e-2 }),
  AdamW: (p) => new AdamW(p, { lr: 0.01 }),
  RMSprop: (p) => new RMSprop(p, { lr: 0.01, centered: true, momentum: 0.9 }),
  Adagrad: (p) => new Adagrad(p, { lr: 0.1, lrDecay: 0.01 }),
};

export async function trainByAll(part: Part): Promise<void> {
  for (const [name, optimizerOf] of Object.entries(optimizers)) {
    await part.checkAsync(`50 steps of ${name}`, async () => {
      manualSeed(1);
      const training = trained(perceptron(), optimizerOf);
      const batches = batchesOf(50, [32, 20], 5);
      const exported = toOnnx(training.step, { ...batches[0] }, { names: training.names, batch: true });
      part.notes.push(`${name}: ${await compareSteps(training, exported, batches, 1e-5)}`);
    });
  }
}

/** The mean over the steps of a sequence, as a layer. */
class MeanOverTime extends Module {
  forward(x: Tensor): Tensor {
    return x.mean(1);
  }
}

/** What a GRU gives for each step of a sequence. */
class Recurrent extends Module {
  readonly gru: GRU;
  constructor() {
    super();
    this.gru = new GRU(4, 6, { batchFirst: true });
  }
  forward(x: Tensor): Tensor {
    return this.gru.forward(x)[0];
  }
}

/** By name: a network, and the shape of a batch. */
const networks: Readonly<Record<string, { make: () => Network; shape: readonly number[] }>> = {
  "convolution and batch norm": {
    make: () =>
      new Sequential(
        new Conv2d(1, 4, 3, { padding: 1 }),
        new BatchNorm2d(4),
        new ReLU(),
        new MaxPool2d(2),
        new Conv2d(4, 4, 3, { stride: 2 }),
        new Flatten(),
        new Linear(4 * 2 * 2, 3),
      ) as Network,
    shape: [7, 1, 12, 12],
  },
  transformer: {
    make: () =>
      new Sequential(
        new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, dropout: 0 }),
        new MeanOverTime(),
        new Linear(8, 3),
      ) as Network,
    shape: [7, 5, 8],
  },
  GRU: {
    make: () => new Sequential(new Recurrent(), new MeanOverTime(), new Linear(6, 3)) as Network,
    shape: [7, 5, 4],
  },
};

export async function layers(part: Part): Promise<void> {
  for (const [name, { make, shape }] of Object.entries(networks)) {
    manualSeed(2);
    const training = trained(make(), (p) => new SGD(p, { lr: 0.05 }));
    const batches = batchesOf(10, shape, 3);
    await part.checkAsync(`${name}, 10 steps`, async () => {
      const exported = toOnnx(training.step, { ...batches[0] }, { names: training.names, batch: true });
      part.notes.push(`${name}: ${await compareSteps(training, exported, batches, 2e-5)}`);
    });
    const { model } = training;
    model.eval();
    const predict = (x: Tensor): Tensor => noGrad(() => model.forward(x));
    const { x } = batches[0] as Batch;
    const exported = toOnnx(predict, { x }, { names: model.namedState(), batch: true });
    const running = await Running.open(exported);
    for (const n of [1, 7, 32, 200]) {
      await part.checkAsync(`${name}, a batch of ${n}`, async () => {
        const batch = randn([n, ...shape.slice(1)], { generator: new Generator(n) });
        expectClose((await running.run({ x: batch })).get("output") as Tensor, predict(batch), 1e-5);
      });
    }
  }
}
