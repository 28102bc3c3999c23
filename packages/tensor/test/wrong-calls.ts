import * as t from "@tendril/tensor";
import { zeros } from "@tendril/tensor";

/** A wrong call, and the whole of what it throws. */
export type WrongCall = readonly [call: () => unknown, error: string];

const int = { dtype: "int32" } as const;
const bool = { dtype: "bool" } as const;

/** One table of wrong calls, by op: what is wrong, with which shapes or dtypes, and what to do instead. */
export const wrongCalls: Readonly<Record<string, readonly WrongCall[]>> = {
  add: [
    [
      () => t.add(zeros([2, 3]), zeros([2])),
      "ShapeError: add: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
    [() => t.add(zeros([2]), [[1, 2], [3]]), "ShapeError: add: ragged array: expected length 2 at depth 1, got 1"],
    [() => t.add(zeros([2]), "a" as never), "ValueError: add: expected a number or a boolean, got string"],
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
    [() => t.logicalNot([[1], 2]), "ShapeError: logicalNot: ragged array: expected an array of shape [1], got 2"],
  ],
  pow: [
    [
      () => t.pow(zeros([2, 3]), zeros([2])),
      "ShapeError: pow: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
    [() => t.pow(t.ones([2], int), -1), 'ValueError: pow: int32 to the power -1 is no integer; use .to("float32")'],
  ],
  logAddExp: [
    [
      () => t.logAddExp(zeros([2, 3]), zeros([2])),
      "ShapeError: logAddExp: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
  ],
  softplus: [[() => t.softplus(1, { beta: 0 }), "ValueError: softplus: beta must be positive, got 0"]],
  logSigmoid: [
    [
      () => t.logSigmoid(zeros([1], bool)),
      'DTypeError: neg: bool has no arithmetic sign; cast with .to("int32") first',
    ],
  ],
  gelu: [
    [() => t.gelu(1, { approximate: "erf" as never }), 'ValueError: gelu: approximate is "none" or "tanh", got "erf"'],
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
  ],
  norm: [
    [() => t.norm(zeros([2], int)), 'DTypeError: norm: needs floats, got int32; use .to("float32")'],
    [
      () => t.norm(zeros([2]), 1),
      "IndexError: norm: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  cumsum: [
    [
      () => t.cumsum(zeros([2]), 1),
      "IndexError: cumsum: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  softmin: [
    [
      () => t.softmin(zeros([2]), 1),
      "IndexError: softmax: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  layerNorm: [
    [() => t.layerNorm(zeros([2, 3]), 2), "ShapeError: layerNorm: the last axes of [2, 3] must be normalizedShape [2]"],
    [
      () => t.layerNorm(zeros([2, 3]), 3, { weight: zeros([2]) }),
      "ShapeError: layerNorm: weight has shape [2], normalizedShape is [3]",
    ],
    [() => t.layerNorm(zeros([2], int), 2), 'DTypeError: layerNorm: needs floats, got int32; use .to("float32")'],
  ],
  expand: [[() => t.expand(zeros([2]), [3]), "ShapeError: expand: [2] does not broadcast to [3]"]],
  repeat: [[() => t.repeat(zeros([2, 2]), [2]), "ShapeError: repeat: [2] has fewer counts than [2, 2] axes"]],
  flip: [
    [
      () => t.flip(zeros([2]), 1),
      "IndexError: flip: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  pad: [
    [() => t.pad(zeros([2, 2]), [[0, 1]]), "ShapeError: pad: [2, 2] needs one [before, after] for each of its 2 axes"],
    [() => t.pad(zeros([2]), [[-1, -2]]), "ShapeError: pad: cuts more off [2] than there is"],
  ],
  tril: [[() => t.tril(zeros([2])), "ShapeError: tril: needs a matrix, got shape [2]"]],
  triu: [[() => t.triu(1), "ShapeError: triu: needs a matrix, got shape []"]],
  split: [
    [() => t.split(zeros([3]), [1, 1]), "ShapeError: split: sizes [1, 1] add up to 2, not to axis 0's 3"],
    [() => t.split(zeros([3]), 0), "ValueError: split: parts must have a size > 0, got 0"],
    [() => t.split(1, 1), "ShapeError: narrow: a 0-d tensor has no axes to choose from"],
  ],
  chunk: [[() => t.chunk(zeros([3]), 0), "ValueError: chunk: needs a number of chunks ≥ 1, got 0"]],
  select: [
    [() => t.select(zeros([2]), 0, 2), "IndexError: slice: index 2 is out of range for axis 0 of size 2"],
    [() => t.select(1, 0, 0), "ShapeError: select: a 0-d tensor has no axes to choose from"],
  ],
  narrow: [
    [() => t.narrow(zeros([2]), 0, 1, 2), "ValueError: narrow: 2 entries from 1 do not fit into axis 0 of size 2"],
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
  clamp: [[() => t.clamp(zeros([2]), {}), "ValueError: clamp: give min, max or both"]],
  cast: [
    [
      () => t.cast(zeros([2]), "float16" as never),
      'DTypeError: to: unknown dtype "float16"; there are bool, int32, float32, float64',
    ],
  ],
  sum: [
    [
      () => t.sum(zeros([2, 3]), 2),
      "IndexError: sum: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [() => t.sum(zeros([2, 3]), [0, -2]), "IndexError: sum: axes [0, -2] name one axis twice"],
  ],
  mean: [
    [() => t.mean(zeros([2], int)), 'DTypeError: mean: needs floats, got int32; use .to("float32")'],
    [
      () => t.mean(zeros([2]), 1),
      "IndexError: mean: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  amax: [
    [() => t.amax(zeros([0, 3]), 0), "ShapeError: amax: shape [0, 3] has nothing to choose from along axes [0]"],
    [
      () => t.amax(zeros([2]), 1),
      "IndexError: amax: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  amin: [[() => t.amin(zeros([0])), "ShapeError: amin: shape [0] has nothing to choose from along axes [0]"]],
  argmax: [
    [() => t.argmax(zeros([0])), "ShapeError: argmax: shape [0] has nothing to choose from along axes [0]"],
    [
      () => t.argmax(zeros([2]), 0.5),
      "IndexError: argmax: axis 0.5 is out of range: the axes of a 1-d tensor run from -1 to 0",
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
  ],
  all: [
    [
      () => t.all(zeros([2]), -2),
      "IndexError: all: axis -2 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  variance: [
    [() => t.variance(zeros([2], int)), 'DTypeError: variance: needs floats, got int32; use .to("float32")'],
    [
      () => t.variance(zeros([2]), 1),
      "IndexError: variance: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  std: [
    [() => t.std(zeros([2], bool)), 'DTypeError: std: needs floats, got bool; use .to("float32")'],
    [() => t.std(zeros([2]), 1), "IndexError: std: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0"],
  ],
  logSumExp: [
    [
      () => t.logSumExp(zeros([2]), 1),
      "IndexError: logSumExp: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
  ],
  softmax: [
    [
      () => t.softmax(zeros([2]), 1),
      "IndexError: softmax: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
    ],
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
    [() => t.reshape(zeros([2, 3]), [-1, -1]), "ShapeError: reshape: [-1, -1] has more than one −1 to work out"],
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
  ],
  flatten: [
    [() => t.flatten(zeros([2, 3]), 1, 0), "ShapeError: flatten: startDim 1 comes after endDim 0"],
    [
      () => t.flatten(zeros([2, 3]), 2),
      "IndexError: flatten: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
  ],
  transpose: [
    [
      () => t.transpose(zeros([2, 3]), 0, 2),
      "IndexError: transpose: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
  ],
  permute: [
    [
      () => t.permute(zeros([2, 3]), [0, 0]),
      "ShapeError: permute: [0, 0] does not name each of the 2 axes of [2, 3] once",
    ],
    [() => t.permute(zeros([2, 3]), [0]), "ShapeError: permute: [0] does not name each of the 2 axes of [2, 3] once"],
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
  ],
  squeeze: [
    [
      () => t.squeeze(zeros([2]), 1),
      "IndexError: squeeze: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
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
  ],
  slice: [
    [() => t.slice(zeros([2, 3]), 2), "IndexError: slice: index 2 is out of range for axis 0 of size 2"],
    [() => t.slice(zeros([2]), [], []), "IndexError: slice: 2 ranges for the 1 axes of [2]"],
    [() => t.slice(zeros([2]), [0, 1, 0]), "IndexError: slice: the step at axis 0 is 0"],
    [() => t.slice(zeros([2]), [0.5]), "IndexError: slice: 0.5 at axis 0 is not an integer"],
  ],
  gather: [
    [
      () => t.gather(zeros([2, 3]), 1, zeros([2, 3])),
      'DTypeError: gather: indices must be int32, got float32; use .to("int32")',
    ],
    [
      () => t.gather(zeros([2, 3]), 1, [0]),
      "ShapeError: gather: [2, 3] with indices [1] along axis 1: indices need as many axes, none but axis 1 longer",
    ],
    [() => t.gather(zeros([2, 3]), 1, [[3]]), "IndexError: gather: index 3 is out of range for size 3"],
    [() => t.gather(zeros([2, 3]), 1, [[-1]]), "IndexError: gather: index -1 is out of range for size 3"],
    [
      () => t.gather(zeros([2]), 1, [0]),
      "IndexError: gather: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0",
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
    [() => t.oneHot(zeros([0], int)), "ValueError: oneHot: no indices to tell numClasses from; give it"],
    [() => t.oneHot([0], 0), "ValueError: oneHot: numClasses must be a positive integer, got 0"],
    [() => t.oneHot([-1]), "IndexError: oneHot: index -1 is out of range for size 1"],
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
    [() => t.matmul(2, zeros([2])), "ShapeError: matmul: [] @ [2]: a 0-d tensor scales; use mul"],
    [
      () => t.matmul(zeros([2]), zeros([2, 3]), { transposeA: true }),
      "ShapeError: matmul: [2].mT @ [2, 3]: a vector has no transpose; drop the flag",
    ],
    [
      () => t.matmul(zeros([2, 2], bool), zeros([2, 2], bool)),
      'DTypeError: matmul: [2, 2] @ [2, 2]: bool has no products; use .to("int32")',
    ],
  ],
  tensor: [
    [() => t.tensor([[1], [2, 3]]), "ShapeError: tensor: ragged array: expected length 1 at depth 1, got 2"],
    [() => t.tensor([[1], 2]), "ShapeError: tensor: ragged array: expected an array of shape [1], got 2"],
    [() => t.tensor([1, [2]]), "ShapeError: tensor: ragged array: expected a number at depth 1, got an array"],
    [() => t.tensor([1, 2, 3], { shape: [2] }), "ShapeError: tensor: 3 values do not fill shape [2], which has 2"],
    [
      () => t.tensor([1], { dtype: "int64" as never }),
      'DTypeError: tensor: unknown dtype "int64"; there are bool, int32, float32, float64',
    ],
    [() => t.tensor(null as never), "ValueError: tensor: expected numbers or arrays of them, got null"],
    [() => t.tensor("1" as never), "ValueError: tensor: expected a number or a boolean, got string"],
    [() => t.tensor([1, null as never]), "ValueError: tensor: expected a number or a boolean, got null"],
    [
      () => t.tensor([1], { dtype: "int32", requiresGrad: true }),
      'GradError: requiresGrad: only floats have gradients, this is int32; use .to("float32")',
    ],
  ],
  zeros: [
    [() => zeros([-1]), "ShapeError: zeros: shape [-1] has a size that is not a non-negative integer"],
    [() => zeros(3 as never), "ShapeError: zeros: a shape is an array of sizes, such as [2, 3]; got 3"],
    [
      () => zeros([1e6, 1e6]),
      "ShapeError: zeros: shape [1000000, 1000000] has more elements than an array can hold, 4294967295",
    ],
  ],
  noGrad: [
    [
      () => t.noGrad(async () => 1),
      "GradError: noGrad: the function returned a promise, and recording would be switched back before it settles; pass a synchronous function",
    ],
  ],
  full: [[() => t.full([1.5], 2), "ShapeError: full: shape [1.5] has a size that is not a non-negative integer"]],
  arange: [
    [() => t.arange(0, 1, 0), "ValueError: arange: from 0 to 1 in steps of 0 does not end"],
    [() => t.arange(0, 1, -1), "ValueError: arange: from 0 to 1 goes the other way than the step -1"],
    [() => t.arange(Number.NaN), "ValueError: arange: from 0 to NaN in steps of 1 does not end"],
  ],
  linspace: [
    [() => t.linspace(0, 1, -1), "ShapeError: linspace: shape [-1] has a size that is not a non-negative integer"],
  ],
  eye: [[() => t.eye(-1), "ShapeError: eye: shape [-1] has a size that is not a non-negative integer"]],
  rand: [[() => t.rand([-1]), "ShapeError: rand: shape [-1] has a size that is not a non-negative integer"]],
  randint: [[() => t.randint(2, 2, [1]), "ValueError: randint: needs integers low < high, got 2 and 2"]],
  bernoulli: [[() => t.bernoulli(t.tensor([0.5, 1.5])), "ValueError: bernoulli: probabilities lie in [0, 1]"]],
  item: [[() => zeros([2]).item(), "ShapeError: item: needs exactly one element, got shape [2]"]],
};
