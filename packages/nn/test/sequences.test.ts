import { Generator, ones, randn, ShapeError, type Tensor, tensor, ValueError, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { gradcheck } from "@tendril/tensor/testing";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import { expectClose, expectError, js, messages } from "./compare.ts";

const { GRU, LSTM, Module, MultiheadAttention, RNN, TransformerEncoderLayer } = nn;
const generator = (): Generator => new Generator(1);
const x = randn([4, 2, 3], { generator: generator() });

describe("RNN, GRU and LSTM", () => {
  it("have PyTorch's names, shapes and initial values, the same for the same seed", () => {
    const layer = new LSTM(3, 5, { numLayers: 2, bidirectional: true, generator: generator() });
    expect(Object.entries(layer.stateDict()).map(([name, w]) => `${name} ${w.shape}`)).toEqual(
      ["l0", "l0_reverse", "l1", "l1_reverse"].flatMap((cell) => [
        `weight_ih_${cell} 20,${cell.startsWith("l0") ? 3 : 10}`,
        `weight_hh_${cell} 20,5`,
        `bias_ih_${cell} 20`,
        `bias_hh_${cell} 20`,
      ]),
    );
    expect(layer.weight_ih_l0).toBe(layer.parameters()[0]);
    const all = layer.parameters().flatMap(({ data }) => [...data]);
    expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(5));
    expect(Math.max(...all)).toBeGreaterThan(0.4);
    const again = new LSTM(3, 5, { numLayers: 2, bidirectional: true, generator: generator() });
    expect(again.weight_hh_l1?.data).toEqual(layer.weight_hh_l1?.data);
    expect(String(new RNN(3, 5, { nonlinearity: "relu" }))).toBe(
      'RNN(3, 5, numLayers=1, bias=true, batchFirst=false, dropout=0, bidirectional=false, nonlinearity="relu")',
    );
  });

  it("go on from the state that they gave, without a cast", () => {
    const gru = new GRU(3, 5);
    const [whole, end] = gru.forward(x);
    const [first, between] = gru.forward(x.slice([0, 2]));
    const [second, last] = gru.forward(x.slice([2, 4]), between);
    expectClose(whole, [...first.data, ...second.data], { rtol: 1e-6 });
    expectClose(end, last, { rtol: 1e-6 });
    expectClose(end.select(0, 0), whole.select(0, 3));
    const lstm = new LSTM(3, 5);
    const [, [h, c]] = lstm.forward(x);
    expect(lstm.forward(x, [h, c])[1].map(({ shape }) => shape)).toEqual([
      [1, 2, 5],
      [1, 2, 5],
    ]);
  });

  it("drop between layers, in training only", () => {
    const options = { numLayers: 2, dropout: 0.5 };
    const layer = new GRU(3, 5, options);
    expect(layer.forward(x)[0].data).not.toEqual(layer.forward(x)[0].data);
    layer.eval();
    expect(layer.forward(x)[0].data).toEqual(layer.forward(x)[0].data);
    const certain = new GRU(3, 5, { ...options, dropout: 1 });
    const alone = new GRU(3, 5, { ...options, dropout: 0 });
    alone.loadStateDict(certain.stateDict());
    expect(certain.forward(x)[0].data).not.toEqual(alone.forward(x)[0].data);
    const blind = certain.forward(x.mul(2))[0]; // all that the second layer sees is 0
    expect(certain.forward(x)[0].data).toEqual(blind.data);
  });

  it.each([RNN, GRU, LSTM])("have gradients of any order: %o", (Layer) => {
    const layer = new Layer(2, 2, { dtype: "float64", bidirectional: true, generator: generator() });
    const input = randn([3, 1, 2], { dtype: "float64", generator: generator() });
    const weights = layer.parameters();
    const names = layer.namedParameters().map(([name]) => name);
    const run = (x: Tensor, ...ps: Tensor[]): Tensor => {
      Object.assign(layer, Object.fromEntries(names.map((name, i) => [name, ps[i]])));
      return layer.forward(x)[0];
    };
    gradcheck(run, [input, ...weights], { order: 2 });
  });

  it("say what does not fit", () => {
    const layer = new GRU(3, 5);
    const first = new GRU(3, 5, { batchFirst: true });
    expectError(
      () => layer.forward(zeros([4, 2, 2])),
      ShapeError,
      /^GRU: input \[4, 2, 2\] must be \[T, N, 3\] with T ≥ 1$/,
    );
    expectError(() => first.forward(zeros([4, 3])), ShapeError, /^GRU: input \[4, 3\] must be \[N, T, 3\] with T ≥ 1$/);
    expectError(() => layer.forward(zeros([0, 2, 3])), ShapeError, /^GRU: input \[0, 2, 3\] must be/);
    expectError(
      () => layer.forward(x, zeros([1, 2, 4])),
      ShapeError,
      /^GRU: a state must be \[1, 2, 5\], got a tensor \[1, 2, 4\]$/,
    );
    const one = zeros([1, 2, 5]);
    expectError(
      () => new LSTM(3, 5).forward(x, js(one)),
      ShapeError,
      /^LSTM: a state must be \[h, c\], both \[1, 2, 5\], got a tensor \[1, 2, 5\]$/,
    );
    expectError(() => new RNN(3, 5).forward(js([1])), ValueError, /^RNN: input must be a tensor, got an array of 1$/);
    expect(
      messages(
        () => new GRU(0, 5),
        () => new GRU(3, js("5")),
        () => new LSTM(3, 5, { numLayers: 1.5 }),
        () => new RNN(3, 5, { dropout: 2 }),
        () => new GRU(3, 5, js({ nonlinearity: "relu" })),
        () => new RNN(3, 5, js({ nonlinearity: "gelu" })),
        () => new LSTM(3, 5, js({ num_layers: 2 })),
      ),
    ).toEqual([
      "GRU: inputSize must be a positive integer, got 0",
      'GRU: hiddenSize must be a positive integer, got "5"',
      "LSTM: numLayers must be a positive integer, got 1.5",
      "RNN: dropout must be between 0 and 1, got 2",
      'GRU: no option "nonlinearity"; there are numLayers, dropout, dtype, generator, bias, batchFirst, bidirectional',
      'RNN: nonlinearity must be "tanh" or "relu", got "gelu"',
      'LSTM: no option "num_layers"; did you mean "numLayers"?',
    ]);
  });
});

