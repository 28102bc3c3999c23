import { type DType, type Shape, Tensor, tensor } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, test } from "vitest";
import * as nn from "../src/index.ts";
import { expectClose, fixture } from "./compare.ts";

// Every layer beside PyTorch 1.13's, and 30 steps of training, eager and compiled: fixtures/generate_layers.py ran it.

interface Encoded {
  readonly shape: Shape;
  readonly data: readonly number[];
  readonly dtype?: DType;
}
type State = Readonly<Record<string, Encoded>>;
interface Case {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options: object;
  readonly train: boolean;
  readonly times: number;
  readonly inputs: readonly Encoded[];
  readonly call: Readonly<Record<string, unknown>>;
  readonly state: State;
  readonly after: State;
  readonly outputs: readonly Encoded[];
  readonly cotangents: readonly Encoded[];
  readonly inputGrads: readonly Encoded[];
  readonly grads: State;
}
interface Run {
  readonly name: string;
  readonly x: Encoded;
  readonly y: Encoded;
  readonly state: State;
  readonly after: State;
  readonly losses: readonly number[];
}
const { cases, runs } = fixture<{ cases: Case[]; runs: Run[] }>("layers.json.gz");

type Float = "float64" | "float32";
const decode = ({ data, shape, dtype }: Encoded, float: Float = "float64"): Tensor =>
  tensor([...data], { shape, dtype: dtype ?? float });
const decodeAll = (state: State, float: Float): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(state).map(([name, x]) => [name, decode(x, float)]));
const isEncoded = (x: unknown): x is Encoded => typeof x === "object" && x !== null && "data" in x;

/** Some that are nearly 0 come of large ones that cancel out. */
const tolerances = { float64: { rtol: 1e-9, atol: 1e-11 }, float32: { rtol: 2e-4, atol: 2e-5 } } as const;

function expectState(module: nn.Module, expected: State, float: Float): void {
  const state = module.stateDict();
  expect(Object.entries(state).map(([name, x]) => [name, x.shape])).toEqual(
    Object.entries(expected).map(([name, { shape }]) => [name, shape]),
  );
  for (const [name, x] of Object.entries(expected)) expectClose(state[name] as Tensor, decode(x), tolerances[float]);
}

type Make = new (...args: unknown[]) => nn.Module;
type Call = (...inputs: unknown[]) => unknown;

/** A stack of layers as the fixtures make it: of the layer's arguments and options, with or without a norm. */
class TransformerEncoder extends nn.TransformerEncoder {
  constructor(dModel: number, nhead: number, numLayers: number, all: nn.TransformerOptions & { norm?: boolean }) {
    const { norm, ...options } = all;
    const layer = new nn.TransformerEncoderLayer(dModel, nhead, options);
    super(layer, numLayers, { norm: norm ? new nn.LayerNorm(dModel, { dtype: options.dtype }) : undefined });
  }
}
const layers = { ...nn, TransformerEncoder } as unknown as Record<string, Make>;

/** One layer as the case has it: its outputs and gradients, of the last of some calls, and its state after. */
function expectCase(c: Case, float: Float, compiled: boolean): void {
  const layer = new (layers[c.layer] as Make)(...c.args, {
    ...c.options,
    dtype: float,
  });
  layer.loadStateDict(decodeAll(c.state, float));
  expectState(layer, c.state, float);
  if (!c.train) layer.eval();
  const entries = Object.entries(c.call).map(([name, x]) => [name, isEncoded(x) ? decode(x, float) : x]);
  const options = entries.length === 0 ? [] : [Object.fromEntries(entries)];
  const cotangents = c.cotangents.map((ct) => decode(ct, float));
  const parameters = layer.namedParameters();

  const step = (...inputs: Tensor[]): Tensor[] => {
    layer.zeroGrad();
    const leaves = inputs.map((x) => nn.parameter(x));
    const [x, ...states] = leaves;
    const given = c.layer === "LSTM" && states.length > 0 ? [x, states] : leaves;
    const outputs = [(layer.forward as Call).call(layer, ...given, ...options)]
      .flat(2)
      .filter((y) => y instanceof Tensor);
    const sums = outputs.map((y, i) => y.mul(cotangents[i] as Tensor).sum());
    sums.reduce((a, b) => a.add(b)).backward();
    return [...outputs, ...[...leaves, ...parameters.map(([, p]) => p)].map(({ grad }) => grad as Tensor)];
  };
  const run = compiled ? compile(step) : step;
  let found: Tensor[] = [];
  for (let i = 0; i < c.times; i++) found = run(...c.inputs.map((x) => decode(x, float))) as Tensor[];
  const [first, second] = [c.outputs.length, c.outputs.length + c.inputs.length];
  const [outputs, inputGrads, grads] = [found.slice(0, first), found.slice(first, second), found.slice(second)];
  const expectAll = (actual: readonly Tensor[], expected: readonly Encoded[]): void => {
    expect(actual.map(({ shape, dtype }) => [shape, dtype])).toEqual(expected.map(({ shape }) => [shape, float]));
    for (const [i, x] of actual.entries()) expectClose(x, decode(expected[i] as Encoded), tolerances[float]);
  };
  expectAll(outputs, c.outputs);
  expectAll(inputGrads, c.inputGrads);
  expect(parameters.map(([name]) => name)).toEqual(Object.keys(c.grads));
  expectAll(grads, Object.values(c.grads));
  expectState(layer, c.after, float);
}

