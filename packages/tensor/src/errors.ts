// The typed errors.
/**
 * The base of every error that this library throws on purpose: one line, with the op, the shapes and the remedy. Its
 * `name` is that of its class. Never throws by itself.
 * @example
 * try {
 *   add(tensor([1, 2]), tensor([1, 2, 3]));
 * } catch (error) {
 *   const isOurs = error instanceof TendrilError; // true
 *   const text = String(error); // ShapeError: add: [2] and [3] do not broadcast: sizes 2 and 3 at axis -1 must be equal, or one of them 1
 * }
 */
export class TendrilError extends Error {
  override name = "TendrilError";
}

/**
 * Shapes that do not fit the operation. Never throws by itself.
 * @example
 * matmul(zeros([2, 3]), zeros([2, 3])); // ShapeError: matmul: [2, 3] @ [2, 3]: inner sizes 3 and 2 differ; did you mean a.matmul(b.T)?
 */
export class ShapeError extends TendrilError {
  override name = "ShapeError";
}

/**
 * A dtype that the operation does not take. Never throws by itself.
 * @example
 * mean(tensor([1, 2], { dtype: "int32" })); // DTypeError: mean: needs floats, got int32; use .to("float32")
 */
export class DTypeError extends TendrilError {
  override name = "DTypeError";
}

/**
 * A gradient that cannot be had: no graph, a changed tensor, a rule that returned the wrong shape. Never throws by
 * itself.
 * @example
 * tensor(1).backward(); // GradError: backward: nothing here requires a gradient; make a leaf with { requiresGrad: true }, and compute outside noGrad
 */
export class GradError extends TendrilError {
  override name = "GradError";
}

/**
 * Something that cannot be part of a compiled program, such as reading a value while the program is being traced. Never throws by itself.
 * @example
 * compile((x: Tensor) => x.mul(x.sum().item()))(tensor([1, 2])); // TraceError: compile: the result of sum is read while the step is traced, before it has a value; return it from the step and read it after the call, or choose by where(condition, a, b)
 */
export class TraceError extends TendrilError {
  override name = "TraceError";
}

/**
 * An index or an axis outside its range. Never throws by itself.
 * @example
 * sum(tensor([1, 2]), 1); // IndexError: sum: axis 1 is out of range: the axes of a 1-d tensor run from -1 to 0
 */
export class IndexError extends TendrilError {
  override name = "IndexError";
}

/**
 * An argument of the right type whose value makes no sense here. Never throws by itself.
 * @example
 * tensor([0, NaN], { dtype: "int32" }); // ValueError: tensor: NaN at [1] is not an int32, which runs from -2147483648 to 2147483647
 */
export class ValueError extends TendrilError {
  override name = "ValueError";
}