describe("MultiheadAttention", () => {
  it("starts as PyTorch's does", () => {
    const layer = new MultiheadAttention(64, 4, { generator: generator() });
    expect(Object.entries(layer.stateDict()).map(([name, w]) => `${name} ${w.shape}`)).toEqual([
      "in_proj_weight 192,64",
      "in_proj_bias 192",
      "out_proj.weight 64,64",
      "out_proj.bias 64",
    ]);
    const [weight = zeros([1]), ...rest] = layer.parameters();
    expect(Math.max(...weight.data)).toBeCloseTo(Math.sqrt(6 / 256), 3); // Xavier's bound
    expect(Math.max(...(rest[1] as Tensor).data)).toBeCloseTo(1 / 8, 2);
    for (const bias of [rest[0], rest[2]]) expect(bias?.eq(0).all().item()).toBe(1);
    expect(Object.keys(new MultiheadAttention(4, 2, { bias: false }).stateDict())).toEqual([
      "in_proj_weight",
      "out_proj.weight",
    ]);
  });

  it("gives weights that sum to 1, none of them to what is masked, and 0 to a query that sees nothing", () => {
    const layer = new MultiheadAttention(4, 2, { batchFirst: true, generator: generator() });
    const q = randn([2, 3, 4], { generator: generator() });
    const [, weights] = layer.forward(q, q, q, { isCausal: true, averageAttnWeights: false });
    expect(weights?.shape).toEqual([2, 2, 3, 3]);
    expect(weights?.triu({ diagonal: 1 }).eq(0).all().item()).toBe(1);
    expectClose((weights as Tensor).sum(-1), ones([2, 2, 3]), { rtol: 1e-6 });
    const keyPaddingMask = tensor([[true, true, true], [false, true, false]], { dtype: "bool" }); // biome-ignore format: a matrix
    const seen = layer.forward(q, q, q, { keyPaddingMask, isCausal: true });
    expect(seen[0].slice(0).toArray()).toEqual(zeros([3, 4]).toArray());
    expect(seen[1]?.slice(0).toArray()).toEqual(zeros([3, 3]).toArray());
    expect(seen[1]?.slice(1, 1).toArray()).toEqual([1, 0, 0]);
    expect(layer.forward(q, q, q, { needWeights: false })[1]).toBeNull();
  });

  it("drops weights in training only", () => {
    const layer = new MultiheadAttention(4, 2, { dropout: 0.5, generator: generator() });
    const q = randn([30, 2, 4], { generator: generator() });
    const dropped = (): number =>
      (layer.forward(q, q, q, { averageAttnWeights: false })[1] as Tensor).eq(0).to("float32").mean().item();
    expect(dropped()).toBeCloseTo(0.5, 1);
    layer.eval();
    expect(dropped()).toBe(0);
  });

  it("says what does not fit", () => {
    const layer = new MultiheadAttention(4, 2);
    const [q, k] = [zeros([3, 2, 4]), zeros([5, 2, 4])];
    const bool = { dtype: "bool" } as const;
    expect(
      messages(
        () => new MultiheadAttention(4, 3),
        () => new MultiheadAttention(4, 0),
        () => new MultiheadAttention(4, 2, { dropout: -1 }),
        () => new MultiheadAttention(4, 2, js({ kdim: 3 })),
        () => layer.forward(q, k, q),
        () => layer.forward(q, zeros([5, 1, 4]), zeros([5, 1, 4])),
        () => new MultiheadAttention(4, 2, { batchFirst: true }).forward(q, k, k),
        () => layer.forward(q, js([1]), k),
        () => layer.forward(q, k, k, { keyPaddingMask: zeros([2, 3], bool) }),
        () => layer.forward(q, k, k, { attnMask: zeros([2, 3, 5], bool) }),
        () => layer.forward(q, k, k, { attnMask: js([[true]]) }),
        () => layer.forward(q, k, k, { attnMask: zeros([3, 5], { dtype: "int32" }) }),
        () => layer.forward(q, k, k, js({ causal: true })),
      ),
    ).toMatchInlineSnapshot(`
      [
        "MultiheadAttention: embedDim 4 must be a multiple of numHeads, 3",
        "MultiheadAttention: numHeads must be a positive integer, got 0",
        "MultiheadAttention: dropout must be between 0 and 1, got -1",
        "MultiheadAttention: no option "kdim"; there are dropout, dtype, generator, bias, batchFirst",
        "MultiheadAttention: query, key and value [3, 2, 4], [5, 2, 4], [3, 2, 4] must be [L, N, 4], [S, N, 4] and [S, N, 4]",
        "MultiheadAttention: query, key and value [3, 2, 4], [5, 1, 4], [5, 1, 4] must be [L, N, 4], [S, N, 4] and [S, N, 4]",
        "MultiheadAttention: query, key and value [3, 2, 4], [5, 2, 4], [5, 2, 4] must be [N, L, 4], [N, S, 4] and [N, S, 4]",
        "MultiheadAttention: key must be a tensor, got an array of 1",
        "MultiheadAttention: keyPaddingMask must be [2, 5], got a tensor [2, 3]",
        "MultiheadAttention: attnMask must be [3, 5] or [4, 3, 5], got a tensor [2, 3, 5]",
        "MultiheadAttention: attnMask must be [3, 5] or [4, 3, 5], got an array of 1",
        "MultiheadAttention: attnMask must be bool, true for what is not seen, or floats, got int32; use .to("bool")",
        "MultiheadAttention: no option "causal"; there are needWeights, averageAttnWeights, keyPaddingMask, attnMask, isCausal",
      ]
    `);
  });
});

