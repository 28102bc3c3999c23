import * as t from "@tendril/tensor";
import { ones, tensor, zeros } from "@tendril/tensor";
import { gradcheck } from "@tendril/tensor/testing";
import { wrongCallsOfFunctions } from "./wrong-calls.functions.ts";

/** A wrong call, and the whole of what it throws. */
export type WrongCall = readonly [call: () => unknown, error: string];

const int = { dtype: "int32" } as const;
const bool = { dtype: "bool" } as const;
const cyclic: unknown[] = [];
cyclic.push(cyclic);
let deep: unknown = 1;
for (let i = 0; i < 100_000; i++) deep = [deep];

/** One table of wrong calls, by op: what is wrong, with which shapes or dtypes, and what to do instead. */
export const wrongCalls: Readonly<Record<string, readonly WrongCall[]>> = {
  ...wrongCallsOfFunctions,
  unfold: [
    [
      () => t.unfold(zeros([2, 3]), 1, 4),
      "ShapeError: unfold: a window over 4 entries does not fit axis 1 of [2, 3], size 3",
    ],
    [
      () => t.unfold(zeros([5]), 0, 3, 1, { dilation: 3 }),
      "ShapeError: unfold: a window over 7 entries does not fit axis 0 of [5], size 5",
    ],
    [() => t.unfold(zeros([5]), 0, 0), "ValueError: unfold: size must be an integer ≥ 1, got 0"],
    [() => t.unfold(zeros([5]), 0, 2, 0.5), "ValueError: unfold: step must be an integer ≥ 1, got 0.5"],
    [
      () => t.unfold(zeros([5]), 0, 2, 1, { dilatation: 2 } as never),
      'ValueError: unfold: no option "dilatation"; there are dilation',
    ],
    [() => t.unfold(3, 0, 1), "ShapeError: unfold: a 0-d tensor has no axis to take windows from"],
    [
      () => t.unfold(zeros([5]), 1, 2),
      "IndexError: unfold: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  fold: [
    [
      () => t.fold(zeros([3, 2]), 0, 5),
      "ShapeError: fold: [3, 2] has 3 windows along axis 0, but 5 entries have 4 of 2",
    ],
    [() => t.fold(zeros([3]), 0, 5), "ShapeError: fold: needs an axis of windows and one of their entries, got [3]"],
    [() => t.fold(zeros([3, 2]), 0, Number.NaN), "ValueError: fold: n must be an integer ≥ 0, got NaN"],
  ],
  conv1d: [
    [
      () => t.conv1d(zeros([2, 3]), zeros([1, 2, 4])),
      "ShapeError: conv1d: a window over 4 entries does not fit axis 1 of [2, 3], size 3",
    ],
    [
      () => t.conv1d(zeros([3]), zeros([1, 1, 2])),
      "ShapeError: conv1d: takes [N, C, L] or [C, L], in which only N may be 0; got [3]",
    ],
    [
      () => t.conv1d(zeros([1, 2, 0]), zeros([1, 2, 1])),
      "ShapeError: conv1d: takes [N, C, L] or [C, L], in which only N may be 0; got [1, 2, 0]",
    ],
    [
      () => t.conv1d(zeros([1, 2, 5], bool), zeros([1, 2, 2])),
      'DTypeError: conv1d: [1, 2, 5] with weight [1, 2, 2]: bool has no products; use .to("int32")',
    ],
    [
      () => t.conv1d(zeros([1, 2, 5]), zeros([1, 2, 2]), { stride: [1, 1] }),
      "ValueError: conv1d: stride must be a number, got an array of 2",
    ],
    [
      () => t.conv1d(zeros([1, 2, 5]), zeros([1, 2, 2]), { dilation: 0 }),
      "ValueError: conv1d: dilation must be an integer ≥ 1, got 0",
    ],
  ],
  conv2d: [
    [
      () => t.conv2d(zeros([1, 3, 5, 5]), zeros([4, 2, 3, 3])),
      "ShapeError: conv2d: [1, 3, 5, 5] with weight [4, 2, 3, 3]: x has 3 channels, weight takes 2",
    ],
    [
      () => t.conv2d(zeros([1, 3, 5, 5]), zeros([4, 2, 3, 3]), { groups: 2 }),
      "ShapeError: conv2d: [1, 3, 5, 5] with weight [4, 2, 3, 3]: x has 3 channels, weight takes 4 in 2 groups",
    ],
    [
      () => t.conv2d(zeros([1, 4, 5, 5]), zeros([3, 2, 3, 3]), { groups: 2 }),
      "ShapeError: conv2d: [1, 4, 5, 5] with weight [3, 2, 3, 3]: the first axis must be a multiple of groups, 2",
    ],
    [
      () => t.conv2d(zeros([1, 4, 5, 5]), zeros([3, 4, 3])),
      "ShapeError: conv2d: [1, 4, 5, 5] with weight [3, 4, 3]: weight must be [O, C / groups, ...kernel], with 4 axes and none of size 0",
    ],
    [
      () => t.conv2d(zeros([1, 4, 5, 5]), zeros([3, 4, 0, 3])),
      "ShapeError: conv2d: [1, 4, 5, 5] with weight [3, 4, 0, 3]: weight must be [O, C / groups, ...kernel], with 4 axes and none of size 0",
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { bias: zeros([1]) }),
      "ShapeError: conv2d: [1, 1, 5, 5] with weight [3, 1, 3, 3]: bias must be [3], one for each output channel, got [1]",
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { bias: 3 as never }),
      "ValueError: conv2d: bias must be a tensor, got 3",
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { padding: "same", stride: 2 }),
      'ValueError: conv2d: padding "same" needs stride 1, got 2',
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { padding: "some" as never }),
      'ValueError: conv2d: padding must be "same", "valid" or numbers, got "some"',
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { padding: -1 }),
      "ValueError: conv2d: padding must be an integer ≥ 0, got -1",
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { stride: [1] }),
      "ValueError: conv2d: stride must be a number or one for each of 2 axes, got an array of 1",
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { stride: 0.5 }),
      "ValueError: conv2d: stride must be an integer ≥ 1, got 0.5",
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { strides: 2 } as never),
      'ValueError: conv2d: no option "strides"; did you mean "stride"?',
    ],
    [
      () => t.conv2d(zeros([1, 1, 5, 5]), zeros([3, 1, 3, 3]), { groups: Number.NaN }),
      "ValueError: conv2d: groups must be an integer ≥ 1, got NaN",
    ],
    [
      () => t.conv2d(zeros([1, 2, 2]), zeros([3, 1, 4, 2]), { padding: [0, 1] }),
      "ShapeError: conv2d: a window over 4 entries does not fit axis 1 of [1, 2, 4], size 2",
    ],
  ],
  convTranspose1d: [
    [
      () => t.convTranspose1d(zeros([1, 2, 4]), zeros([3, 1, 2])),
      "ShapeError: convTranspose1d: [1, 2, 4] with weight [3, 1, 2]: x has 2 channels, weight takes 3",
    ],
    [
      () => t.convTranspose1d(zeros([1, 2, 4]), zeros([2, 1, 2]), { outputPadding: 1 }),
      "ValueError: convTranspose1d: outputPadding 1 must be below stride 1 or dilation 1",
    ],
    [
      () => t.convTranspose1d(zeros([1, 2, 2]), zeros([2, 1, 2]), { padding: 2 }),
      "ShapeError: convTranspose1d: padding 2 leaves nothing of axis -1, of size 3",
    ],
    [
      () => t.convTranspose1d(zeros([1, 2, 2]), zeros([2, 1, 2]), { padding: "same" as never }),
      'ValueError: convTranspose1d: padding must be a number, got "same"',
    ],
    [
      () => t.convTranspose1d(zeros([1, 2, 2]), zeros([2, 1]), {}),
      "ShapeError: convTranspose1d: [1, 2, 2] with weight [2, 1]: weight must be [C, O / groups, ...kernel], with 3 axes and none of size 0",
    ],
  ],
  convTranspose2d: [
    [
      () => t.convTranspose2d(zeros([1, 3, 2, 2]), zeros([3, 1, 2, 2]), { groups: 2 }),
      "ShapeError: convTranspose2d: [1, 3, 2, 2] with weight [3, 1, 2, 2]: the first axis must be a multiple of groups, 2",
    ],
    [
      () => t.convTranspose2d(zeros([1, 2, 2, 2]), zeros([2, 3, 2, 2]), { groups: 2, bias: zeros([3]) }),
      "ShapeError: convTranspose2d: [1, 2, 2, 2] with weight [2, 3, 2, 2]: bias must be [6], one for each output channel, got [3]",
    ],
    [
      () => t.convTranspose2d(zeros([1, 2, 2, 2]), zeros([2, 3, 2, 2]), { outputPadding: -1 }),
      "ValueError: convTranspose2d: outputPadding must be an integer ≥ 0, got -1",
    ],
  ],
  maxPool1d: [
    [
      () => t.maxPool1d(zeros([2, 3]), 4),
      "ShapeError: maxPool1d: a window over 4 entries does not fit axis 1 of [2, 3], size 3",
    ],
    [
      () => t.maxPool1d(zeros([1, 2, 3]), 2, { dilation: 3 }),
      "ShapeError: maxPool1d: a window over 4 entries does not fit axis 2 of [1, 2, 3], size 3",
    ],
    [
      () => t.maxPool1d(zeros([1, 2, 3]), 3, { padding: 2 }),
      "ValueError: maxPool1d: padding 2 is more than half of size 3; use at most 1",
    ],
    [
      () => t.maxPool1d(zeros([4]), 2),
      "ShapeError: maxPool1d: takes [N, C, L] or [C, L], in which only N may be 0; got [4]",
    ],
    [
      () => t.maxPool1d(zeros([1, 2, 0]), 1),
      "ShapeError: maxPool1d: takes [N, C, L] or [C, L], in which only N may be 0; got [1, 2, 0]",
    ],
    [() => t.maxPool1d(zeros([2, 4], int), 2), 'DTypeError: maxPool1d: needs floats, got int32; use .to("float32")'],
    [
      () => t.maxPool1d(zeros([1, 2, 1]), 3, { stride: 2, ceilMode: true }),
      "ShapeError: maxPool1d: a window over 3 entries does not fit axis 2 of [1, 2, 1], size 1",
    ],
  ],
  maxPool2d: [
    [() => t.maxPool2d(zeros([1, 4, 4]), 0), "ValueError: maxPool2d: size must be an integer ≥ 1, got 0"],
    [
      () => t.maxPool2d(zeros([1, 4, 4]), [2, 2, 2]),
      "ValueError: maxPool2d: size must be a number or one for each of 2 axes, got an array of 3",
    ],
    [
      () => t.maxPool2d(zeros([1, 4, 4]), undefined as never),
      "ValueError: maxPool2d: size must be a number or one for each of 2 axes, got undefined",
    ],
    [
      () => t.maxPool2d(zeros([1, 4, 4]), 2, { ceilMode: 1 as never }),
      "ValueError: maxPool2d: ceilMode must be a boolean, got 1",
    ],
    [
      () => t.maxPool2d(zeros([1, 4, 4]), 2, { kernelSize: 2 } as never),
      'ValueError: maxPool2d: no option "kernelSize"; there are stride, padding, ceilMode, dilation',
    ],
    [
      () => t.maxPool2d(zeros([1, 4, 4]), 2, 2 as never),
      "ValueError: maxPool2d: options are an object, { stride, padding, ceilMode, dilation }; got 2",
    ],
    [
      () => t.maxPool2d(zeros([1, 4, 4]), 2, { stride: 0 }),
      "ValueError: maxPool2d: stride must be an integer ≥ 1, got 0",
    ],
  ],
  avgPool1d: [
    [
      () => t.avgPool1d(zeros([2, 3]), 4),
      "ShapeError: avgPool1d: a window over 4 entries does not fit axis 1 of [2, 3], size 3",
    ],
    [() => t.avgPool1d(zeros([2, 4], int), 2), 'DTypeError: avgPool1d: needs floats, got int32; use .to("float32")'],
    [
      () => t.avgPool1d(zeros([2, 4]), 2, { divisorOverride: 2 } as never),
      'ValueError: avgPool1d: no option "divisorOverride"; there are stride, padding, ceilMode, countIncludePad',
    ],
    [
      () => t.avgPool1d(zeros([2, 4]), 2, { dilation: 2 } as never),
      'ValueError: avgPool1d: no option "dilation"; there are stride, padding, ceilMode, countIncludePad',
    ],
  ],
  avgPool2d: [
    [
      () => t.avgPool2d(zeros([2, 4]), 2),
      "ShapeError: avgPool2d: takes [N, C, H, W] or [C, H, W], in which only N may be 0; got [2, 4]",
    ],
    [
      () => t.avgPool2d(zeros([1, 4, 4]), 2, { divisorOverride: 0 }),
      "ValueError: avgPool2d: divisorOverride must be an integer other than 0, got 0",
    ],
    [
      () => t.avgPool2d(zeros([1, 4, 4]), 2, { padding: 1.5 }),
      "ValueError: avgPool2d: padding must be an integer ≥ 0, got 1.5",
    ],
    [
      () => t.avgPool2d(zeros([1, 4, 4]), 2, { padding: [0, 2] }),
      "ValueError: avgPool2d: padding 2 is more than half of size 2; use at most 1",
    ],
  ],
  adaptiveAvgPool1d: [
    [
      () => t.adaptiveAvgPool1d(zeros([1, 2, 4]), 0),
      "ValueError: adaptiveAvgPool1d: outputSize must be an integer ≥ 1, got 0",
    ],
    [
      () => t.adaptiveAvgPool1d(zeros([1, 2, 4], int), 2),
      'DTypeError: adaptiveAvgPool1d: needs floats, got int32; use .to("float32")',
    ],
    [
      () => t.adaptiveAvgPool1d(zeros([4]), 2),
      "ShapeError: adaptiveAvgPool1d: takes [N, C, L] or [C, L], in which only N may be 0; got [4]",
    ],
  ],
  adaptiveAvgPool2d: [
    [
      () => t.adaptiveAvgPool2d(zeros([1, 4, 4]), [2]),
      "ValueError: adaptiveAvgPool2d: outputSize must be a number or one for each of 2 axes, got an array of 1",
    ],
    [
      () => t.adaptiveAvgPool2d(zeros([1, 4, 4]), [2, Number.NaN]),
      "ValueError: adaptiveAvgPool2d: outputSize must be an integer ≥ 1, got NaN",
    ],
    [
      () => t.adaptiveAvgPool2d(zeros([1, 4, 4]), undefined as never),
      "ValueError: adaptiveAvgPool2d: outputSize must be a number or one for each of 2 axes, got undefined",
    ],
  ],
  add: [
    [
      () => t.add(zeros([2, 3]), zeros([2])),
      "ShapeError: add: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
    [() => t.add(zeros([2]), [[1, 2], [3]]), "ShapeError: add: ragged array: expected length 2, got 1 at [1]"],
    [() => t.add(zeros([2]), "a" as never), 'ValueError: add: expected a number or a boolean, got "a"'],
    [
      () => t.add(zeros([2]), new Float32Array(2) as never),
      "ValueError: add: expected a number or a boolean, got a Float32Array; wrap it in tensor(…)",
    ],
    [
      () => t.add(zeros([2]), [1n] as never),
      "ValueError: add: expected a number or a boolean, got the bigint 1n at [0]",
    ],
    [
      () => t.add(zeros([2]), [zeros([])] as never),
      "ValueError: add: expected a number or a boolean, got a tensor [] at [0]; join tensors with stack",
    ],
    [() => t.add(zeros([2]), undefined as never), "ValueError: add: expected a number or a boolean, got undefined"],
    [() => zeros([2]).add({} as never), "ValueError: add: expected a number or a boolean, got an object {  }"],
  ],
  sub: [
    [
      () => t.sub(zeros([2, 3]), zeros([4, 3])),
      "ShapeError: sub: [2, 3] and [4, 3] do not broadcast: sizes 2 and 4 at axis -2 must be equal, or one of them 1",
    ],
    [
      () => t.sub(zeros([2], bool), zeros([2], bool)),
      'DTypeError: sub: bool has no arithmetic sign; cast with .to("int32") first',
    ],
  ],
  mul: [
    [
      () => t.mul(zeros([2, 3]), zeros([2])),
      "ShapeError: mul: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  div: [
    [
      () => t.div(zeros([2, 3]), zeros([2])),
      "ShapeError: div: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  maximum: [
    [
      () => t.maximum(zeros([2, 3]), zeros([2])),
      "ShapeError: maximum: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  minimum: [
    [
      () => t.minimum(zeros([2, 3]), zeros([2])),
      "ShapeError: minimum: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  xlogy: [
    [
      () => t.xlogy(zeros([2, 3]), zeros([2])),
      "ShapeError: xlogy: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  eq: [
    [
      () => t.eq(zeros([2, 3]), zeros([2])),
      "ShapeError: eq: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  ne: [
    [
      () => t.ne(zeros([2, 3]), zeros([2])),
      "ShapeError: ne: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  lt: [
    [
      () => t.lt(zeros([2, 3]), zeros([2])),
      "ShapeError: lt: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  le: [
    [
      () => t.le(zeros([2, 3]), zeros([2])),
      "ShapeError: le: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  gt: [
    [
      () => t.gt(zeros([2, 3]), zeros([2])),
      "ShapeError: gt: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  ge: [
    [
      () => t.ge(zeros([2, 3]), zeros([2])),
      "ShapeError: ge: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  logicalAnd: [
    [
      () => t.logicalAnd(zeros([2, 3]), zeros([2])),
      "ShapeError: logicalAnd: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  logicalOr: [
    [
      () => t.logicalOr(zeros([2, 3]), zeros([2])),
      "ShapeError: logicalOr: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  logicalNot: [
    [
      () => t.logicalNot([[1], 2]),
      "ShapeError: logicalNot: ragged array: expected an array of shape [1], got 2 at [1]",
    ],
  ],
  pow: [
    [
      () => t.pow(zeros([2, 3]), zeros([2])),
      "ShapeError: pow: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
    [() => t.pow(t.ones([2], int), -1), 'ValueError: pow: int32 to the power -1 is not an integer; use .to("float32")'],
    [() => t.pow(zeros([2]), 2n as never), "ValueError: pow: expected a number or a boolean, got the bigint 2n"],
  ],
  logAddExp: [
    [
      () => t.logAddExp(zeros([2, 3]), zeros([2])),
      "ShapeError: logAddExp: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  softplus: [
    [() => t.softplus(1, { beta: 0 }), "ValueError: softplus: beta must be positive, got 0"],
    [() => t.softplus(1, 3 as never), "ValueError: softplus: options are an object, { beta, threshold }; got 3"],
    [() => t.softplus(1, { threshold: "20" as never }), 'ValueError: softplus: threshold must be a number, got "20"'],
  ],
  logSigmoid: [
    [
      () => t.logSigmoid(zeros([1], bool)),
      'DTypeError: neg: bool has no arithmetic sign; cast with .to("int32") first',
    ],
  ],
  gelu: [
    [
      () => t.gelu(1, { approximate: "erf" as never }),
      'ValueError: gelu: approximate must be "none" or "tanh", got "erf"',
    ],
    [() => t.gelu(1, true as never), "ValueError: gelu: options are an object, { approximate }; got true"],
  ],
  maskedFill: [
    [
      () => t.maskedFill(zeros([2]), zeros([2]), 0),
      "DTypeError: where: the condition must be bool, got float32; compare first, as in x.ne(0)",
    ],
  ],
  prod: [
    [
      () => t.prod(zeros([2]), 1),
      "IndexError: prod: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [() => t.prod(zeros([2]), 0, null as never), "ValueError: prod: options are an object, { keepdim }; got null"],
  ],
  norm: [
    [() => t.norm(zeros([2], int)), 'DTypeError: norm: needs floats, got int32; use .to("float32")'],
    [
      () => t.norm(zeros([2]), 1),
      "IndexError: norm: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [() => t.norm(zeros([2]), 0, { p: 1 } as never), 'ValueError: norm: no option "p"; there are ord, keepdim'],
    [() => t.norm(zeros([2]), 0, { ord: Number.NaN }), "ValueError: norm: ord is a number or ±Infinity, got NaN"],
  ],
  cumsum: [
    [
      () => t.cumsum(zeros([2]), 1),
      "IndexError: cumsum: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [() => t.cumsum(zeros([2]), undefined as never), "IndexError: cumsum: an axis is an integer, got undefined"],
  ],
  softmin: [
    [
      () => t.softmin(zeros([2]), 1),
      "IndexError: softmin: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  layerNorm: [
    [() => t.layerNorm(zeros([2, 3]), 2), "ShapeError: layerNorm: the last axes of [2, 3] must be normalizedShape [2]"],
    [
      () => t.layerNorm(zeros([2, 3]), 3, { weight: zeros([2]) }),
      "ShapeError: layerNorm: weight has shape [2], normalizedShape is [3]",
    ],
    [() => t.layerNorm(zeros([2], int), 2), 'DTypeError: layerNorm: needs floats, got int32; use .to("float32")'],
    [
      () => t.layerNorm(zeros([2]), 2, { weight: [1, 1] as never }),
      "ValueError: layerNorm: weight must be a tensor, got an array of 2",
    ],
    [
      () => t.layerNorm(zeros([2]), 2, { epsilon: 1 } as never),
      'ValueError: layerNorm: no option "epsilon"; there are weight, bias, eps',
    ],
    [
      () => t.layerNorm(zeros([2]), "2" as never),
      'ShapeError: layerNorm: a shape is an array of sizes, such as [2, 3]; got "2"',
    ],
  ],
  linear: [
    [
      () => t.linear(zeros([2, 3]), zeros([4, 2])),
      "ShapeError: linear: x [2, 3] must end in the 2 of weight [4, 2], [out, in]",
    ],
    [() => t.linear(zeros([2]), zeros([2])), "ShapeError: linear: x [2] must end in the in of weight [2], [out, in]"],
    [() => t.linear(zeros([2]), zeros([3, 2]), zeros([2])), "ShapeError: linear: bias has shape [2], [out] is [3]"],
    [() => t.linear(zeros([2], int), zeros([3, 2])), 'DTypeError: linear: needs floats, got int32; use .to("float32")'],
    [() => t.linear(zeros([2]), [[1, 2]] as never), "ValueError: linear: weight must be a tensor, got an array of 1"],
  ],
  dropout: [
    [() => t.dropout(zeros([2]), { p: 1.5 }), "ValueError: dropout: p must be between 0 and 1, got 1.5"],
    [() => t.dropout(zeros([2]), { p: Number.NaN }), "ValueError: dropout: p must be between 0 and 1, got NaN"],
    [() => t.dropout(zeros([2], int)), 'DTypeError: dropout: needs floats, got int32; use .to("float32")'],
    [
      () => t.dropout(zeros([2]), 0.5 as never),
      "ValueError: dropout: options are an object, { p, training, generator }; got 0.5",
    ],
  ],
  scaledDotProductAttention: [
    [
      () => t.scaledDotProductAttention(zeros([2, 3]), zeros([2, 4]), zeros([2, 4])),
      "ShapeError: scaledDotProductAttention: query [2, 3] and key [2, 4] must be [..., L, E] and [..., S, E]",
    ],
    [
      () => t.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([2, 3])),
      "ShapeError: scaledDotProductAttention: value [2, 3] must be [..., S, D] with S = 4 keys",
    ],
    [
      () => t.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([4, 3]), { attnMask: ones([4, 2], bool) }),
      "ShapeError: scaledDotProductAttention: [4, 2] does not broadcast to [2, 4]",
    ],
    [
      () => t.scaledDotProductAttention(zeros([2, 3]), zeros([4, 3]), zeros([4, 3]), { attnMask: ones([2, 4], int) }),
      "DTypeError: scaledDotProductAttention: attnMask must be bool, or floats to be added; got int32; compare first, as in .ne(0)",
    ],
    [
      () => t.scaledDotProductAttention(zeros([2, 3], int), zeros([4, 3]), zeros([4, 3])),
      'DTypeError: scaledDotProductAttention: needs floats, got int32; use .to("float32")',
    ],
    [
      () => t.scaledDotProductAttention(zeros([1, 1]), zeros([1, 1]), zeros([1, 1]), { dropoutP: 2 }),
      "ValueError: dropout: p must be between 0 and 1, got 2",
    ],
  ],
  attentionWeights: [
    [
      () => t.attentionWeights(zeros([3]), zeros([2, 3])),
      "ShapeError: attentionWeights: query [3] and key [2, 3] must be [..., L, E] and [..., S, E]",
    ],
    [
      () => t.attentionWeights(zeros([1, 1]), zeros([1, 1]), { isCausal: true, attnMask: ones([1, 1], bool) }),
      "ValueError: attentionWeights: give attnMask or isCausal, not both",
    ],
    [
      () => t.attentionWeights(zeros([1, 1]), zeros([1, 1]), { attnMask: [[true]] as never }),
      "ValueError: attentionWeights: attnMask must be a tensor, got an array of 1",
    ],
    [
      () => t.attentionWeights(zeros([1, 1]), zeros([1, 1]), { causal: true } as never),
      'ValueError: attentionWeights: no option "causal"; there are attnMask, isCausal, scale, dropoutP, generator',
    ],
  ],
  batchNorm: [
    [
      () => t.batchNorm(zeros([2, 3])),
      "ValueError: batchNorm: needs runningMean and runningVar, unless training is true",
    ],
    [
      () => t.batchNorm(zeros([2]), { training: true }),
      "ShapeError: batchNorm: needs [N, C, ...], got [2]; use unsqueeze to make it a batch",
    ],
    [
      () => t.batchNorm(zeros([1, 3]), { training: true }),
      "ShapeError: batchNorm: [1, 3] has one value per channel, which has no variance; use a larger batch, or model.eval()",
    ],
    [
      () => t.batchNorm(zeros([2, 3]), { training: true, weight: ones([2]) }),
      "ShapeError: batchNorm: weight has shape [2], [C] is [3]",
    ],
    [
      () => t.batchNorm(zeros([2, 3]), { training: true, momentum: "0.1" as never }),
      'ValueError: batchNorm: momentum must be a number or a tensor, got "0.1"',
    ],
    [
      () => t.batchNorm(zeros([2, 3], int), { training: true }),
      'DTypeError: batchNorm: needs floats, got int32; use .to("float32")',
    ],
  ],
  groupNorm: [
    [() => t.groupNorm(zeros([2, 3]), 2), "ShapeError: groupNorm: 3 channels must be a multiple of numGroups, 2"],
    [() => t.groupNorm(zeros([2, 3]), 0), "ValueError: groupNorm: numGroups must be an integer ≥ 1, got 0"],
    [
      () => t.groupNorm(zeros([2, 4]), 2, { weight: ones([2]) }),
      "ShapeError: groupNorm: weight has shape [2], [C] is [4]",
    ],
    [
      () => t.groupNorm(zeros([2, 4]), 2, 1e-5 as never),
      "ValueError: groupNorm: options are an object, { weight, bias, eps }; got 0.00001",
    ],
  ],
  rmsNorm: [
    [() => t.rmsNorm(zeros([2, 3]), 2), "ShapeError: rmsNorm: the last axes of [2, 3] must be normalizedShape [2]"],
    [
      () => t.rmsNorm(zeros([2, 3]), 3, { weight: ones([2]) }),
      "ShapeError: rmsNorm: weight has shape [2], normalizedShape is [3]",
    ],
    [() => t.rmsNorm(zeros([2], int), 2), 'DTypeError: rmsNorm: needs floats, got int32; use .to("float32")'],
  ],
  normalize: [
    [
      () => t.normalize(zeros([2])),
      "IndexError: normalize: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [() => t.normalize(zeros([2, 2], int)), 'DTypeError: normalize: needs floats, got int32; use .to("float32")'],
    [
      () => t.normalize(zeros([2, 2]), { ord: 1 } as never),
      'ValueError: normalize: no option "ord"; there are p, dim, eps',
    ],
  ],
  cosineSimilarity: [
    [
      () => t.cosineSimilarity(zeros([2, 3]), zeros([2, 2])),
      "ShapeError: cosineSimilarity: [2, 3] and [2, 2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
    [
      () => t.cosineSimilarity(zeros([2]), zeros([2])),
      "IndexError: cosineSimilarity: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [
      () => t.cosineSimilarity(zeros([2, 2], int), zeros([2, 2])),
      'DTypeError: cosineSimilarity: needs floats, got int32; use .to("float32")',
    ],
  ],
  expand: [
    [() => t.expand(zeros([2]), [3]), "ShapeError: expand: [2] does not broadcast to [3]"],
    [() => t.expand(zeros([2]), 2 as never), "ShapeError: expand: a shape is an array of sizes, such as [2, 3]; got 2"],
  ],
  repeat: [
    [() => t.repeat(zeros([2, 2]), [2]), "ShapeError: repeat: [2] has fewer counts than [2, 2] axes"],
    [() => t.repeat(zeros([2]), 3 as never), "ShapeError: repeat: a shape is an array of sizes, such as [2, 3]; got 3"],
  ],
  flip: [
    [
      () => t.flip(zeros([2]), 1),
      "IndexError: flip: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [() => t.flip(zeros([2]), "0" as never), 'IndexError: flip: axes are an integer or an array of integers, got "0"'],
  ],
  pad: [
    [() => t.pad(zeros([2, 2]), [[0, 1]]), "ShapeError: pad: [2, 2] needs one [before, after] for each of its 2 axes"],
    [() => t.pad(zeros([2]), [[-1, -2]]), "ShapeError: pad: cuts more off [2] than there is"],
    [() => t.pad(zeros([2]), [1, 1] as never), "ShapeError: pad: [2] needs one [before, after] for each of its 1 axes"],
    [() => t.pad(zeros([2]), [[1, 1]], 5 as never), "ValueError: pad: options are an object, { value }; got 5"],
    [
      () => t.pad(zeros([2]), undefined as never),
      "ShapeError: pad: [2] needs one [before, after] for each of its 1 axes",
    ],
  ],
  tril: [
    [() => t.tril(zeros([2])), "ShapeError: tril: needs a matrix, got shape [2]"],
    [() => t.tril(zeros([2, 2]), -1 as never), "ValueError: tril: options are an object, { diagonal }; got -1"],
    [() => t.tril(zeros([2, 2]), { diagonal: 0.5 }), "ValueError: tril: diagonal must be an integer, got 0.5"],
  ],
  triu: [
    [() => t.triu(1), "ShapeError: triu: needs a matrix, got shape []"],
    [() => t.triu(zeros([2, 2]), { k: 1 } as never), 'ValueError: triu: no option "k"; there are diagonal'],
  ],
  split: [
    [() => t.split(zeros([3]), [1, 1]), "ShapeError: split: sizes [1, 1] add up to 2, not to axis 0's 3"],
    [() => t.split(zeros([3]), 0), "ValueError: split: the size of parts must be an integer ≥ 1, got 0"],
    [() => t.split(1, 1), "ShapeError: narrow: a 0-d tensor has no axes to choose from"],
    [() => t.split(zeros([3]), 1e-9), "ValueError: split: the size of parts must be an integer ≥ 1, got 1e-9"],
    [() => t.split(zeros([3]), "1" as never), 'ValueError: split: the size of parts must be an integer ≥ 1, got "1"'],
    [
      () => t.split(zeros([3]), [1.5, 1.5]),
      "ShapeError: split: shape [1.5, 1.5] has a size that is not a non-negative integer",
    ],
  ],
  chunk: [
    [() => t.chunk(zeros([3]), 0), "ValueError: chunk: the number of chunks must be an integer ≥ 1, got 0"],
    [
      () => t.chunk(zeros([0]), 1e9),
      "ValueError: chunk: 1000000000 chunks of an axis of size 0; ask for at most 1048576",
    ],
    [() => t.chunk(zeros([3]), 1.5), "ValueError: chunk: the number of chunks must be an integer ≥ 1, got 1.5"],
  ],
  select: [
    [() => t.select(zeros([2]), 0, 2), "IndexError: slice: index 2 is out of range for axis 0 of size 2"],
    [() => t.select(1, 0, 0), "ShapeError: select: a 0-d tensor has no axes to choose from"],
    [() => t.select(zeros([2]), 0, [0] as never), "ValueError: select: index must be an integer, got an array of 1"],
  ],
  narrow: [
    [() => t.narrow(zeros([2]), 0, 1, 2), "ValueError: narrow: 2 entries from 1 do not fit into axis 0 of size 2"],
    [() => t.narrow(zeros([2]), 0, 0.5, 1), "ValueError: narrow: start must be an integer, got 0.5"],
    [() => t.narrow(zeros([2]), 0, 0, "1" as never), 'ValueError: narrow: length must be an integer, got "1"'],
  ],
  embedding: [
    [() => t.embedding(zeros([3]), [0]), "ShapeError: embedding: weight must be [V, D], got shape [3]"],
    [() => t.embedding(zeros([3, 2]), [3]), "IndexError: embedding: index 3 is out of range for size 3"],
    [
      () => t.embedding(zeros([3, 2]), [0.5]),
      'DTypeError: embedding: indices must be int32, got float32; use .to("int32")',
    ],
  ],
  dot: [
    [() => t.dot(zeros([2]), zeros([3])), "ShapeError: matmul: [2] @ [3]: inner sizes 2 and 3 differ"],
    [() => t.dot(zeros([2, 2]), zeros([2])), "ShapeError: dot: needs two vectors, got [2, 2] and [2]"],
  ],
  outer: [[() => t.outer(zeros([2, 2]), zeros([2])), "ShapeError: outer: needs two vectors, got [2, 2] and [2]"]],
  neg: [[() => t.neg(zeros([2], bool)), 'DTypeError: neg: bool has no arithmetic sign; cast with .to("int32") first']],
  abs: [[() => t.abs(zeros([2], bool)), 'DTypeError: abs: bool has no arithmetic sign; cast with .to("int32") first']],
  relu: [
    [() => t.relu(zeros([2], bool)), 'DTypeError: relu: bool has no arithmetic sign; cast with .to("int32") first'],
  ],
  where: [
    [
      () => t.where(zeros([2]), 1, 2),
      "DTypeError: where: the condition must be bool, got float32; compare first, as in x.ne(0)",
    ],
    [
      () => t.where(zeros([2], bool), zeros([3]), 0),
      "ShapeError: where: [2] and [3] do not broadcast: sizes 2 and 3 at axis -1 must be equal, or one of them 1",
    ],
  ],
  clamp: [
    [() => t.clamp(zeros([2]), {}), "ValueError: clamp: give min, max or both"],
    [() => t.clamp(zeros([2]), undefined as never), "ValueError: clamp: give min, max or both"],
    [
      () => t.clamp(zeros([2]), { min: tensor(0) as never }),
      "ValueError: clamp: bounds are numbers, got a tensor []; use maximum and minimum for tensors",
    ],
    [() => t.clamp(zeros([2]), 0 as never), "ValueError: clamp: options are an object, { min, max }; got 0"],
    [() => t.clamp(zeros([2]), { low: 0 } as never), 'ValueError: clamp: no option "low"; there are min, max'],
  ],
  cast: [
    [
      () => t.cast(zeros([2]), "float16" as never),
      'DTypeError: to: unknown dtype "float16"; there are bool, int32, float32, float64',
    ],
    [
      () => t.cast(zeros([2]), "toString" as never),
      'DTypeError: to: unknown dtype "toString"; there are bool, int32, float32, float64',
    ],
    [
      () => zeros([2]).to(undefined as never),
      "DTypeError: to: unknown dtype undefined; there are bool, int32, float32, float64",
    ],
  ],
  sum: [
    [
      () => t.sum(zeros([2, 3]), 2),
      "IndexError: sum: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [() => t.sum(zeros([2, 3]), [0, -2]), "IndexError: sum: axes [0, -2] name one axis twice"],
    [
      () => t.sum(zeros([2]), 0, { keepDim: true } as never),
      'ValueError: sum: no option "keepDim"; did you mean "keepdim"?',
    ],
    [() => t.sum(zeros([2]), 0, true as never), "ValueError: sum: options are an object, { keepdim }; got true"],
    [
      () => t.sum(zeros([2]), { dim: 0 } as never),
      "IndexError: sum: axes are an integer or an array of integers, got an object { dim }",
    ],
    [() => t.sum(zeros([2]), null as never), "IndexError: sum: axes are an integer or an array of integers, got null"],
    [
      () => t.sum(zeros([2]), 0, JSON.parse('{"__proto__": 1}')),
      'ValueError: sum: no option "__proto__"; there are keepdim',
    ],
    [
      () => t.sum(zeros([2]), 0, { constructor: 1 } as never),
      'ValueError: sum: no option "constructor"; there are keepdim',
    ],
    [() => t.sum(zeros([2]), "0" as never), 'IndexError: sum: axes are an integer or an array of integers, got "0"'],
    [() => t.sum(zeros([2]), ["0"] as never), 'IndexError: sum: an axis is an integer, got "0"'],
    [() => zeros([2, 2]).sum(0, 1 as never), "ValueError: sum: options are an object, { keepdim }; got 1"],
  ],
  mean: [
    [() => t.mean(zeros([2], int)), 'DTypeError: mean: needs floats, got int32; use .to("float32")'],
    [
      () => t.mean(zeros([2]), 1),
      "IndexError: mean: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [
      () => t.mean(zeros([2]), { dim: 0 } as never),
      "IndexError: mean: axes are an integer or an array of integers, got an object { dim }",
    ],
    [() => t.mean(zeros([2]), 0, true as never), "ValueError: mean: options are an object, { keepdim }; got true"],
  ],
  amax: [
    [() => t.amax(zeros([0, 3]), 0), "ShapeError: amax: shape [0, 3] has no elements along axes [0]"],
    [
      () => t.amax(zeros([2]), 1),
      "IndexError: amax: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [() => t.amax(zeros([2]), 0, { keepdim: 1 as never }), "ValueError: amax: keepdim must be a boolean, got 1"],
  ],
  amin: [[() => t.amin(zeros([0])), "ShapeError: amin: shape [0] has no elements along axes [0]"]],
  argmax: [
    [() => t.argmax(zeros([0])), "ShapeError: argmax: shape [0] has no elements along axes [0]"],
    [() => t.argmax(zeros([2]), 0.5), "IndexError: argmax: an axis is an integer, got 0.5"],
    [() => t.argmax(zeros([2, 2]), [0, 1] as never), "IndexError: argmax: an axis is an integer, got an array of 2"],
    [
      () => t.argmax(zeros([2]), undefined, { keep_dim: true } as never),
      'ValueError: argmax: no option "keep_dim"; did you mean "keepdim"?',
    ],
  ],
  argmin: [
    [
      () => t.argmin(zeros([2]), 1),
      "IndexError: argmin: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  any: [
    [() => t.any(zeros([2]), 1), "IndexError: any: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0"],
    [() => t.any(zeros([2]), 0, { dtype: 1 } as never), 'ValueError: any: no option "dtype"; there are keepdim'],
  ],
  all: [
    [
      () => t.all(zeros([2]), -2),
      "IndexError: all: axis -2 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [() => t.all(zeros([2]), 0, true as never), "ValueError: all: options are an object, { keepdim }; got true"],
  ],
  variance: [
    [() => t.variance(zeros([2], int)), 'DTypeError: variance: needs floats, got int32; use .to("float32")'],
    [
      () => t.variance(zeros([2]), 1),
      "IndexError: variance: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [
      () => t.variance(zeros([2]), 0, { unbiased: true } as never),
      'ValueError: variance: no option "unbiased"; there are correction, keepdim',
    ],
  ],
  std: [
    [() => t.std(zeros([2], bool)), 'DTypeError: std: needs floats, got bool; use .to("float32")'],
    [() => t.std(zeros([2]), 1), "IndexError: std: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0"],
    [
      () => t.std(zeros([2]), 0, { keepDim: true } as never),
      'ValueError: std: no option "keepDim"; did you mean "keepdim"?',
    ],
  ],
  logSumExp: [
    [
      () => t.logSumExp(zeros([2]), 1),
      "IndexError: logSumExp: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [
      () => t.logSumExp(zeros([2]), { dim: 0 } as never),
      "IndexError: logSumExp: axes are an integer or an array of integers, got an object { dim }",
    ],
  ],
  softmax: [
    [
      () => t.softmax(zeros([2]), 1),
      "IndexError: softmax: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [
      () => t.softmax(zeros([2]), { dim: 0 } as never),
      "IndexError: softmax: an axis is an integer, got an object { dim }",
    ],
    [() => t.softmax(zeros([2, 2]), [0, 1] as never), "IndexError: softmax: an axis is an integer, got an array of 2"],
  ],
  logSoftmax: [
    [
      () => t.logSoftmax(zeros([2, 2]), -3),
      "IndexError: logSoftmax: axis -3 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
  ],
  reshape: [
    [() => t.reshape(zeros([2, 3]), [4]), "ShapeError: reshape: [2, 3] has 6 elements, [4] has 4"],
    [
      () => t.reshape(zeros([2, 3]), [-1, 4]),
      "ShapeError: reshape: no size for −1 makes [-1, 4] hold the 6 elements of [2, 3]",
    ],
    [
      () => t.reshape(zeros([2, 3]), [-1, -1]),
      "ShapeError: reshape: [-1, -1] has more than one −1; give all sizes but one",
    ],
    [
      () => t.reshape(zeros([0]), [-1, 0]),
      "ShapeError: reshape: no size for −1 makes [-1, 0] hold the 0 elements of [0]",
    ],
    [
      () => t.reshape(zeros([2, 3]), [2.5, 2]),
      "ShapeError: reshape: shape [2.5, 2] has a size that is not a non-negative integer",
    ],
    [
      () => t.reshape(zeros([2]), 2 as never),
      "ShapeError: reshape: a shape is an array of sizes, such as [2, 3]; got 2",
    ],
    [
      () => t.reshape(zeros([2]), "2" as never),
      'ShapeError: reshape: a shape is an array of sizes, such as [2, 3]; got "2"',
    ],
    [() => zeros([6]).reshape(2 as never), "ShapeError: reshape: a shape is an array of sizes, such as [2, 3]; got 2"],
  ],
  flatten: [
    [() => t.flatten(zeros([2, 3]), 1, 0), "ShapeError: flatten: startDim 1 comes after endDim 0"],
    [
      () => t.flatten(zeros([2, 3]), 2),
      "IndexError: flatten: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [
      () => t.flatten(zeros([2]), { startDim: 0 } as never),
      "IndexError: flatten: an axis is an integer, got an object { startDim }",
    ],
  ],
  transpose: [
    [
      () => t.transpose(zeros([2, 3]), 0, 2),
      "IndexError: transpose: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [
      () => t.transpose(zeros([2, 3]), 0, undefined as never),
      "IndexError: transpose: an axis is an integer, got undefined",
    ],
  ],
  permute: [
    [
      () => t.permute(zeros([2, 3]), [0, 0]),
      "ShapeError: permute: [0, 0] does not name each of the 2 axes of [2, 3] once",
    ],
    [() => t.permute(zeros([2, 3]), [0]), "ShapeError: permute: [0] does not name each of the 2 axes of [2, 3] once"],
    [
      () => zeros([2, 3]).permute(1 as never),
      "IndexError: permute: takes an array of axes, as in permute([1, 0]); got 1",
    ],
    [() => t.permute(zeros([2, 3]), [1, 0.5]), "IndexError: permute: an axis is an integer, got 0.5"],
  ],
  T: [
    [() => zeros([2]).T, "ShapeError: T: needs a matrix, got shape [2]; use mT for a batch of matrices, or permute"],
    [
      () => zeros([2, 2, 2]).T,
      "ShapeError: T: needs a matrix, got shape [2, 2, 2]; use mT for a batch of matrices, or permute",
    ],
  ],
  mT: [[() => zeros([2]).mT, "ShapeError: mT: needs a matrix, got shape [2]; use unsqueeze to make it one"]],
  broadcastTo: [
    [() => t.broadcastTo(zeros([2, 3]), [3, 2]), "ShapeError: broadcastTo: [2, 3] does not broadcast to [3, 2]"],
    [
      () => t.broadcastTo(zeros([3]), [-1, 3]),
      "ShapeError: broadcastTo: shape [-1, 3] has a size that is not a non-negative integer",
    ],
    [
      () => t.broadcastTo(zeros([2]), 2 as never),
      "ShapeError: broadcastTo: a shape is an array of sizes, such as [2, 3]; got 2",
    ],
  ],
  squeeze: [
    [
      () => t.squeeze(zeros([2]), 1),
      "IndexError: squeeze: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [
      () => t.squeeze(zeros([1]), null as never),
      "IndexError: squeeze: axes are an integer or an array of integers, got null",
    ],
  ],
  unsqueeze: [
    [
      () => t.unsqueeze(zeros([2]), 2),
      "IndexError: unsqueeze: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
  ],
  cat: [
    [() => t.cat([]), "ShapeError: cat: needs at least one tensor"],
    [
      () => t.cat([zeros([2, 3]), zeros([2, 2])]),
      "ShapeError: cat: input 1 has shape [2, 2], input 0 has [2, 3]; all sizes but axis 0's must agree",
    ],
    [() => t.cat([1, 2]), "ShapeError: cat: 0-d tensors have no axis to join along; use stack"],
    [
      () => t.cat([zeros([2]), zeros([2])], 1),
      "IndexError: cat: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [
      () => t.cat(zeros([2]) as never, zeros([2]) as never),
      "ValueError: cat: takes an array of tensors, as in cat([a, b]); got a tensor [2]",
    ],
    [() => t.cat(undefined as never), "ValueError: cat: takes an array of tensors, as in cat([a, b]); got undefined"],
    [() => t.cat([zeros([2])], "0" as never), 'IndexError: cat: an axis is an integer, got "0"'],
  ],
  stack: [
    [() => t.stack([]), "ShapeError: stack: needs at least one tensor"],
    [
      () => t.stack([zeros([2]), zeros([3])]),
      "ShapeError: stack: input 1 has shape [3], input 0 has [2]; they must agree",
    ],
    [
      () => t.stack([zeros([2])], 2),
      "IndexError: stack: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [
      () => t.stack(zeros([2]) as never),
      "ValueError: stack: takes an array of tensors, as in stack([a, b]); got a tensor [2]",
    ],
  ],
  slice: [
    [() => t.slice(zeros([2, 3]), 2), "IndexError: slice: index 2 is out of range for axis 0 of size 2"],
    [() => t.slice(zeros([2]), [], []), "IndexError: slice: 2 ranges for the 1 axes of [2]"],
    [() => t.slice(zeros([2]), [0, 1, 0]), "IndexError: slice: the step at axis 0 is 0"],
    [() => t.slice(zeros([2]), [0.5]), "IndexError: slice: 0.5 at axis 0 is not an integer"],
    [
      () => zeros([2]).slice(null as never),
      "IndexError: slice: axis 0 takes an index or [start, stop, step], got null",
    ],
    [
      () => zeros([2]).slice({ start: 0 } as never),
      "IndexError: slice: axis 0 takes an index or [start, stop, step], got an object { start }",
    ],
    [
      () => zeros([2]).slice([0, 1, 1, 1] as never),
      "IndexError: slice: axis 0 takes an index or [start, stop, step], got an array of 4",
    ],
    [() => zeros([2]).slice(["0"] as never), 'IndexError: slice: "0" at axis 0 is not an integer'],
  ],
  gather: [
    [
      () => t.gather(zeros([2, 3]), 1, zeros([2, 3])),
      'DTypeError: gather: indices must be int32, got float32; use .to("int32")',
    ],
    [
      () => t.gather(zeros([2, 3]), 1, [0]),
      "ShapeError: gather: [2, 3] with indices [1] along axis 1: indices must have as many axes, and only axis 1 may be longer",
    ],
    [() => t.gather(zeros([2, 3]), 1, [[3]]), "IndexError: gather: index 3 is out of range for size 3"],
    [() => t.gather(zeros([2, 3]), 1, [[-1]]), "IndexError: gather: index -1 is out of range for size 3"],
    [
      () => t.gather(zeros([2]), 1, [0]),
      "IndexError: gather: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
    [
      () => t.gather(zeros([2, 3]), undefined as never, [[0]]),
      "IndexError: gather: an axis is an integer, got undefined",
    ],
  ],
  scatterAdd: [
    [
      () => t.scatterAdd(zeros([3]), 0, [0, 1], zeros([3])),
      "ShapeError: scatterAdd: indices [2] and source [3] must have one shape",
    ],
    [() => t.scatterAdd(zeros([3]), 0, [3], [1]), "IndexError: scatterAdd: index 3 is out of range for size 3"],
    [
      () => t.scatterAdd(zeros([3]), 0, [0.5], [1]),
      'DTypeError: scatterAdd: indices must be int32, got float32; use .to("int32")',
    ],
  ],
  indexSelect: [
    [() => t.indexSelect(zeros([2, 3]), 0, [[0]]), "ShapeError: indexSelect: indices must be 1-d, got shape [1, 1]"],
    [() => t.indexSelect(zeros([2, 3]), 0, [2]), "IndexError: indexSelect: index 2 is out of range for size 2"],
    [
      () => t.indexSelect(zeros([2, 3]), 2, [0]),
      "IndexError: indexSelect: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [
      () => t.indexSelect(zeros([2, 3]), 0, [0.5]),
      'DTypeError: indexSelect: indices must be int32, got float32; use .to("int32")',
    ],
  ],
  oneHot: [
    [() => t.oneHot([0, 3], 3), "IndexError: oneHot: index 3 is out of range for size 3"],
    [() => t.oneHot(zeros([2])), 'DTypeError: oneHot: indices must be int32, got float32; use .to("int32")'],
    [
      () => t.oneHot(zeros([0], int)),
      "ValueError: oneHot: there are no indices to find numClasses from; give numClasses",
    ],
    [() => t.oneHot([0], 0), "ValueError: oneHot: numClasses must be an integer ≥ 1, got 0"],
    [() => t.oneHot([-1]), "IndexError: oneHot: index -1 is out of range for size 1"],
    [
      () => t.oneHot([0], { dtype: "float32" } as never),
      "ValueError: oneHot: numClasses must be an integer ≥ 1, got an object { dtype }",
    ],
    [
      () => t.oneHot([0], 2, { dtype: "float16" as never }),
      'DTypeError: oneHot: unknown dtype "float16"; there are bool, int32, float32, float64',
    ],
    [() => t.oneHot([0], 2, { numClasses: 2 } as never), 'ValueError: oneHot: no option "numClasses"; there are dtype'],
  ],
  matmul: [
    [
      () => t.matmul(zeros([2, 3]), zeros([2, 3])),
      "ShapeError: matmul: [2, 3] @ [2, 3]: inner sizes 3 and 2 differ; did you mean a.matmul(b.T)?",
    ],
    [
      () => t.matmul(zeros([5, 2, 3]), zeros([5, 2, 3])),
      "ShapeError: matmul: [5, 2, 3] @ [5, 2, 3]: inner sizes 3 and 2 differ; did you mean a.matmul(b.mT)?",
    ],
    [() => t.matmul(zeros([2, 3]), zeros([4, 5])), "ShapeError: matmul: [2, 3] @ [4, 5]: inner sizes 3 and 4 differ"],
    [
      () => t.matmul(zeros([2, 3]), zeros([2, 3]), { transposeA: true, transposeB: true }),
      "ShapeError: matmul: [2, 3].mT @ [2, 3].mT: inner sizes 2 and 3 differ",
    ],
    [
      () => t.matmul(zeros([2, 3, 4]), zeros([3, 4, 5])),
      "ShapeError: matmul: batches: [2] and [3] do not broadcast: sizes 2 and 3 at axis -1 must be equal, or one of them 1",
    ],
    [() => t.matmul(zeros([3]), zeros([2])), "ShapeError: matmul: [3] @ [2]: inner sizes 3 and 2 differ"],
    [() => t.matmul(zeros([2, 3]), zeros([2])), "ShapeError: matmul: [2, 3] @ [2]: inner sizes 3 and 2 differ"],
    [() => t.matmul(2, zeros([2])), "ShapeError: matmul: [] @ [2]: takes vectors and matrices, not a number; use mul"],
    [
      () => t.matmul(zeros([2]), zeros([2, 3]), { transposeA: true }),
      "ShapeError: matmul: [2].mT @ [2, 3]: a vector has no transpose; leave out the option",
    ],
    [
      () => t.matmul(zeros([2, 2], bool), zeros([2, 2], bool)),
      'DTypeError: matmul: [2, 2] @ [2, 2]: bool has no products; use .to("int32")',
    ],
    [
      () => t.matmul(zeros([2, 2]), zeros([2, 2]), { transpose_b: true } as never),
      'ValueError: matmul: no option "transpose_b"; did you mean "transposeB"?',
    ],
    [
      () => t.matmul(zeros([2, 2]), zeros([2, 2]), true as never),
      "ValueError: matmul: options are an object, { transposeA, transposeB }; got true",
    ],
    [
      () => t.matmul(zeros([2, 2]), zeros([2, 2]), { transposeA: 1 as never }),
      "ValueError: matmul: transposeA must be a boolean, got 1",
    ],
  ],
  tensor: [
    [() => t.tensor([[1], [2, 3]]), "ShapeError: tensor: ragged array: expected length 1, got 2 at [1]"],
    [() => t.tensor([[1], 2]), "ShapeError: tensor: ragged array: expected an array of shape [1], got 2 at [1]"],
    [() => t.tensor([1, [2]]), "ShapeError: tensor: ragged array: expected a number, got an array at [1]"],
    [() => t.tensor([1, 2, 3], { shape: [2] }), "ShapeError: tensor: 3 values do not fill shape [2], which has 2"],
    [
      () => t.tensor([1], { dtype: "int64" as never }),
      'DTypeError: tensor: unknown dtype "int64"; there are bool, int32, float32, float64',
    ],
    [() => t.tensor(null as never), "ValueError: tensor: expected numbers or arrays of them, got null"],
    [() => t.tensor("1" as never), 'ValueError: tensor: expected a number or a boolean, got "1"'],
    [() => t.tensor([1, null as never]), "ValueError: tensor: expected a number or a boolean, got null at [1]"],
    [
      () =>
        t.tensor([
          [1, 2, 3],
          [4, "5" as never, 6],
        ]),
      'ValueError: tensor: expected a number or a boolean, got "5" at [1, 1]; use Number(text)',
    ],
    [() => t.tensor([[], [1]]), "ShapeError: tensor: ragged array: expected length 0, got 1"],
    [() => t.tensor([[[1, 2]], [[3]]]), "ShapeError: tensor: ragged array: expected length 2, got 1 at [1, 0]"],
    [
      () => t.tensor([1], { dtype: "int32", requiresGrad: true }),
      'GradError: requiresGrad: only floats have gradients, this is int32; use .to("float32")',
    ],
    [
      () => t.tensor([1], { requires_grad: true } as never),
      'ValueError: tensor: no option "requires_grad"; did you mean "requiresGrad"?',
    ],
    [
      () => t.tensor([1], { requiresGrad: "yes" as never }),
      'ValueError: tensor: requiresGrad must be a boolean, got "yes"',
    ],
    [
      () => t.tensor([1], "int32" as never),
      'ValueError: tensor: options are an object, { shape, dtype, requiresGrad }; got "int32"',
    ],
    [() => t.tensor([1n] as never), "ValueError: tensor: expected a number or a boolean, got the bigint 1n at [0]"],
    [
      () => t.tensor(new BigInt64Array(2) as never),
      "DTypeError: tensor: a BigInt64Array has no dtype here; copy its elements into a Float64Array or an Int32Array",
    ],
    [
      () => t.tensor(new DataView(new ArrayBuffer(2)) as never),
      "DTypeError: tensor: a DataView has no dtype here; copy its elements into a Float64Array or an Int32Array",
    ],
    [
      () => t.tensor(new ArrayBuffer(2) as never),
      "ValueError: tensor: expected a number or a boolean, got a ArrayBuffer",
    ],
    [
      () => t.tensor([zeros([2])] as never),
      "ValueError: tensor: expected a number or a boolean, got a tensor [2] at [0]; join tensors with stack",
    ],
    [
      () => t.tensor([new Float32Array(2)] as never),
      "ValueError: tensor: expected a number or a boolean, got a Float32Array at [0]; wrap it in tensor(…)",
    ],
    [
      () => t.tensor(cyclic as never),
      "ShapeError: tensor: an array that contains itself, or is nested more than 64 deep",
    ],
    [
      () => t.tensor(deep as never),
      "ShapeError: tensor: an array that contains itself, or is nested more than 64 deep",
    ],
    [
      () => t.tensor([1, 2], { shape: 2 as never }),
      "ShapeError: tensor: a shape is an array of sizes, such as [2, 3]; got 2",
    ],
  ],
  zeros: [
    [() => zeros([-1]), "ShapeError: zeros: shape [-1] has a size that is not a non-negative integer"],
    [() => zeros(3 as never), "ShapeError: zeros: a shape is an array of sizes, such as [2, 3]; got 3"],
    [
      () => zeros([1e6, 1e6]),
      "ShapeError: zeros: shape [1000000, 1000000] has more elements than a tensor can hold, 2147483647",
    ],
    [() => t.zeros(2 as never, 3 as never), "ValueError: zeros: options are an object, { dtype, requiresGrad }; got 3"],
    [
      () => t.zeros([2], int.dtype as never),
      'ValueError: zeros: options are an object, { dtype, requiresGrad }; got "int32"',
    ],
    [
      () => t.zeros([2 ** 31]),
      "ShapeError: zeros: shape [2147483648] has more elements than a tensor can hold, 2147483647",
    ],
    [
      () => t.zeros(undefined as never),
      "ShapeError: zeros: a shape is an array of sizes, such as [2, 3]; got undefined",
    ],
  ],
  noGrad: [
    [
      () => t.noGrad(async () => 1),
      "GradError: noGrad: the function returned a promise, and recording would be switched back before it settles; pass a synchronous function",
    ],
    [() => t.noGrad(zeros([2]) as never), "ValueError: noGrad: needs a function, got a tensor [2]"],
  ],
  full: [
    [() => t.full([1.5], 2), "ShapeError: full: shape [1.5] has a size that is not a non-negative integer"],
    [() => t.full([2], "3" as never), 'ValueError: full: value must be a number, got "3"'],
    [() => t.full([2], tensor(1) as never), "ValueError: full: value must be a number, got a tensor []"],
  ],
  arange: [
    [() => t.arange(0, 1, 0), "ValueError: arange: from 0 to 1 in steps of 0 does not end"],
    [() => t.arange(0, 1, -1), "ValueError: arange: steps of -1 do not lead from 0 to 1"],
    [() => t.arange(Number.NaN), "ValueError: arange: from 0 to NaN in steps of 1 does not end"],
    [
      () => t.arange(5, { dtype: "int32" } as never),
      "ValueError: arange: stop must be a number, got an object { dtype }",
    ],
    [
      () => t.arange(2 ** 40),
      "ShapeError: arange: shape [1099511627776] has more elements than a tensor can hold, 2147483647",
    ],
  ],
  linspace: [
    [() => t.linspace(0, 1, -1), "ShapeError: linspace: shape [-1] has a size that is not a non-negative integer"],
    [() => t.linspace(0, 1, undefined as never), "ValueError: linspace: steps must be a number, got undefined"],
  ],
  eye: [
    [() => t.eye(-1), "ShapeError: eye: shape [-1, -1] has a size that is not a non-negative integer"],
    [
      () => t.eye(100_000),
      "ShapeError: eye: shape [100000, 100000] has more elements than a tensor can hold, 2147483647",
    ],
    [() => t.eye([2] as never), "ShapeError: eye: shape [2, 2] has a size that is not a non-negative integer"],
  ],
  rand: [
    [() => t.rand([-1]), "ShapeError: rand: shape [-1] has a size that is not a non-negative integer"],
    [
      () => t.rand([2], { seed: 1 } as never),
      'ValueError: rand: no option "seed"; there are dtype, requiresGrad, generator',
    ],
    [
      () => t.rand([2], { generator: Math.random as never }),
      "ValueError: rand: generator must be a Generator, got a function random",
    ],
    [() => t.rand([2], { dtype: "int32" }), "DTypeError: rand: draws floats, not int32; use randint"],
  ],
  randint: [
    [() => t.randint(2, 2, [1]), "ValueError: randint: needs integers low < high, got 2 and 2"],
    [
      () => t.randint(0, 2 ** 31 + 1, [1]),
      "ValueError: randint: 0 … 2147483648 does not fit int32, which holds the integers -2147483648 … 2147483647",
    ],
    [
      () => t.randint(2 ** 31, 2 ** 31 + 5, [1]),
      "ValueError: randint: 2147483648 … 2147483652 does not fit int32, which holds the integers -2147483648 … 2147483647",
    ],
    [
      () => t.randint(0, 3, [1], { dtype: "bool" }),
      "ValueError: randint: 0 … 2 does not fit bool, which holds the integers 0 … 1",
    ],
    [() => t.randint(0, [3] as never, [1]), "ValueError: randint: needs integers low < high, got 0 and an array of 1"],
  ],
  bernoulli: [
    [() => t.bernoulli(t.tensor([0.5, 1.5])), "ValueError: bernoulli: probabilities lie in [0, 1]"],
    [() => t.bernoulli(0.5 as never), "ValueError: bernoulli: p must be a tensor, got 0.5"],
    [
      () => t.bernoulli(zeros([1]), { p: 1 } as never),
      'ValueError: bernoulli: no option "p"; there are dtype, requiresGrad, generator',
    ],
  ],
  item: [[() => zeros([2]).item(), "ShapeError: item: needs exactly one element, got shape [2]"]],
  leakyRelu: [
    [() => t.leakyRelu(1, 0.2 as never), "ValueError: leakyRelu: options are an object, { negativeSlope }; got 0.2"],
    [
      () => t.leakyRelu(1, { negative_slope: 0.2 } as never),
      'ValueError: leakyRelu: no option "negative_slope"; did you mean "negativeSlope"?',
    ],
  ],
  elu: [[() => t.elu(1, { beta: 1 } as never), 'ValueError: elu: no option "beta"; there are alpha']],
  zerosLike: [[() => t.zerosLike([1] as never), "ValueError: zerosLike: x must be a tensor, got an array of 1"]],
  onesLike: [
    [
      () => t.onesLike(zeros([1]), { shape: [2] } as never),
      'ValueError: onesLike: no option "shape"; there are dtype, requiresGrad',
    ],
  ],
  permutation: [
    [
      () => t.permutation(2 ** 24 + 2, { dtype: "float32" }),
      "ValueError: permutation: 0 … 16777217 does not fit float32, which holds the integers -16777216 … 16777216",
    ],
    [() => t.permutation(-1), "ValueError: permutation: n must be an integer ≥ 0, got -1"],
  ],
  Generator: [
    [() => new t.Generator(null as never), "ValueError: Generator: a seed is a number or a string, got null"],
    [() => t.manualSeed(undefined as never), "ValueError: Generator: a seed is a number or a string, got undefined"],
  ],
  backward: [
    [
      () => ones([], { requiresGrad: true }).backward({ createGraph: true } as never),
      "ValueError: backward: expected a number or a boolean, got an object { createGraph }",
    ],
    [
      () => ones([], { requiresGrad: true }).backward(1, { retain_graph: true } as never),
      'ValueError: backward: no option "retain_graph"; there are createGraph',
    ],
    [
      () => ones([], { requiresGrad: true }).backward(1, { create_graph: true } as never),
      'ValueError: backward: no option "create_graph"; did you mean "createGraph"?',
    ],
  ],
  grad: [
    [() => t.grad(zeros([]) as never), "ValueError: grad: needs a function, got a tensor []"],
    [
      () => t.grad((x) => x, { argnums: [0, 0] }),
      "GradError: grad: argnums is a position, 0 or more, or a list of different ones; got [0, 0]",
    ],
    [
      () => t.grad((x) => x, { argnums: -1 }),
      "GradError: grad: argnums is a position, 0 or more, or a list of different ones; got -1",
    ],
    [
      () => t.grad((x) => x, { argnums: [0, -1] }),
      "GradError: grad: argnums is a position, 0 or more, or a list of different ones; got [0, -1]",
    ],
    [
      () => t.grad((x) => x, { argnums: 0.5 }),
      "GradError: grad: argnums is a position, 0 or more, or a list of different ones; got 0.5",
    ],
    [
      () => t.grad((x) => x, { argnums: [] }),
      "GradError: grad: argnums is a position, 0 or more, or a list of different ones; got []",
    ],
    [
      () => t.grad((x) => x, { argnums: "0" as never }),
      'GradError: grad: argnums is a position, 0 or more, or a list of different ones; got "0"',
    ],
    [() => t.grad((x) => x, { argnum: 1 } as never), 'ValueError: grad: no option "argnum"; did you mean "argnums"?'],
    [() => t.grad((x) => x, 1 as never), "ValueError: grad: options are an object, { argnums }; got 1"],
    [() => t.grad((x) => x, { argnums: 1 })(zeros([])), "GradError: grad: argnums names argument 1, but there are 1"],
    [() => t.grad((x) => x)(1 as never), "GradError: grad: input 0 is not a tensor but 1; wrap it in tensor(…)"],
    [
      () => t.grad((_: t.Tensor) => undefined as never)(zeros([])),
      "GradError: grad: the function must return one tensor, got undefined",
    ],
  ],
  valueAndGrad: [
    [
      () => t.valueAndGrad((x) => x, { argnums: [1, 1] }),
      "GradError: valueAndGrad: argnums is a position, 0 or more, or a list of different ones; got [1, 1]",
    ],
  ],
  vjp: [[() => t.vjp(zeros([]) as never), "ValueError: vjp: needs a function, got a tensor []"]],
  graphText: [
    [() => t.graphText(1 as never), "ValueError: graphText: the output must be a tensor, got 1"],
    [
      () => t.graphText(zeros([]), { name: {} } as never),
      'ValueError: graphText: no option "name"; did you mean "names"?',
    ],
    [() => t.graphText(zeros([]), { maxNodes: 0 }), "ValueError: graphText: maxNodes must be an integer ≥ 1, got 0"],
    [
      () => t.graphText(zeros([]), { names: { w: 1 as never } }),
      "ValueError: graphText: names.w must be a tensor, got 1",
    ],
  ],
  graphMermaid: [
    [
      () => t.graphMermaid(zeros([]), true as never),
      "ValueError: graphMermaid: options are an object, { names, gradients, maxNodes }; got true",
    ],
  ],
  graphNodes: [
    [
      () => t.graphNodes([zeros([])] as never),
      "ValueError: graphNodes: the output must be a tensor, got an array of 1",
    ],
    [
      () => t.graphNodes(zeros([]), { gradient: true } as never),
      'ValueError: graphNodes: no option "gradient"; did you mean "gradients"?',
    ],
  ],
  backwardSteps: [
    [() => t.backwardSteps(1 as never), "ValueError: backwardSteps: the output must be a tensor, got 1"],
    [
      () => t.backwardSteps(zeros([2])),
      "GradError: backward: the output has shape [2], not one element; pass a cotangent of that shape, or reduce it with .sum() or .mean()",
    ],
    [() => t.backwardSteps(zeros([2]), [1, 2, 3]), "ShapeError: backward: the cotangent has shape [3], the output [2]"],
  ],
  gradcheck: [
    [() => gradcheck(1 as never, [zeros([])]), "ValueError: gradcheck: needs a function, got 1"],
    [
      () => gradcheck((x) => x, zeros([]) as never),
      "ValueError: gradcheck: takes the inputs in an array, as in gradcheck(f, [x])",
    ],
    [() => gradcheck((x) => x, [1 as never]), "ValueError: gradcheck: input 0 must be a tensor, got 1"],
    [
      () => gradcheck((x) => x, [zeros([])], { eps: 1 } as never),
      'ValueError: gradcheck: no option "eps"; there are order, directions, seed, rtol, atol, step',
    ],
    [
      () => gradcheck((x) => x, [zeros([])], { directions: 0 }),
      "ValueError: gradcheck: directions must be an integer ≥ 1, got 0",
    ],
  ],
  requiresGrad: [
    [
      () => Object.assign(zeros([]), { requiresGrad: "false" }),
      'ValueError: requiresGrad: must be a boolean, got "false"',
    ],
  ],
  ensure: [[() => t.ensure(true, "no" as never), 'ValueError: ensure: needs a function, got "no"']],
  toTransfer: [
    [() => t.toTransfer(1 as never), "ValueError: toTransfer: x must be a tensor, got 1"],
    [
      () => t.toTransfer(ones([], { requiresGrad: true }).mul(2)),
      "GradError: toTransfer: a tensor with a graph cannot be sent; send x.detach() instead",
    ],
  ],
};
