// What else exports promise: random numbers from outside, wrong indices, gradients apart from updates, refusals.

import { readFileSync } from "node:fs";
import { CrossEntropy, Linear, ReLU, Sequential, SGD } from "@tendril/nn";
import {
  conv2d,
  dropout,
  Generator,
  gather,
  manualSeed,
  maxPool2d,
  oneHot,
  randn,
  type Tensor,
  tensor,
  zeros,
} from "@tendril/tensor";
import { ExportError, type OnnxExport, type Returned, toOnnx } from "@tendril/tensor/onnx";
import { exported as exportedModel, models } from "../../packages/tensor/test/onnx-models.ts";
import { open, Running } from "./ort.ts";
import { expectClose, type Part } from "./report.ts";
import { batchesOf } from "./training.ts";

/** The files that the main suite compares bytes with give what the models give. */
export async function committed(part: Part): Promise<void> {
  for (const [name, make] of Object.entries(models)) {
    await part.checkAsync(name, async () => {
      const bytes = readFileSync(new URL(`../../packages/tensor/test/fixtures/onnx/${name}.onnx`, import.meta.url));
      const { f, inputs } = make();
      const exported = exportedModel(make());
      const running = new Running(await open(bytes), exported);
      const generator = new Generator(4);
      const given = Object.fromEntries(
        Object.entries(inputs).map(([key, x]) => [key, x.dtype === "int32" ? x : randn(x.shape, { generator })]),
      );
      // All is kept where the uniform numbers are 0.
      const draws = exported.random.map(({ name, shape, dtype }) => {
        const sizes = shape.map((n) => (typeof n === "number" ? n : n.at(inputs.image?.shape[0] as number)));
        return [name, zeros(sizes, { dtype })];
      });
      const results = await running.run({ ...given, ...Object.fromEntries(draws) });
      const expected =
        draws.length > 0 ? { output: pooled(exported, given.image as Tensor) } : f(...Object.values(given));
      const entries = Object.entries(expected as Record<string, Tensor>);
      for (const [key, x] of entries) expectClose(results.get(key) as Tensor, x.detach(), 1e-6);
    });
  }
}

/** What the convolution gives where dropout keeps everything. */
function pooled({ state: [filters] }: OnnxExport, image: Tensor): Tensor {
  if (filters === undefined) throw new Error("the filters are no input");
  const weight = tensor(Array.from(filters.initial), { shape: filters.shape });
  return maxPool2d(conv2d(image, weight, { padding: 1 }).relu(), 2).div(0.75);
}

/** Dropout keeps an element where the number given for it is below 1 − p. */
export async function draws(part: Part): Promise<void> {
  const p = 0.25;
  const exported = toOnnx((x: Tensor) => dropout(x, { p }), { x: zeros([4, 6]) }, { batch: true });
  const running = await Running.open(exported);
  const [input] = exported.random;
  for (const n of [1, 7, 200]) {
    await part.checkAsync(`a batch of ${n}`, async () => {
      if (input === undefined) throw new Error("there is no input for random numbers");
      const shape = input.shape.map((size) => (typeof size === "number" ? size : size.at(n)));
      const generator = new Generator(n);
      const [x, uniform] = [
        randn(shape, { generator }),
        tensor(
          Array.from({ length: 6 * n }, () => generator.next()),
          { shape },
        ),
      ];
      const kept = uniform.lt(1 - p).to("float32");
      const result = (await running.run({ x, [input.name]: uniform })).get("output") as Tensor;
      expectClose(result, x.mul(kept.div(1 - p)), 1e-6);
      if (n > 1 && (kept.sum().item() === 0 || kept.sum().item() === kept.size)) throw new Error("nothing was decided");
    });
  }
}

/** Indices out of range are errors there, too: also negative ones, which ONNX counts from the end. */
export async function indices(part: Part): Promise<void> {
  const x = randn([3, 4]);
  const at = zeros([3, 1], { dtype: "int32" });
  const steps: Readonly<Record<string, (i: Tensor) => Tensor>> = {
    gather: (i) => gather(x, 1, i),
    scatterAdd: (i) => x.scatterAdd(1, i, x.slice([], [0, 1])),
    indexSelect: (i) => x.indexSelect(0, i.squeeze(1)),
    oneHot: (i) => oneHot(i.squeeze(1), 4),
  };
  for (const [name, step] of Object.entries(steps)) {
    const running = await Running.open(toOnnx(step, { i: at }));
    await part.checkAsync(`${name} of right ones`, async () => {
      const right = tensor([[2], [0], [1]], { dtype: "int32" });
      expectClose((await running.run({ i: right })).get("output") as Tensor, step(right), 1e-6);
    });
    for (const wrong of [-1, 4, 1000]) {
      await part.checkAsync(`${name} of ${wrong}`, async () => {
        const result = await running.run({ i: tensor([[0], [wrong], [0]], { dtype: "int32" }) }).then(
          (outputs) => String(outputs.get("output")),
          () => null,
        );
        if (result !== null) throw new Error(`gives ${result}`);
      });
    }
  }
}

