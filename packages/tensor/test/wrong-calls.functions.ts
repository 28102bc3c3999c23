import * as t from "@tendril/tensor";
import { ones, type Tensor, tensor, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import type { WrongCall } from "./wrong-calls.ts";

const int = { dtype: "int32" } as const;
const bool = { dtype: "bool" } as const;
const ints = (values: number[]): Tensor => tensor(values, int);

/** The wrong calls of what is in src/functions. */
export const wrongCallsOfFunctions: Readonly<Record<string, readonly WrongCall[]>> = {
  lerp: [
    [
      () => t.lerp(zeros([2, 3]), zeros([2]), 0.5),
      "ShapeError: lerp: [2] and [2, 3] do not broadcast: sizes 2 and 3 at axis -1 must be equal, or one of them 1",
    ],
    [() => t.lerp(0, 1, "half" as never), 'ValueError: lerp: expected a number or a boolean, got "half"'],
    [
      () => t.lerp(zeros([2], bool), ones([2], bool), 0.5),
      'DTypeError: lerp: bool has no arithmetic sign; cast with .to("int32") first',
    ],
  ],
  log2: [[() => t.log2("8" as never), 'ValueError: log2: expected a number or a boolean, got "8"']],
  cumprod: [
    [
      () => t.cumprod(zeros([2, 3]), 2),
      "IndexError: cumprod: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [() => t.cumprod(zeros([2]), undefined as never), "IndexError: cumprod: an axis is an integer, got undefined"],
  ],
  argsort: [
    [
      () => t.argsort(zeros([2, 3]), 2),
      "IndexError: argsort: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [
      () => t.argsort(zeros([2]), 0, { decending: true } as never),
      'ValueError: argsort: no option "decending"; there are descending',
    ],
    [() => t.argsort(zeros([2]), true as never), "IndexError: argsort: an axis is an integer, got true"],
  ],
  sort: [
    [() => t.sort(zeros([2, 3]), 0.5), "IndexError: sort: an axis is an integer, got 0.5"],
    [() => t.sort(zeros([2]), 0, true as never), "ValueError: sort: options are an object, { descending }; got true"],
    [() => t.sort(zeros([2]), 0, { descending: 1 as never }), "ValueError: sort: descending must be a boolean, got 1"],
  ],
  topk: [
    [() => t.topk(zeros([2, 3]), 4), "ValueError: topk: k = 4 of the 3 entries along axis 1 of [2, 3]"],
    [() => t.topk(zeros([2, 3]), -1), "ValueError: topk: k must be an integer ≥ 0, got -1"],
    [() => t.topk(zeros([2, 3]), 1.5), "ValueError: topk: k must be an integer ≥ 0, got 1.5"],
    [() => t.topk(zeros([]), 0), "ValueError: topk: k = 0 of the 1 entries along axis 0 of []"],
    [
      () => t.topk(zeros([2, 3]), 1, 2),
      "IndexError: topk: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [
      () => t.topk(zeros([2, 3]), 1, 0, { smallest: true } as never),
      'ValueError: topk: no option "smallest"; there are largest',
    ],
  ],
  max: [
    [
      () => t.max(zeros([2, 3]), undefined as never),
      "ValueError: max: needs an axis, got undefined; amax is for all of them, maximum for two tensors",
    ],
    [
      () => t.max(zeros([2]), zeros([2]) as never),
      "ValueError: max: needs an axis, got a tensor [2]; amax is for all of them, maximum for two tensors",
    ],
    [() => t.max(zeros([2, 0]), 1), "ShapeError: max: shape [2, 0] has no elements along axes [1]"],
    [() => t.max(zeros([2]), 1), "IndexError: max: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0"],
    [
      () => t.max(zeros([2]), 0, { keepDim: true } as never),
      'ValueError: max: no option "keepDim"; did you mean "keepdim"?',
    ],
  ],
  min: [
    [
      () => t.min(zeros([2, 3]), undefined as never),
      "ValueError: min: needs an axis, got undefined; amin is for all of them, minimum for two tensors",
    ],
    [() => t.min(zeros([0]), 0), "ShapeError: min: shape [0] has no elements along axes [0]"],
    [() => t.min(zeros([2]), Number.NaN), "IndexError: min: an axis is an integer, got NaN"],
  ],
  swapaxes: [
    [
      () => t.swapaxes(zeros([2, 3]), 0, 2),
      "IndexError: swapaxes: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
  ],
  movedim: [
    [() => t.movedim(zeros([2, 3]), [0, 1], 0), "ShapeError: movedim: 2 axes cannot go to 1 places; give one for each"],
    [() => t.movedim(zeros([2, 3]), [0, -2], [0, 1]), "IndexError: movedim: axes [0, -2] name one axis twice"],
    [
      () => t.movedim(zeros([2, 3]), 0, 2),
      "IndexError: movedim: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [
      () => t.movedim(zeros([2, 3]), "0" as never, 1),
      'IndexError: movedim: axes are an integer or an array of integers, got "0"',
    ],
  ],
  roll: [
    [
      () => t.roll(zeros([2, 3]), [1, 2]),
      "ValueError: roll: needs one shift for each axis, or one alone; got shifts an array of 2, dims undefined",
    ],
    [
      () => t.roll(zeros([2, 3]), 1, [0, 1]),
      "ValueError: roll: needs one shift for each axis, or one alone; got shifts 1, dims an array of 2",
    ],
    [() => t.roll(zeros([2, 3]), 0.5, 0), "ValueError: roll: a shift must be an integer, got 0.5"],
    [
      () => t.roll(zeros([2, 3]), 1, 2),
      "IndexError: roll: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [
      () => t.roll(zeros([2, 3]), undefined as never),
      "ValueError: roll: needs one shift for each axis, or one alone; got shifts undefined, dims undefined",
    ],
  ],
  diagonal: [
    [() => t.diagonal(zeros([3])), "ShapeError: diagonal: needs a matrix, got shape [3]"],
    [() => t.diagonal(zeros([3, 3]), { dim1: 0, dim2: -2 }), "IndexError: diagonal: axes [0, -2] name one axis twice"],
    [
      () => t.diagonal(zeros([3, 3]), { dim2: 2 }),
      "IndexError: diagonal: axis 2 is out of range: the axes of a 2-d tensor run from -2 to 1",
    ],
    [() => t.diagonal(zeros([3, 3]), { offset: 0.5 }), "ValueError: diagonal: offset must be an integer, got 0.5"],
    [
      () => t.diagonal(zeros([3, 3]), { diagonal: 1 } as never),
      'ValueError: diagonal: no option "diagonal"; there are offset, dim1, dim2',
    ],
  ],
  meshgrid: [
    [
      () => t.meshgrid(zeros([3]) as never),
      "ValueError: meshgrid: takes an array of vectors, as in meshgrid([x, y]); got a tensor [3]",
    ],
    [
      () => t.meshgrid([]),
      "ValueError: meshgrid: takes an array of vectors, as in meshgrid([x, y]); got an empty array",
    ],
    [() => t.meshgrid([zeros([2]), zeros([2, 3])]), "ShapeError: meshgrid: needs vectors, got shape [2, 3]"],
    [
      () => t.meshgrid([zeros([2])], { indexing: "yx" as never }),
      'ValueError: meshgrid: indexing must be "ij" or "xy", got "yx"',
    ],
  ],
  tile: [
    [() => t.tile(zeros([2]), [-1]), "ShapeError: tile: shape [-1] has a size that is not a non-negative integer"],
    [() => t.tile(zeros([2]), 2 as never), "ShapeError: tile: a shape is an array of sizes, such as [2, 3]; got 2"],
  ],
  takeAlongDim: [
    [
      () => t.takeAlongDim(zeros([2, 3]), ints([0, 1]), 1),
      "ShapeError: takeAlongDim: [2, 3] with indices [2]: give them as many axes",
    ],
    [
      () => t.takeAlongDim(zeros([2, 3]), zeros([3, 1], int), 1),
      "ShapeError: takeAlongDim: [2, 1] and [3, 1] do not broadcast: sizes 2 and 3 at axis -2 must be equal, or one of them 1",
    ],
    [() => t.takeAlongDim(zeros([2, 3]), ints([6])), "IndexError: takeAlongDim: index 6 is out of range for size 6"],
    [() => t.takeAlongDim(zeros([2]), ints([-1]), 0), "IndexError: takeAlongDim: index -1 is out of range for size 2"],
    [
      () => t.takeAlongDim(zeros([2]), zeros([1]), 0),
      'DTypeError: takeAlongDim: indices must be int32, got float32; use .to("int32")',
    ],
  ],
  index: [
    [() => t.index(zeros([2]), 0, 0), "IndexError: index: 2 indices for the 1 axes of [2]"],
    [
      () => t.index(zeros([2, 3]), null, ints([0, 3, 7])),
      "IndexError: index: index 3 is out of range for axis 1 of size 3",
    ],
    [() => t.index(zeros([2, 3]), ints([-3])), "IndexError: index: index -3 is out of range for axis 0 of size 2"],
    [
      () => compile((x: Tensor, i: Tensor) => t.index(x, i))(zeros([2, 3]), ints([1, 5])),
      "IndexError: index: index 5 is out of range for axis 0 of size 2",
    ],
    [
      () => t.index(zeros([2, 3, 4]), zeros([2], int), zeros([3], int)),
      "ShapeError: index: [2] and [3] do not broadcast: sizes 2 and 3 at axis -1 must be equal, or one of them 1",
    ],
    [
      () => t.index(zeros([2, 3]), zeros([2], bool)),
      "DTypeError: index: a bool mask at axis 0: the result's shape would depend on values; use maskedSelect(x, mask) or where(mask, x, 0)",
    ],
    [
      () => t.index(zeros([2]), [true, false]),
      "DTypeError: index: a bool mask at axis 0: the result's shape would depend on values; use maskedSelect(x, mask) or where(mask, x, 0)",
    ],
    [() => t.index(zeros([2]), 0.5), 'DTypeError: index: indices must be int32, got float32; use .to("int32")'],
    [() => t.index(zeros([2]), zeros([1])), 'DTypeError: index: indices must be int32, got float32; use .to("int32")'],
    [() => t.index(zeros([2]), undefined as never), "ValueError: index: expected a number or a boolean, got undefined"],
  ],
  maskedSelect: [
    [
      () => t.maskedSelect(zeros([2]), zeros([2])),
      "DTypeError: maskedSelect: the mask must be bool, got float32; compare first, as in x.ne(0)",
    ],
    [
      () => t.maskedSelect(zeros([2, 3]), zeros([2], bool)),
      "ShapeError: maskedSelect: [2, 3] and [2] do not broadcast: sizes 3 and 2 at axis -1 must be equal, or one of them 1",
    ],
    [
      () => compile((x: Tensor) => t.maskedSelect(x, x.gt(0)))(zeros([2])),
      "TraceError: maskedSelect: the result of gt is read while the step is traced, before it has a value; return it from the step and read it after the call, or choose by where(condition, a, b)",
    ],
  ],
  einsum: [
    [
      () => t.einsum("ij,jk->ik", [zeros([2, 3]), zeros([3, 5])] as never),
      'ValueError: einsum: operands come one by one, as in einsum("ij,jk->ik", a, b); got an array of tensors',
    ],
    [
      () => t.einsum("ij,jk->ik", zeros([2, 3]), zeros([4, 5])),
      'ShapeError: einsum: "j" has size 4 in operand 1 and 3 in one before it',
    ],
    [
      () => t.einsum("...i,...i", zeros([2, 3]), zeros([4, 3])),
      'ShapeError: einsum: "..." has size 4 in operand 1 and 2 in one before it',
    ],
    [() => t.einsum("ii", zeros([2, 3])), 'ShapeError: einsum: "i" names axes of sizes 2 and 3 of operand 0'],
    [() => t.einsum("ij", zeros([2, 3]), zeros([3])), 'ValueError: einsum: "ij" has 1 terms for 2 tensors'],
    [() => t.einsum("ijk", zeros([2, 3])), 'ShapeError: einsum: "ijk" does not name the 2 axes of operand 0, [2, 3]'],
    [() => t.einsum("i", zeros([2, 3])), 'ShapeError: einsum: "i" does not name the 2 axes of operand 0, [2, 3]'],
    [() => t.einsum("ij->ik", zeros([2, 3])), 'ValueError: einsum: the result has an axis "k", which no operand has'],
    [() => t.einsum("ij->ii", zeros([2, 3])), 'ValueError: einsum: the result has two axes "i"; name each once'],
    [
      () => t.einsum("i1", zeros([2, 3])),
      'ValueError: einsum: "i1" is not an equation: letters name axes, as in "ij,jk->ik", and one "..." in a term those without a name',
    ],
    [
      () => t.einsum("i->j->k", zeros([2])),
      'ValueError: einsum: "i->j->k" is not an equation: letters name axes, as in "ij,jk->ik", and one "..." in a term those without a name',
    ],
    [
      () => t.einsum("...i...", zeros([2])),
      'ValueError: einsum: "...i..." is not an equation: letters name axes, as in "ij,jk->ik", and one "..." in a term those without a name',
    ],
    [
      () => t.einsum("..i", zeros([2])),
      'ValueError: einsum: "..i" is not an equation: letters name axes, as in "ij,jk->ik", and one "..." in a term those without a name',
    ],
    [
      () => t.einsum(zeros([2]) as never, zeros([2])),
      'ValueError: einsum: an equation is a string, got a tensor [2]; letters name axes, as in "ij,jk->ik", and one "..." in a term those without a name',
    ],
    [() => t.einsum("i->"), 'ValueError: einsum: "i->" has 1 terms for 0 tensors'],
    [
      () => t.einsum("i,i", zeros([2], bool), zeros([2], bool)),
      'DTypeError: einsum: [1, 2] @ [1, 2].mT: bool has no products; use .to("int32")',
    ],
  ],
  randLike: [
    [() => t.randLike(zeros([2], int)), "DTypeError: randLike: draws floats, not int32; use randint"],
    [() => t.randLike([1, 2] as never), "ValueError: randLike: x must be a tensor, got an array of 2"],
    [
      () => t.randLike(zeros([2]), { seed: 1 } as never),
      'ValueError: randLike: no option "seed"; there are dtype, requiresGrad, generator',
    ],
  ],
  randnLike: [
    [() => t.randnLike(zeros([2], bool)), "DTypeError: randnLike: draws floats, not bool; use randint"],
    [
      () => t.randnLike(zeros([2]), 3 as never),
      "ValueError: randnLike: options are an object, { dtype, requiresGrad, generator }; got 3",
    ],
  ],
  multinomial: [
    [
      () => t.multinomial(ones([3]), 4),
      "ValueError: multinomial: needs 4 above 0 in each row of the weights [3]; draw fewer, or with { replacement: true }",
    ],
    [
      () =>
        t.multinomial(
          [
            [1, 0, 2],
            [1, 1, 1],
          ],
          3,
        ),
      "ValueError: multinomial: needs 3 above 0 in each row of the weights [2, 3]; draw fewer, or with { replacement: true }",
    ],
    [
      () => t.multinomial(zeros([3]), 1, { replacement: true }),
      "ValueError: multinomial: needs 1 above 0 in each row of the weights [3]",
    ],
    [
      () => t.multinomial([1, -1], 1),
      "ValueError: multinomial: weights [2] must be finite and ≥ 0; if they are logits, pass x.softmax(-1)",
    ],
    [
      () => t.multinomial([1, Number.NaN], 1),
      "ValueError: multinomial: weights [2] must be finite and ≥ 0; if they are logits, pass x.softmax(-1)",
    ],
    [
      () => t.multinomial([1, Number.POSITIVE_INFINITY], 1),
      "ValueError: multinomial: weights [2] must be finite and ≥ 0; if they are logits, pass x.softmax(-1)",
    ],
    [
      () => t.multinomial(ints([1, 2]), 1),
      'DTypeError: multinomial: weights are floats, got int32; use .to("float32")',
    ],
    [() => t.multinomial(1, 1), "ShapeError: multinomial: weights are [C] or [N, C], got shape []"],
    [() => t.multinomial(ones([2]), 0), "ValueError: multinomial: numSamples must be an integer ≥ 1, got 0"],
    [() => t.multinomial(ones([2]), 1.5), "ValueError: multinomial: numSamples must be an integer ≥ 1, got 1.5"],
    [
      () => t.multinomial(ones([2]), 1, { replace: true } as never),
      'ValueError: multinomial: no option "replace"; there are replacement, generator',
    ],
    [
      () => t.multinomial(ones([2]), 1, true as never),
      "ValueError: multinomial: options are an object, { replacement, generator }; got true",
    ],
    [
      () => compile((x: Tensor) => t.multinomial(x, 1))(tensor([1, -1])),
      "ValueError: multinomial: weights [2] must be finite and ≥ 0; if they are logits, pass x.softmax(-1)",
    ],
  ],
  allClose: [
    [
      () => t.allClose(zeros([2]), zeros([3])),
      "ShapeError: allClose: [2] and [3] do not broadcast: sizes 2 and 3 at axis -1 must be equal, or one of them 1",
    ],
    [
      () => t.allClose(1, 1, { equalNaN: true } as never),
      'ValueError: allClose: no option "equalNaN"; did you mean "equalNan"?',
    ],
    [() => t.allClose(1, 1, { rtol: "1" as never }), 'ValueError: allClose: rtol must be a number, got "1"'],
    [
      () => compile((x: Tensor) => x.mul(Number(t.allClose(x, 0))))(zeros([2])),
      "TraceError: allClose: the result of eq is read while the step is traced, before it has a value; return it from the step and read it after the call, or choose by where(condition, a, b)",
    ],
  ],
  equal: [
    [() => t.equal(zeros([2]), "a" as never), 'ValueError: equal: expected a number or a boolean, got "a"'],
    [
      () => compile((x: Tensor) => x.mul(Number(t.equal(x, x))))(zeros([2])),
      "TraceError: equal: the result of eq is read while the step is traced, before it has a value; return it from the step and read it after the call, or choose by where(condition, a, b)",
    ],
  ],
};