describe("TransformerEncoderLayer", () => {
  it("has PyTorch's parts, and is called with masks or, in a Sequential, without", () => {
    const layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 8, batchFirst: true });
    expect(Object.keys(layer.stateDict())).toEqual([
      "self_attn.in_proj_weight",
      "self_attn.in_proj_bias",
      "self_attn.out_proj.weight",
      "self_attn.out_proj.bias",
      "linear1.weight",
      "linear1.bias",
      "linear2.weight",
      "linear2.bias",
      "norm1.weight",
      "norm1.bias",
      "norm2.weight",
      "norm2.bias",
    ]);
    const q = randn([2, 3, 4]);
    expect(layer.forward(q).data).not.toEqual(layer.forward(q).data); // dropout is 0.1 unless told otherwise
    layer.eval();
    expect(new nn.Sequential(layer, new nn.ReLU()).forward(q).shape).toEqual([2, 3, 4]);
    // A change of the last entry is seen by none before it.
    const changed = q.add(tensor([0, 0, 1]).unsqueeze(1));
    const [before, after] = [q, changed].map((x) => layer.forward(x, { isCausal: true }).slice([], [0, 2]).data);
    expect(after).toEqual(before);
    expect(layer.forward(changed).slice([], [0, 2]).data).not.toEqual(before);
  });

  it("says what does not fit", () => {
    const layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 8 });
    expect(
      messages(
        () => new TransformerEncoderLayer(5, 2),
        () => new TransformerEncoderLayer(4, 2, { dimFeedforward: 0 }),
        () => new TransformerEncoderLayer(4, 2, js({ activation: "tanh" })),
        () => layer.forward(zeros([3, 2, 5])),
        () => layer.forward(zeros([3, 2, 4]), js({ mask: ones([3, 3]) })),
      ),
    ).toMatchInlineSnapshot(`
      [
        "MultiheadAttention: embedDim 5 must be a multiple of numHeads, 2",
        "Linear: outFeatures must be a positive integer, got 0",
        "TransformerEncoderLayer: activation must be "relu" or "gelu", got "tanh"",
        "TransformerEncoderLayer.self_attn (MultiheadAttention): query, key and value [3, 2, 5], [3, 2, 5], [3, 2, 5] must be [L, N, 4], [S, N, 4] and [S, N, 4]",
        "TransformerEncoderLayer: no option "mask"; there are srcMask, srcKeyPaddingMask, isCausal",
      ]
    `);
  });
});

