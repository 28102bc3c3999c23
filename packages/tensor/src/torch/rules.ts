// How each primitive reads in PyTorch: one expression, of operands that are written already.
import type { DType } from "../dtype.ts";
import type { SizedType } from "../export/graph.ts";
import { plus, type Size } from "../export/size.ts";
import type { Span, Window } from "../index-map.ts";
import type { Distribution } from "../random.ts";
import { literal, sameSize, tuple } from "./text.ts";

/** An operand of an op. */
export interface Operand extends SizedType {
  readonly isNumber: boolean;
  /** In a dtype (default its own): a number where it is one, else a tensor. */
  as(dtype?: DType): string;
  /** The same, always a tensor. */
  tensor(dtype?: DType): string;
}

/** One op of a program. */
export interface Call {
  readonly xs: readonly Operand[];
  readonly out: SizedType;
  readonly params: Readonly<Record<string, unknown>>;
  /** The tensor's `device` as an option; programs then find out which it is. */
  readonly device: () => string;
}

type Rule = (call: Call) => string;
/** A rule of texts alone: operands in the result's dtype. */
type Text = (...xs: string[]) => string;

export const torchType = (dtype: DType): string => `torch.${dtype}`;
const to = (x: string, dtype: DType): string => `${x}.to(${torchType(dtype)})`;

/** Numbers among the operands stay numbers, unless all are. */
const texts = ({ xs, out }: Pick<Call, "xs" | "out">, dtype: DType = out.dtype): string[] => {
  const areNumbers = xs.every(({ isNumber }) => isNumber);
  return xs.map((x) => (areNumbers ? x.tensor(dtype) : x.as(dtype)));
};
const arithmetic =
  (text: Text): Rule =>
  (call) =>
    text(...texts(call));
/** Of tensors alone. */
const tensors =
  (text: Text): Rule =>
  ({ xs, out }) =>
    text(...xs.map((x) => x.tensor(out.dtype)));
/** Operands keep their dtypes, unless one is more exact: PyTorch would round a number without axes to the other's. */
const comparison =
  (sign: string): Rule =>
  ({ xs }) => {
    const isExact = xs.some(({ dtype }) => dtype === "float64");
    const areNumbers = xs.every(({ isNumber }) => isNumber);
    return xs.map((x) => (areNumbers ? x.tensor() : x.as(isExact ? "float64" : undefined))).join(` ${sign} `);
  };
const logical =
  (name: string): Rule =>
  ({ xs }) =>
    `torch.${name}(${xs.map((x) => x.tensor()).join(", ")})`;
const simple = (name: string): Rule => tensors((x) => `torch.${name}(${x})`);
/** Integers are whole already. */
const rounding =
  (name: string): Rule =>
  ({ xs: [x], out }) =>
    out.dtype.startsWith("float") ? `torch.${name}(${one(x).tensor()})` : `${one(x).tensor()}.clone()`;

const one = (x: Operand | undefined): Operand => x as Operand;
const dimsOf = ({ params }: Call): readonly number[] => params.dims as readonly number[];

/** A reduction; over no axes it is its operand. `own`: the dtype in which it works, if not that of the result. */
function reduction(name: string, { typed = false }: { readonly typed?: boolean } = {}): Rule {
  return (call) => {
    const { xs, out, params } = call;
    const x = one(xs[0]);
    const dims = dimsOf(call);
    if (dims.length === 0) return `${x.tensor(out.dtype)}.clone()`;
    const whole = dims.length === x.shape.length && params.keepdim !== true && name !== "logsumexp";
    const options = [
      ...(whole ? [] : [`dim=${tuple(dims)}`]),
      ...(params.keepdim === true ? ["keepdim=True"] : []),
      ...(typed && !out.dtype.startsWith("float") ? [`dtype=${torchType(out.dtype)}`] : []),
    ];
    return `${x.tensor(typed ? undefined : out.dtype)}.${name}(${options.join(", ")})`;
  };
}