/** One file gives gradients, another updates by them: two shards, averaged between, are as the whole batch. */
export async function shards(part: Part): Promise<void> {
  const make = (): { model: Sequential; optimizer: SGD } => {
    manualSeed(3);
    const model = new Sequential(new Linear(6, 8), new ReLU(), new Linear(8, 3));
    return { model, optimizer: new SGD(model.namedParameters(), { lr: 0.1, momentum: 0.9 }) };
  };
  const criterion = new CrossEntropy();
  const { model, optimizer } = make();
  const parameters = model.namedParameters();
  const gradients = (x: Tensor, y: Tensor): Returned => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x) as Tensor, y);
    loss.backward();
    return { loss, ...Object.fromEntries(parameters.map(([name, p]) => [`${name}.grad`, p.grad as Tensor])) };
  };
  const update = (...grads: Tensor[]): void => {
    for (const [i, [, p]] of parameters.entries()) p.grad = grads[i] as Tensor;
    optimizer.step();
  };
  const names = { ...model.namedState(), ...optimizer.namedState() };
  const batches = batchesOf(20, [8, 6], 3);
  const inputs = Object.fromEntries(parameters.map(([name, p]) => [`${name}.grad`, zeros(p.shape)]));
  const first = toOnnx(gradients, { ...batches[0] }, { names: model.namedState(), batch: true, embed: false });
  const second = toOnnx(update, inputs, { names });
  const [forward, updating] = [await open(first.bytes), await Running.open(second)];
  const whole = make();
  for (const [t, { x, y }] of batches.entries()) {
    await part.checkAsync(`step ${t}`, async () => {
      const weights = Object.fromEntries(parameters.map(([name]) => [name, updating.state(name)]));
      const halves = [0, 1].map((i) => ({ x: x.slice([4 * i, 4 * i + 4]), y: y.slice([4 * i, 4 * i + 4]) }));
      const stateless = new Running(forward, { ...first, state: [] });
      const results: Map<string, Tensor>[] = [];
      for (const half of halves) results.push(await stateless.run({ ...half, ...weights }));
      const mean = (name: string): Tensor => {
        const [one, other] = results.map((result) => result.get(name)) as [Tensor, Tensor];
        return one.add(other).div(2);
      };
      await updating.run(Object.fromEntries(Object.keys(inputs).map((name) => [name, mean(name)])));
      whole.optimizer.zeroGrad();
      const loss = criterion.forward(whole.model.forward(x) as Tensor, y);
      loss.backward();
      whole.optimizer.step();
      expectClose(mean("loss"), loss.detach(), 1e-5);
      for (const [name, p] of whole.model.namedParameters()) expectClose(updating.state(name), p.detach(), 1e-5);
    });
  }
}

/** What cannot be exported says so, by a typed error of one line. */
export async function refusals(part: Part): Promise<void> {
  const x = zeros([4, 3]);
  const refused: Readonly<Record<string, () => unknown>> = {
    "a mask of N by N": () => toOnnx((a: Tensor) => a.matmul(a.T).tril(), { x }, { batch: true }),
    "the variance over the batch, by its number of pairs": () =>
      toOnnx((a: Tensor) => a.sum(0).div((a.shape[0] as number) ** 2), { x }, { batch: true }),
    "erf in float64": () => toOnnx((a: Tensor) => a.to("float64").erf(), { x }),
    "an axis of size 0": () => toOnnx((a: Tensor) => a.slice([0, 0]), { x }),
    "a change of a tensor without a name": () => {
      const w = zeros([3]);
      return toOnnx((a: Tensor) => void w.assign(a.sum(0)), { x });
    },
  };
  for (const [what, call] of Object.entries(refused)) {
    part.check(what, () => {
      try {
        call();
      } catch (error) {
        if (error instanceof ExportError && !error.message.includes("\n")) {
          part.notes.push(error.message);
          return;
        }
        throw error;
      }
      throw new Error("is exported");
    });
  }
}
