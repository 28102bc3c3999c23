// Values in another dtype (cast), copied (clone), and written into a leaf (assign).
import { bind, isGradEnabled, noGrad } from "../bind.ts";
import { checkDType, type DType, isFloat } from "../dtype.ts";
import { GradError } from "../errors.ts";
import { flattenNested } from "../nested.ts";
import { definePrimitive, type TensorType } from "../primitive.ts";
import { recording } from "../recorder.ts";
import { makeTensor, Tensor, type TensorLike } from "../tensor.ts";
import { stretchTo } from "./shape.ts";

const castP = definePrimitive<readonly [Tensor], { dtype: DType }>({
  name: "cast",
  kind: "elementwise",
  copies: true,
  flops: () => 0,
  infer: ([x], { dtype }) => ({ shape: (x as TensorType).shape, dtype }),
  vjps: [(ct) => ct], // backprop casts it back
  checks: ([x], out) => (out.dtype === "int32" && isFloat((x as TensorType).dtype) ? 0 : null), // NaN is no int32
});

/**
 * `x` in another dtype: [...] → [...]; `x` itself if it has that dtype. From floats to int32 fractions are cut off; as
 * bool, all but 0 is true. Gradients pass between floats. The method is `x.to(dtype)`.
 * @formula x
 * @derivative 1
 * @throws {DTypeError} when there is no such dtype
 * @throws {ValueError} when no int32 holds a number: NaN, ±∞, or beyond ±2³¹
 * @example
 * cast(tensor([1.7, -1.7]), "int32") // tensor([ 1, -1], dtype=int32)
 * tensor([0, 2]).to("bool") // tensor([false, true])
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.to.html
 */
export const cast = (x: TensorLike, dtype: DType): Tensor => castFor("to", x, dtype);

/** `cast`, in the name of another op. */
export function castFor(op: string, x: TensorLike, dtype: DType): Tensor {
  checkDType(op, dtype);
  if (x instanceof Tensor) return x.dtype === dtype ? x : bind(castP, [x], { dtype });
  // Numbers and arrays are made in the wanted precision at once: 0.1 as float64 is not float32's 0.1.
  const [values, shape] = flattenNested(op, x);
  return makeTensor(op, values, { shape, dtype });
}

const cloneP = definePrimitive({
  name: "clone",
  kind: "elementwise",
  copies: true,
  flops: () => 0,
  infer: ([x]) => x as TensorType,
  vjps: [(ct) => ct],
});

/**
 * A copy of `x` in storage of its own: [...] → [...]. The gradient passes to `x`.
 * @formula x
 * @derivative 1
 * @throws {ValueError} when `x` is neither a tensor nor numbers
 * @example
 * clone(tensor([1, 2])) // tensor([1., 2.])
 * @see https://pytorch.org/docs/stable/generated/torch.clone.html
 */
export const clone = (x: Tensor): Tensor => bind(cloneP, [x]);

/**
 * Overwrites the elements of a leaf in place, and returns the leaf: for optimizers and initialisers. `value` is
 * broadcast and cast to the shape and dtype of `x`. Tensors that share the storage see the change, and backprop refuses
 * to use what was changed. A leaf that requires a gradient is assigned inside `noGrad`.
 * @throws {GradError} when `x` is not a leaf, or requires a gradient outside `noGrad`
 * @throws {ShapeError} when `value` does not broadcast to the shape of `x`
 * @throws {ValueError} when no int32 holds a number that is assigned to integers
 * @example
 * const w = zeros([2], { requiresGrad: true });
 * noGrad(() => w.assign([1, 2])); // tensor([1., 2.], requiresGrad=true)
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.copy_.html
 */
export function assign(x: Tensor, value: TensorLike): Tensor {
  if (!x.isLeaf) throw new GradError("assign: only a leaf can be changed in place; make a new tensor instead");
  if (x.requiresGrad && isGradEnabled()) {
    throw new GradError("assign: this tensor requires a gradient; wrap the update in noGrad(() => …)");
  }
  const fitted = noGrad(() => stretchTo("assign", cast(value, x.dtype), x.shape));
  if (recording.current !== null) recording.current.assign(x, fitted);
  else x.storage.data.set(fitted.data);
  x.storage.version++;
  return x;
}
