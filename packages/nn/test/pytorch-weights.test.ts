// Models that PyTorch has saved (fixtures/torch_models.py) give here what they gave there, and go back as they came.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type Tensor, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import { expectClose, fixtureBytes, messages } from "./compare.ts";

const load = (name: string): Record<string, Tensor> => nn.loadSafetensors(fixtureBytes(name)).tensors;
const outputs = load("torch_outputs.safetensors");
const given = (name: string): Tensor => outputs[name] as Tensor;

const cnn = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 16, 3, { padding: 1 }),
    new nn.BatchNorm2d(16),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(128, 10),
  );

class Encoder extends nn.Module {
  embedding = new nn.Embedding(20, 16);
  encoder = {
    layers: [0, 1].map(() => new nn.TransformerEncoderLayer(16, 4, { dimFeedforward: 32, batchFirst: true })),
  };
  head = new nn.Linear(16, 5);

  override forward(tokens: Tensor, srcKeyPaddingMask: Tensor): Tensor {
    const embedded = this.embedding.forward(tokens);
    return this.head.forward(
      this.encoder.layers.reduce((h, layer) => layer.forward(h, { srcKeyPaddingMask }), embedded),
    );
  }
}

const digits = tensor(gunzipSync(readFileSync(new URL("../../../docs/digits/digits.gz", import.meta.url))), {
  shape: [1797, 65],
});
const images = digits.slice([1437], [1]).div(16).reshape([360, 1, 8, 8]);

const cases: [name: string, make: () => nn.Module, inputs: Tensor[]][] = [
  ["cnn", cnn, [images]],
  ["transformer", () => new Encoder(), [given("transformer.tokens"), given("transformer.padding")]],
];

describe.each(cases)("PyTorch's %s", (name, make, inputs) => {
  const state = load(`torch_${name}.safetensors`);
  const model = make();
  model.loadStateDict(state);
  model.eval();

  it("gives PyTorch's outputs, eagerly and compiled", () => {
    const forward = (...inputs: Tensor[]): Tensor => model.forward(...inputs);
    for (const run of [forward, compile(forward)]) {
      expectClose(run(...inputs), given(`${name}.y`), { rtol: 1e-5, atol: 1e-5 });
    }
  });

  it("is saved with PyTorch's names, shapes and bits", () => {
    const back = nn.loadSafetensors(nn.saveSafetensors(model.stateDict())).tensors;
    expect(Object.keys(back).sort()).toEqual(Object.keys(state).sort());
    for (const [key, x] of Object.entries(state)) {
      expect([key, back[key]?.shape, back[key]?.data]).toEqual([key, x.shape, x.data]);
    }
  });

  it("needs every one of its tensors", () => {
    const few = (x: Tensor): Tensor => x.slice([0, 3]);
    for (const [key, x] of Object.entries(state)) {
      if (key.endsWith("num_batches_tracked")) continue;
      const other = make().eval();
      other.loadStateDict({ ...state, [key]: x.mul(2) });
      const difference = other.forward(...inputs.map(few)).sub(few(given(`${name}.y`)));
      expect(difference.abs().amax().item(), key).toBeGreaterThan(1e-2);
    }
  });
});

it("says which names do not fit", () => {
  const { "head.weight": weight, ...rest } = load("torch_transformer.safetensors");
  const renamed = { ...rest, "output.weight": weight as Tensor };
  expect(messages(() => new Encoder().loadStateDict(renamed))).toEqual([
    "loadStateDict: missing head.weight; unexpected output.weight; nothing was loaded",
  ]);
});