describe("TransformerEncoder", () => {
  const layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 0, batchFirst: true });

  it("has copies of a layer, which are trained apart from it", () => {
    const model = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(4) });
    const keys = Object.keys(layer.stateDict());
    const own = [0, 1].flatMap((i) => keys.map((key) => `layers.${i}.${key}`));
    expect(Object.keys(model.stateDict())).toEqual([...own, "norm.weight", "norm.bias"]);
    const [first, second] = model.layers as [typeof layer, typeof layer];
    for (const copy of [first, second]) expect(copy.stateDict()).toEqual(layer.stateDict());
    first.linear1.weight.detach().assign(1);
    expect(second.stateDict()).toEqual(layer.stateDict());
    const x = randn([2, 3, 4]);
    const last = second.forward(first.forward(x, { isCausal: true }), { isCausal: true });
    expect(model.forward(x, { isCausal: true }).data).toEqual(model.norm?.forward(last).data);
    expect(new nn.TransformerEncoder(layer, 1).forward(x).data).toEqual(layer.forward(x).data);
  });

  it("says what does not fit", () => {
    const model = new nn.TransformerEncoder(layer, 2);
    expect(
      messages(
        () => new nn.TransformerEncoder(js(new nn.ReLU()), 2),
        () => new nn.TransformerEncoder(layer, 0),
        () => new nn.TransformerEncoder(layer, 2, js({ norm: true })),
        () => model.forward(zeros([3, 2, 5])),
        () => model.forward(zeros([3, 2, 4]), js({ srcMask: ones([2, 2]) })),
      ),
    ).toMatchInlineSnapshot(`
      [
        "TransformerEncoder: encoderLayer must be a TransformerEncoderLayer, got a ReLU",
        "TransformerEncoder: numLayers must be a positive integer, got 0",
        "TransformerEncoder: norm must be a Module, got true",
        "TransformerEncoder.layers[0].self_attn (MultiheadAttention): query, key and value [3, 2, 5], [3, 2, 5], [3, 2, 5] must be [N, L, 4], [N, S, 4] and [N, S, 4]",
        "TransformerEncoder: no option "srcMask"; there are mask, srcKeyPaddingMask, isCausal",
      ]
    `);
  });
});

