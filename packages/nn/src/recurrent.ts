// RNN, GRU and LSTM: layers that go through a sequence step by step.
import { cat, dropout, linear, ShapeError, stack, Tensor, zeros } from "@tendril/tensor";
import { requireBetween, requirePositiveInteger, requireTensor, show } from "./check.ts";
import { describe } from "./copies.ts";
import { uniform } from "./init.ts";
import { Module, named, parameter } from "./module.ts";
import { type Kinds, settle, type WeightOptions, weightKinds } from "./options.ts";

/** The options of `GRU` and `LSTM`. */
export interface RecurrentOptions extends WeightOptions {
  /** How many layers are stacked: each goes over the output of the one before. Default 1. */
  numLayers?: number;
  /** Whether to add biases. Default true. */
  bias?: boolean;
  /** Whether x and the output are [N, T, ...] instead of [T, N, ...]. Default false. */
  batchFirst?: boolean;
  /** The chance of each element between two layers to be dropped in training. Default 0. */
  dropout?: number;
  /** Whether a second set of weights goes over the sequence backwards; the outputs stand side by side. Default false. */
  bidirectional?: boolean;
}

const flags = { bias: "boolean", batchFirst: "boolean", bidirectional: "boolean" } as const;
const kinds: Kinds<RecurrentOptions> = /* @__PURE__ */ Object.assign(
  { numLayers: "number", dropout: "number" } as const,
  weightKinds,
  flags,
);
const defaults = { numLayers: 1, bias: true, batchFirst: false, dropout: 0, bidirectional: false };

/** The weights of one direction of a layer have PyTorch's own names, such as `weight_ih_l0`: the keys of a saved state. */
abstract class Recurrent<
  State extends Tensor | readonly [Tensor, Tensor],
  Options extends RecurrentOptions = RecurrentOptions,
