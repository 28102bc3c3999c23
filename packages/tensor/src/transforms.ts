// Derivatives of whole functions, made of pullbacks: along a direction, as matrices, and of second order.
import { arange, zeros, zerosLike } from "./create.ts";
import { isFloat } from "./dtype.ts";
import { DTypeError, ShapeError, ValueError } from "./errors.ts";
import { type Pullback, pull } from "./grad.ts";
import { cast, castFor } from "./ops/cast.ts";
import { add, eq, mul } from "./ops/elementwise.ts";
import { sum } from "./ops/reduce.ts";
import { reshape, stack } from "./ops/shape.ts";
import { describeValue } from "./options.ts";
import { sameShape, show } from "./shape.ts";
import type { Tensor, TensorLike } from "./tensor.ts";

/** Where a derivative is taken: at one tensor, or at a list with one for each argument of the function. */
export type Inputs = Tensor | readonly Tensor[];

/** A function of these inputs: of one tensor, or of as many as the list has. */
export type FunctionOf<X extends Inputs> = (...inputs: X extends readonly Tensor[] ? [...X] : [X]) => Tensor;

/** For one tensor one `R`, for a list of them a list. */
export type Like<X extends Inputs, R> = X extends readonly Tensor[] ? { -readonly [K in keyof X]: R } : R;

/** From a list, one for each input, what belongs to `x`: the list, or for one tensor its only entry. */
const like = <X extends Inputs, R>(x: X, list: readonly R[]): Like<X, R> =>
  (Array.isArray(x) ? list : list[0]) as Like<X, R>;

function listOf(op: string, x: Inputs): Tensor[] {
  const list = (Array.isArray(x) ? [...x] : [x]) as Tensor[];
  if (list.length === 0) throw new ValueError(`${op}: needs at least one input`);
  return list;
}

/** `pull`, of a function whose derivative means something. */
function pullFloat(op: string, f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): [Tensor, Pullback<Tensor[]>] {
  const both = pull(op, f, inputs);
  if (isFloat(both[0].dtype)) return both;
  throw new DTypeError(`${op}: the output is ${both[0].dtype}; only floats have derivatives`);
}

/** Σᵢ ⟨xᵢ, vᵢ⟩, where the tangents `v` belong to `x` as the `gradients` do. Throws where they do not fit. */
function inner(op: string, gradients: readonly Tensor[], x: Inputs, v: unknown): Tensor {
  const tangents: unknown = Array.isArray(x) ? v : [v];
  if (!Array.isArray(tangents) || tangents.length !== gradients.length) {
    const wanted = `${gradients.length}, one for each input`;
    throw new ValueError(`${op}: tangents are a list of ${wanted}; got ${describeValue(tangents)}`);
  }
  const terms = gradients.map((gradient, i) => {
    const tangent = castFor(op, tangents[i] as TensorLike, gradient.dtype);
    if (sameShape(tangent.shape, gradient.shape)) return sum(mul(gradient, tangent));
    const shapes = `tangent ${i} has shape ${show(tangent.shape)}, but input ${i} ${show(gradient.shape)}`;
    throw new ShapeError(`${op}: ${shapes}; they must agree`);
  });
  return terms.reduce((a, b) => add(a, b));
}

/**
 * The value of `f` at `x`, and its derivative along `v`: Σᵢ ∂f/∂xᵢ · vᵢ, of the value's shape. `x` is a tensor, or a
 * list of all arguments; `v` has the shapes of `x`. It is linear in `v`, and differentiable by `x` and `v`. This is
 * reverse mode twice: the pullback is linear in its cotangent, and pulled back itself it gives the derivative along
 * `v`.
 * @throws {DTypeError} when an input or the value holds no floats
 * @throws {ShapeError} when `v` has other shapes than `x`
 * @throws {ValueError} when there are no inputs, or not one tangent for each
 * @example
 * jvp((x) => x.square(), tensor([1, 2]), [1, 10]) // [tensor([1., 4.]), tensor([ 2., 40.])]
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html
 */
export function jvp<const X extends Inputs>(
  f: FunctionOf<X>,
  x: X,
  v: Like<X, TensorLike>,
): [value: Tensor, tangent: Tensor] {
  const [value, pullback] = pullFloat("jvp", f as (...inputs: Tensor[]) => Tensor, listOf("jvp", x));
  const [, transposed] = pull("jvp", (u) => inner("jvp", pullback(u), x, v), [zerosLike(value)]);
  return [value, transposed()[0]];
}