/** The place of an extreme; PyTorch has none of booleans. */
function place(name: string): Rule {
  return ({ xs, params, out }) => {
    const x = one(xs[0]);
    const [dim] = params.dims as readonly number[];
    const from = x.tensor(x.dtype === "bool" ? "int32" : undefined);
    const options = dim === undefined ? "" : `dim=${dim}${params.keepdim === true ? ", keepdim=True" : ""}`;
    return to(`${from}.${name}(${options})`, out.dtype);
  };
}

/** softmax or its logarithm; over several axes at once by the sum that PyTorch has for those. */
function normalization(name: string, over: Text): Rule {
  return (call) => {
    const [dims, x] = [dimsOf(call), one(call.xs[0]).tensor(call.out.dtype)];
    if (dims.length === 1) return `torch.${name}(${x}, dim=${dims[0]})`;
    return over(`${x} - ${dims.length === 0 ? x : `torch.logsumexp(${x}, dim=${tuple(dims)}, keepdim=True)`}`);
  };
}

/** A span whose numbers may follow the batch. */
type SizedSpan = Readonly<Record<keyof Span, Size>>;

/** Entries from `start` on as Python's range; a step backwards is one forwards along the flipped axis. */
function range({ start, step, size }: SizedSpan, n: Size): { readonly flips: boolean; readonly text: string } {
  const flips = typeof step === "number" && step < 0;
  const first = flips ? plus(plus(n, start, -1), -1) : start;
  const stride = typeof step === "number" ? Math.abs(step) : step;
  // One of size and stride is a number: their product would follow no line.
  const reach = typeof stride === "number" ? plus(-stride, size, stride) : plus(0, stride, Number(size) - 1);
  const stop = size === 0 ? first : plus(plus(first, reach), 1);
  const isWhole = sameSize(first, 0) && sameSize(stop, n);
  const ends = `${sameSize(first, 0) ? "" : first}:${isWhole ? "" : stop}`;
  return { flips, text: stride === 1 ? ends : `${ends}:${stride}` };
}

/** Ranges of all axes, and the axes that are flipped first. */
function ranges(
  spans: readonly SizedSpan[],
  shape: readonly Size[],
): { readonly flipped: number[]; readonly texts: string[] } {
  const all = spans.map((span, axis) => range(span, shape[axis] as Size));
  return { flipped: all.flatMap(({ flips }, axis) => (flips ? axis : [])), texts: all.map(({ text }) => text) };
}

const flip = (x: string, dims: readonly number[]): string => (dims.length === 0 ? x : `${x}.flip(${tuple(dims)})`);

const slice: Rule = ({ xs, params }) => {
  const x = one(xs[0]);
  const { flipped, texts } = ranges(params.spans as readonly SizedSpan[], x.shape);
  while (texts.at(-1) === ":") texts.pop();
  return flip(x.tensor(), flipped) + (texts.length === 0 ? "" : `[${texts.join(", ")}]`);
};

const unslice: Rule = ({ xs, params }) => {
  const [x, shape, spans] = [one(xs[0]), params.shape as readonly Size[], params.spans as readonly SizedSpan[]];
  if (spans.every(({ step }) => step === 1)) {
    const around = spans.map(({ start, size }, axis): [Size, Size] => [
      start,
      plus(shape[axis] as Size, plus(start, size), -1),
    ]);
    while (around.length > 1 && around.at(0)?.every((n) => n === 0)) around.shift();
    return around.length === 0 ? x.tensor() : `F.pad(${x.tensor()}, ${tuple(around.reverse().flat())})`;
  }
  const { flipped, texts } = ranges(spans, shape);
  const parts = texts.map((text) => `slice(${text.split(":").map((end) => end || "None")})`);
  return flip(`unslice(${x.tensor()}, ${tuple(shape)}, ${tuple(parts)})`, flipped);
};