> extends Module<[x: Tensor, state?: State], [output: Tensor, state: State]> {
  /** Weights by PyTorch's names: `weight_ih_l0`: [gates·hiddenSize, inputSize], `bias_hh_l0`: [gates·hiddenSize]. */
  [weight: `weight_${string}` | `bias_${string}`]: Tensor;
  protected static readonly kinds: Kinds<object> = kinds;
  /** How many rows of weights there are for each hidden one, and how many tensors a state has. */
  protected static readonly gates: number = 1;
  protected static readonly states: number = 1;
  /** The options with their defaults, frozen. */
  readonly options: Readonly<Options & RecurrentOptions>;

  constructor(
    /** How many features an entry of x has. */
    readonly inputSize: number,
    /** H, how many features a hidden state has. */
    readonly hiddenSize: number,
    options?: Options,
  ) {
    super();
    const { name: op, gates, kinds } = this.constructor as typeof Recurrent;
    this.options = settle(op, kinds as Kinds<RecurrentOptions>, defaults, [options]) as typeof this.options;
    const { numLayers = 1, bias, dropout, bidirectional, dtype = "float32", generator } = this.options;
    for (const [name, size] of Object.entries({ inputSize, hiddenSize, numLayers }))
      requirePositiveInteger(op, name, size);
    requireBetween(op, "dropout", dropout, 0, 1);
    const bound = 1 / Math.sqrt(hiddenSize);
    const draw = (...shape: number[]): Tensor =>
      uniform(parameter(zeros(shape, { dtype })), { a: -bound, b: bound, generator });
    const rows = gates * hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      const columns = layer === 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1);
      for (const way of bidirectional ? ["", "_reverse"] : [""]) {
        this[`weight_ih_l${layer}${way}`] = draw(rows, columns);
        this[`weight_hh_l${layer}${way}`] = draw(rows, hiddenSize);
        if (!bias) continue;
        this[`bias_ih_l${layer}${way}`] = draw(rows);
        this[`bias_hh_l${layer}${way}`] = draw(rows);
      }
    }
  }

  /** The next state, from the products of the input and of the hidden state with their weights: [N, gates·H]. */
  protected abstract step(input: Tensor, hidden: Tensor, state: readonly Tensor[]): readonly [Tensor, ...Tensor[]];

  /** x: [T, N, inputSize] → the hidden states of all steps [T, N, directions·H], and the last state of each layer. */
  override forward(x: Tensor, state?: State): [output: Tensor, state: State] {
    const { numLayers = 1, batchFirst, bidirectional, dropout: p = 0, generator } = this.options;
    const { name: op, states } = this.constructor as typeof Recurrent;
    requireTensor(op, "input", x);
    let sequence = batchFirst && x.ndim === 3 ? x.transpose(0, 1) : x;
    const [steps, batch = 0, columns] = sequence.shape;
    if (x.ndim !== 3 || columns !== this.inputSize || steps === 0) {
      const axes = batchFirst ? "N, T" : "T, N";
      throw new ShapeError(`${op}: input ${show(x.shape)} must be [${axes}, ${this.inputSize}] with T ≥ 1`);
    }
    const ways = bidirectional ? ["", "_reverse"] : [""];
    const shape = [numLayers * ways.length, batch, this.hiddenSize];
    const empty = Array.from({ length: states }, () => zeros(shape, { dtype: x.dtype }));
    const initial: readonly Tensor[] = state === undefined ? empty : [state].flat();
    if (initial.length !== states || initial.some((s) => !(s instanceof Tensor) || show(s.shape) !== show(shape))) {
      const got = [state].flat().map(describe).join(" and ");
      throw new ShapeError(`${op}: a state must be ${states === 2 ? "[h, c], both " : ""}${show(shape)}, got ${got}`);
    }
    const ends: (readonly Tensor[])[] = [];
    for (let layer = 0; layer < numLayers; layer++) {
      const outputs = ways.map((way) => {
        const first = initial.map((s) => s.select(0, ends.length));
        const [output, last] = this.#over(sequence, `l${layer}${way}`, first);
        ends.push(last);
        return output;
      });
      sequence = outputs.length === 1 ? (outputs[0] as Tensor) : cat(outputs, 2);
      if (p > 0 && layer < numLayers - 1) sequence = dropout(sequence, { p, training: this.training, generator });
    }
    const last = initial.map((_, i) => stack(ends.map((end) => end[i] as Tensor)));
    return [batchFirst ? sequence.transpose(0, 1) : sequence, (states === 1 ? last[0] : last) as State];
  }

  /** One layer in one direction: the hidden states of all steps, in their order, and the last state. */
  #over(x: Tensor, cell: string, initial: readonly Tensor[]): [Tensor, readonly Tensor[]] {
    const [wi, wh] = [this[`weight_ih_${cell}`], this[`weight_hh_${cell}`]] as [Tensor, Tensor];
    const [bi, bh] = [this[`bias_ih_${cell}`], this[`bias_hh_${cell}`]];
    const backwards = cell.endsWith("_reverse");
    // All inputs meet their weights in one product; what remains for each step is the hidden state's.
    const inputs = entries(linear(x, wi, bi));
    let state = initial;
    const hidden: Tensor[] = [];
    for (const input of backwards ? inputs.reverse() : inputs) {
      const next = this.step(input, linear(state[0] as Tensor, wh, bh), state);
      hidden.push(next[0]);
      state = next;
    }
    return [stack(backwards ? hidden.reverse() : hidden), state];
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}, ${named(this.options)}`;
  }
}

/**
 * The entries along the first axis, by halves: the gradient of each cut is as large as what it cuts, so that T cuts of the
 * whole would take time by T².
 */
function entries(x: Tensor): Tensor[] {
  const n = x.shape[0] as number;
  if (n === 1) return [x.squeeze(0)];
  const half = n >> 1;
  return [...entries(x.narrow(0, 0, half)), ...entries(x.narrow(0, half, n - half))];
}

/** The options of `RNN`. */
export interface RNNOptions extends RecurrentOptions {
  /** What the sum goes through. Default `"tanh"`. */
  nonlinearity?: "tanh" | "relu";
}

/**
 * h′ = tanh(Wᵢ·x + bᵢ + Wₕ·h + bₕ), or relu, for each step of x: [T, N, inputSize] and h: [layers·directions, N, hiddenSize],
 * which starts as 0 if left out: → [T, N, directions·hiddenSize] and the last h. All weights start uniform in
 * ±1/√hiddenSize.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown, of another kind or out of range
 * @throws {ShapeError} when x or the state does not fit
 * @see https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
 * @example
 * const [output, h] = new RNN(3, 8, { batchFirst: true }).forward(randn([2, 5, 3]));
 * output.shape // [2, 5, 8]
 * h.shape // [1, 2, 8]
 */
export class RNN extends Recurrent<Tensor, RNNOptions> {
  protected static override readonly kinds: Kinds<RNNOptions> = /* @__PURE__ */ Object.assign(
    { nonlinearity: ["tanh", "relu"] } as const,
    kinds,
  );

  protected override step(input: Tensor, hidden: Tensor): [Tensor] {
    const sum = input.add(hidden);
    return [this.options.nonlinearity === "relu" ? sum.relu() : sum.tanh()];
  }
}

/**
 * Gated recurrent units: r, z = σ(…), n = tanh(Wᵢ·x + bᵢ + r·(Wₕ·h + bₕ)), h′ = (1 − z)·n + z·h, for each step of
 * x: [T, N, inputSize] and h: [layers·directions, N, hiddenSize]; called as `RNN` is.
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown, of another kind or out of range
 * @throws {ShapeError} when x or the state does not fit
 * @see https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
 * @example
 * const [output, h] = new GRU(3, 8, { bidirectional: true }).forward(randn([5, 2, 3]));
 * output.shape // [5, 2, 16]
 * h.shape // [2, 2, 8]
 */
export class GRU extends Recurrent<Tensor> {
  protected static override readonly gates: number = 3;

  protected override step(input: Tensor, hidden: Tensor, [h]: readonly [Tensor]): [Tensor] {
    const [xr, xz, xn] = input.chunk(3, 1) as [Tensor, Tensor, Tensor];
    const [hr, hz, hn] = hidden.chunk(3, 1) as [Tensor, Tensor, Tensor];
    const n = xr.add(hr).sigmoid().mul(hn).add(xn).tanh();
    return [h.sub(n).mul(xz.add(hz).sigmoid()).add(n)];
  }
}

/**
 * Long short-term memory: i, f, o = σ(…), c′ = f·c + i·tanh(…), h′ = o·tanh(c′), for each step of x: [T, N, inputSize].
 * Called as `RNN` is, but a state is [h, c], both [layers·directions, N, hiddenSize].
 * @throws {ValueError} when a size is not a positive integer, or an option is unknown, of another kind or out of range
 * @throws {ShapeError} when x or the state does not fit
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 * @example
 * const [output, [, c]] = new LSTM(3, 8, { numLayers: 2 }).forward(randn([5, 2, 3]));
 * output.shape // [5, 2, 8]
 * c.shape // [2, 2, 8]
 */
export class LSTM extends Recurrent<readonly [h: Tensor, c: Tensor]> {
  protected static override readonly gates: number = 4;
  protected static override readonly states: number = 2;

  protected override step(input: Tensor, hidden: Tensor, [, c]: readonly [Tensor, Tensor]): [Tensor, Tensor] {
    const [i, f, g, o] = input.add(hidden).chunk(4, 1) as [Tensor, Tensor, Tensor, Tensor];
    const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    return [o.sigmoid().mul(next.tanh()), next];
  }
}