describe("modules with inputs and outputs of their own", () => {
  class Tagger extends Module<[x: Tensor, options?: { reverse?: boolean }], { scores: Tensor; state: Tensor }> {
    readonly layers = [new nn.Linear(3, 3), new nn.Linear(3, 3)];
    readonly heads = { rnn: new GRU(3, 2), scale: nn.parameter(ones([])) };
    override forward(x: Tensor, { reverse = false } = {}): { scores: Tensor; state: Tensor } {
      let h = reverse ? x.flip(0) : x;
      for (const layer of this.layers) h = layer.forward(h);
      const [scores, state] = this.heads.rnn.forward(h);
      return { scores: scores.mul(this.heads.scale), state };
    }
  }

  it("are typed without casts, in arrays and plain objects too, which are PyTorch's lists and dictionaries", () => {
    const model = new Tagger();
    const { scores, state } = model.forward(x, { reverse: true });
    expect([scores.shape, state.shape]).toEqual([
      [4, 2, 2],
      [1, 2, 2],
    ]);
    const features: number | undefined = model.layers[1]?.outFeatures;
    expect(features).toBe(3);
    expect(Object.keys(model.stateDict())).toEqual([
      "layers.0.weight",
      "layers.0.bias",
      "layers.1.weight",
      "layers.1.bias",
      "heads.rnn.weight_ih_l0",
      "heads.rnn.weight_hh_l0",
      "heads.rnn.bias_ih_l0",
      "heads.rnn.bias_hh_l0",
      "heads.scale",
    ]);
    // @ts-expect-error: it gives no tensor
    expect(() => new nn.Sequential(model)).not.toThrow();
    // @ts-expect-error: an option that it does not have
    model.forward(x, { backwards: true });
  });

  it("run in compiled steps, say where their errors come from, and are summarized", () => {
    const model = new Tagger();
    const step = compile((x: Tensor) => model.forward(x).scores.sum());
    expect(step(x).item()).toBeCloseTo(model.forward(x).scores.sum().item(), 5);
    expectError(
      () => model.forward(zeros([4, 2, 2])),
      ShapeError,
      /^Tagger\.layers\[0\] \(Linear\): input \[4, 2, 2\] must end in inFeatures = 3$/,
    );
    expect(nn.summary(model, [4, 2, 3])).toMatchInlineSnapshot(`
      "layer               output                parameters
      Tagger              [4, 2, 2], [1, 2, 2]           1
        layers.0: Linear  [4, 2, 3]                     12
        layers.1: Linear  [4, 2, 3]                     12
        heads.rnn: GRU    [4, 2, 2], [1, 2, 2]          42
      67 parameters: 67 trainable, 0 frozen"
    `);
  });
});