/** The windows of a tensor, written behind it. */
function windowsOf(params: Call["params"], axes: number): string {
  const { windows, at } = params as { windows: readonly Window[]; at: number };
  const taken = windows.map(({ dim, size, step, dilation }) => {
    const every = dilation === 1 ? "" : `[..., ::${dilation}]`;
    return `.unfold(${dim}, ${dilation * (size - 1) + 1}, ${step})${every}`;
  });
  const order = Array.from({ length: axes }, (_, i) => i);
  order.splice(at, 0, ...windows.map((_, i) => axes + i));
  const moves = order.some((axis, i) => axis !== i);
  return taken.join("") + (moves ? `.permute(${order.join(", ")})` : "");
}

const random: Rule = ({ xs, out, params, device }) => {
  const { name, low, high } = params.distribution as Distribution;
  const [x, shape, dtype] = [xs[0], tuple(out.shape), torchType(out.dtype)];
  if (name === "bernoulli") return to(`torch.bernoulli(${one(x).tensor()})`, out.dtype);
  if (name === "rand" || name === "randn") return `torch.${name}(${shape}, dtype=${dtype}${device()})`;
  if (name === "permutation") return `torch.randperm(${out.shape[0]}, dtype=${dtype}${device()})`;
  if (name === "randint") return `torch.randint(${low}, ${high}, ${shape}, dtype=${dtype}${device()})`;
  const [sums, type] = [one(x).tensor(), torchType(one(x).dtype)];
  const targets = `${sums}[..., -1:] * torch.rand(${shape}, dtype=${type}${device()})`;
  return to(`torch.searchsorted(${sums}, ${targets}, right=True)`, out.dtype);
};

const softplus: Rule = ({ xs, out, params }) => {
  const { beta, threshold } = params as { beta: number; threshold: number };
  const x = one(xs[0]).tensor(out.dtype);
  if (threshold <= 20) return `F.softplus(${x}, beta=${beta}, threshold=${threshold})`;
  // PyTorch's overflows where its threshold is above the logarithm of the largest number.
  const scaled = beta === 1 ? x : `${x} * ${beta}`;
  const smooth = `-F.logsigmoid(-${beta === 1 ? x : `(${scaled})`})${beta === 1 ? "" : ` / ${beta}`}`;
  return threshold === Number.POSITIVE_INFINITY ? smooth : `torch.where(${scaled} > ${threshold}, ${x}, ${smooth})`;
};

const transposed = (x: Operand, dtype: DType, flag: unknown): string => x.tensor(dtype) + (flag === true ? ".mT" : "");