const title = ({ layer, args, options, train, times, inputs, call }: Case): string => {
  const forward = `${inputs.map(({ shape }) => `[${shape}]`)}${Object.keys(call)}`;
  return `${layer}(${JSON.stringify(args)}, ${JSON.stringify(options)}) of ${forward}${train ? "" : ", eval"} ×${times}`;
};

describe("every layer is PyTorch's: keys and shapes of its state, outputs, gradients, state after", () => {
  test.each(cases.map((c) => [title(c), c] as const))("%s", (_, c) => {
    for (const float of ["float64", "float32"] as const) {
      for (const compiled of [false, true]) expectCase(c, float, compiled);
    }
  });
});

const f64 = { dtype: "float64" } as const;
const head = (features: number): nn.Linear => new nn.Linear(features, 3, f64);

class RecurrentNet extends nn.Module {
  readonly body: nn.GRU | nn.LSTM;
  readonly head: nn.Linear = head(10);
  constructor(Layer: typeof nn.GRU | typeof nn.LSTM) {
    super();
    this.body = new Layer(4, 5, { numLayers: 2, batchFirst: true, bidirectional: true, ...f64 });
  }
  override forward(x: Tensor): Tensor {
    return this.head.forward(this.body.forward(x)[0].mean(1));
  }
}

class EncoderNet extends nn.Module {
  readonly body = ([{}, { activation: "gelu", normFirst: true }] as const).map(
    (options) =>
      new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 0, batchFirst: true, ...options, ...f64 }),
  );
  readonly head: nn.Linear = head(4);
  override forward(x: Tensor): Tensor {
    return this.head.forward(new nn.Sequential(...this.body).forward(x).mean(1));
  }
}

class AttentionNet extends nn.Module {
  readonly body = new nn.MultiheadAttention(4, 2, { batchFirst: true, ...f64 });
  readonly head: nn.Linear = head(4);
  override forward(x: Tensor): Tensor {
    const [rows = 0, steps = 0] = x.shape;
    const keyPaddingMask = tensor(
      Array.from({ length: rows * steps }, (_, i) => i % (2 * steps) === 2 * steps - 1),
      { shape: [rows, steps], dtype: "bool" },
    );
    return this.head.forward(this.body.forward(x, x, x, { keyPaddingMask, isCausal: true })[0].mean(1));
  }
}

const models: Readonly<Record<string, () => nn.Module>> = {
  "batch norm": () =>
    new nn.Sequential(new nn.Linear(4, 6, f64), new nn.BatchNorm1d(6, f64), new nn.ReLU(), new nn.Linear(6, 3, f64)),
  GRU: () => new RecurrentNet(nn.GRU),
  LSTM: () => new RecurrentNet(nn.LSTM),
  encoder: () => new EncoderNet(),
  attention: () => new AttentionNet(),
};

describe("30 steps of training are PyTorch's", () => {
  const modes = runs.flatMap((run) => [
    [`${run.name}, eager`, run, false] as const,
    [`${run.name}, compiled`, run, true] as const,
  ]);
  test.each(modes)("%s", (_, { name, x, y, state, after, losses }, compiled) => {
    const model = (models[name] as () => nn.Module)();
    model.loadStateDict(decodeAll(state, "float64"));
    const optimizer = new nn.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const step = (x: Tensor, y: Tensor): Tensor => {
      optimizer.zeroGrad();
      const loss = nn.crossEntropy(model.forward(x), y);
      loss.backward();
      optimizer.step();
      return loss;
    };
    const run = compiled ? compile(step) : step;
    expectClose(
      losses.map(() => run(decode(x), decode(y)).item()),
      [...losses],
      tolerances.float64,
    );
    expectState(model, after, "float64");
  });
});