function jacobians(op: string, f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): Tensor[] {
  const [value, pullback] = pullFloat(op, f, inputs);
  const places = reshape(arange(value.size), value.shape);
  const rows = Array.from({ length: value.size }, (_, i) => pullback(cast(eq(places, i), value.dtype)));
  return inputs.map(({ shape, dtype }, k) => {
    const whole = [...value.shape, ...shape];
    return rows.length === 0 ? zeros(whole, { dtype }) : reshape(stack(rows.map((row) => row[k] as Tensor)), whole);
  });
}

/**
 * All first derivatives of `f` at `x`: J[i, j] = ∂f(x)ᵢ/∂xⱼ, of the shape [...value, ...x]; for a list of arguments a
 * list of such tensors. One pass back for each element of the value. It is differentiable.
 * @throws {DTypeError} when an input or the value holds no floats
 * @throws {ValueError} when there are no inputs
 * @example
 * jacobian((x) => x.cumsum(0), tensor([1, 2])) // tensor([[1., 0.], [1., 1.]])
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html
 */
export function jacobian<const X extends Inputs>(f: FunctionOf<X>, x: X): Like<X, Tensor> {
  return like(x, jacobians("jacobian", f as (...inputs: Tensor[]) => Tensor, listOf("jacobian", x)));
}

/**
 * All second derivatives at `x` of `f`, whose value has one element: H[i, j] = ∂²f/∂xᵢ∂xⱼ, of the shape [...x, ...x].
 * For a list of arguments a list of lists: `H[a][b]` has the shape [...xₐ, ...x_b]. For each element of `x`, it
 * takes a backward pass through the backward pass: for large `x` there is `hvp`. It is differentiable.
 * @throws {DTypeError} when an input or the value holds no floats
 * @throws {GradError} when the value has several elements
 * @throws {ValueError} when there are no inputs
 * @example
 * hessian((x) => x.pow(3).sum(), tensor([1, 2])) // tensor([[ 6., 0.], [ 0., 12.]])
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html
 */
export function hessian<const X extends Inputs>(f: FunctionOf<X>, x: X): Like<X, Like<X, Tensor>> {
  const inputs = listOf("hessian", x);
  const fn = f as (...inputs: Tensor[]) => Tensor;
  const gradient =
    (a: number) =>
    (...xs: Tensor[]) =>
      pullFloat("hessian", fn, xs)[1]()[a] as Tensor;
  return like(
    x,
    inputs.map((_, a) => like(x, jacobians("hessian", gradient(a), inputs))),
  );
}

/**
 * The value of `f` at `x`, which has one element, and the product H·v of its second derivatives with `v`, of the shapes
 * of `x`, for the price of a few passes: no matrix is made. `x` is a tensor, or a list of all arguments; `v` has the
 * shapes of `x`. It is differentiable by both.
 * @throws {DTypeError} when an input or the value holds no floats
 * @throws {GradError} when the value has several elements
 * @throws {ShapeError} when `v` has other shapes than `x`
 * @throws {ValueError} when there are no inputs, or not one tangent for each
 * @example
 * hvp((x) => x.pow(3).sum(), tensor([1, 2]), [1, 1]) // [tensor(9.), tensor([ 6., 12.])]
 * @see https://pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html
 */
export function hvp<const X extends Inputs>(
  f: FunctionOf<X>,
  x: X,
  v: Like<X, TensorLike>,
): [value: Tensor, product: Like<X, Tensor>] {
  const values: Tensor[] = [];
  const slope = (...xs: Tensor[]): Tensor => {
    const [value, pullback] = pullFloat("hvp", f as (...inputs: Tensor[]) => Tensor, xs);
    values.push(value);
    return inner("hvp", pullback(), x, v); // ⟨∇f(x), v⟩, whose gradient by x is H·v
  };
  const [, pullback] = pull("hvp", slope, listOf("hvp", x));
  const [value] = pull("hvp", () => values[0] as Tensor, []); // as the outside sees it: a constant, if it is one there
  return [value, like(x, pullback())];
}