/** One rule for each primitive; reshapes are in the operands, so they have none. */
export const rules: Readonly<Record<string, Rule>> = {
  add: arithmetic((a, b) => `${a} + ${b}`),
  sub: arithmetic((a, b) => `${a} - ${b}`),
  mul: arithmetic((a, b) => `${a} * ${b}`),
  div: arithmetic((a, b) => `${a} / ${b}`),
  pow: (call) => {
    // PyTorch has no powers of booleans.
    const [a, b] = texts(call, call.out.dtype === "bool" ? "int32" : undefined);
    return call.out.dtype === "bool" ? to(`torch.pow(${a}, ${b})`, "bool") : `torch.pow(${a}, ${b})`;
  },
  xlogy: arithmetic((a, b) => `torch.xlogy(${a}, ${b})`),
  maximum: tensors((a, b) => `torch.maximum(${a}, ${b})`),
  minimum: tensors((a, b) => `torch.minimum(${a}, ${b})`),
  logAddExp: tensors((a, b) => `torch.logaddexp(${a}, ${b})`),
  neg: tensors((x) => `-${x}`),
  abs: simple("abs"),
  sign: simple("sign"),
  exp: simple("exp"),
  expm1: simple("expm1"),
  log: simple("log"),
  log1p: simple("log1p"),
  log2: simple("log2"),
  sqrt: simple("sqrt"),
  sin: simple("sin"),
  cos: simple("cos"),
  erf: simple("erf"),
  relu: simple("relu"),
  sigmoid: simple("sigmoid"),
  tanh: simple("tanh"),
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  round: rounding("round"),
  softplus,
  eq: comparison("=="),
  ne: comparison("!="),
  lt: comparison("<"),
  le: comparison("<="),
  gt: comparison(">"),
  ge: comparison(">="),
  logicalAnd: logical("logical_and"),
  logicalOr: logical("logical_or"),
  logicalNot: logical("logical_not"),
  where: ({ xs: [condition, ...branches], out }) => {
    const [a, b] = texts({ xs: branches, out });
    return `torch.where(${one(condition).tensor()}, ${a}, ${b})`;
  },
  clamp: ({ xs, out, params: { min, max } }) => {
    const bounds = Object.entries({ min, max }).filter(
      ([, bound]) => Math.abs(Number(bound)) !== Number.POSITIVE_INFINITY,
    );
    const ends = bounds.map(([name, bound]) => `${name}=${literal(bound as Size, out.dtype)}`);
    return `${one(xs[0]).tensor(out.dtype)}.${ends.length === 0 ? "clone()" : `clamp(${ends.join(", ")})`}`;
  },
  cast: ({ xs: [x], out }) => to(one(x).tensor(), out.dtype),
  clone: ({ xs: [x] }) => `${one(x).tensor()}.clone()`,

  sum: reduction("sum", { typed: true }),
  amax: reduction("amax"),
  amin: reduction("amin"),
  logSumExp: reduction("logsumexp"),
  argmax: place("argmax"),
  argmin: place("argmin"),
  argsort: (call) => {
    const x = one(call.xs[0]).tensor();
    const [dim = 0] = dimsOf(call);
    const order = call.params.descending === true ? ", descending=True" : "";
    return to(`torch.sort(${x}, dim=${dim}${order}, stable=True).indices`, call.out.dtype);
  },
  cumsum: ({ xs, out, params: { dim, reverse } }) => {
    const x = one(xs[0]);
    if (x.shape.length === 0) return `${x.tensor(out.dtype)}.clone()`;
    const dtype = out.dtype.startsWith("float") ? "" : `, dtype=${torchType(out.dtype)}`;
    const turn = reverse === true ? `.flip(${dim})` : "";
    return `${x.tensor()}${turn}.cumsum(${dim}${dtype})${turn}`;
  },
  softmax: normalization("softmax", (x) => `torch.exp(${x})`),
  logSoftmax: normalization("log_softmax", (x) => x),

  permute: ({ xs: [x], params: { dims } }) => `${one(x).tensor()}.permute(${tuple(dims as number[])})`,
  broadcastTo: ({ xs: [x], out }) => `${one(x).tensor()}.expand(${tuple(out.shape)})`,
  slice,
  unslice,
  cat: ({ xs, out, params: { dim } }) => `torch.cat(${tuple(xs.map((x) => x.tensor(out.dtype)))}, dim=${dim})`,
  unfold: ({ xs, params }) => one(xs[0]).tensor() + windowsOf(params, one(xs[0]).shape.length),
  fold: ({ xs, out, params }) => {
    const windows = windowsOf(params, out.shape.length);
    return `fold(${one(xs[0]).tensor(out.dtype)}, ${tuple(out.shape)}, lambda x: x${windows})`;
  },

  gather: ({ xs: [x, at], params: { dim } }) =>
    `${one(x).tensor()}.gather(${dim}, ${to(one(at).tensor(), "int64" as DType)})`,
  scatterAdd: ({ xs: [x, at, source], out, params: { dim } }) => {
    const index = to(one(at).tensor(), "int64" as DType);
    return `${one(x).tensor(out.dtype)}.scatter_add(${dim}, ${index}, ${one(source).tensor(out.dtype)})`;
  },
  oneHot: ({ xs: [x], out, params: { numClasses } }) =>
    to(`F.one_hot(${to(one(x).tensor(), "int64" as DType)}, ${numClasses})`, out.dtype),
  matmul: ({ xs: [a, b], out, params: { transposeA, transposeB } }) =>
    `${transposed(one(a), out.dtype, transposeA)} @ ${transposed(one(b), out.dtype, transposeB)}`,
  random,
  ensure: ({ xs: [x] }) => `assert ${one(x).tensor()}, "a condition of ensure() does not hold"`,
};
