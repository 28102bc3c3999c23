import { bind, toTensors } from "../bind.ts";
import { promote } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { definePrimitive, type TensorType } from "../primitive.ts";
import { broadcastShapes, show } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { reshape, squeeze, unsqueeze } from "./shape.ts";

/** Read a matrix as its transpose, without making a copy. Default false. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

type Flags = Required<MatmulOptions>;

const matmulP = definePrimitive<readonly [Tensor, Tensor], Flags>({
  name: "matmul",
  infer: ([x, y], { transposeA, transposeB }, name) => {
    const [a, b] = [x, y] as [TensorType, TensorType];
    const [m, k] = transposeA ? lastTwo(a).reverse() : lastTwo(a);
    const [k2, n] = transposeB ? lastTwo(b).reverse() : lastTwo(b);
    const label = `${show(a.shape)}${transposeA ? ".mT" : ""} @ ${show(b.shape)}${transposeB ? ".mT" : ""}`;
    if (k !== k2) {
      const remedy = k === n && !transposeB ? `; did you mean a.matmul(b.${b.shape.length > 2 ? "mT" : "T"})?` : "";
      throw new ShapeError(`${name}: ${label}: inner sizes ${k} and ${k2} differ${remedy}`);
    }
    if (a.dtype === "bool" || b.dtype === "bool")
      throw new DTypeError(`${name}: bool has no products; use .to("int32")`);
    const batch = broadcastShapes(name, a.shape.slice(0, -2), b.shape.slice(0, -2));
    return { shape: [...batch, m as number, n as number], dtype: promote(a.dtype, b.dtype) };
  },
  // C = A·B: ∂L/∂A = ct·Bᵀ and ∂L/∂B = Aᵀ·ct; for an input that is read as its transpose, the transpose of that.
  // The flags stand for the transposes, so that no gradient copies a matrix.
  vjps: [
    (ct, [, b], _, { transposeA, transposeB }) =>
      transposeA
        ? product(b, ct, { transposeA: transposeB, transposeB: true })
        : product(ct, b, { transposeA: false, transposeB: !transposeB }),
    (ct, [a], _, { transposeA, transposeB }) =>
      transposeB
        ? product(ct, a, { transposeA: true, transposeB: transposeA })
        : product(a, ct, { transposeA: !transposeA, transposeB: false }),
  ],
});

const lastTwo = ({ shape }: TensorType): number[] => shape.slice(-2);

const product = (a: Tensor, b: Tensor, flags: Flags): Tensor => bind(matmulP, [a, b], { ...flags });

/**
 * Matrix product. Two vectors give their dot product; a vector meets a matrix as a row (left) or a column (right);
 * leading axes are batches and broadcast. The transpose flags apply to the last two axes.
 * @see https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export function matmul(
  a: TensorLike,
  b: TensorLike,
  { transposeA = false, transposeB = false }: MatmulOptions = {},
): Tensor {
  const [x, y] = toTensors("matmul", [a, b]) as [Tensor, Tensor];
  if (x.ndim === 0 || y.ndim === 0) {
    throw new ShapeError(`matmul: ${show(x.shape)} @ ${show(y.shape)}: a 0-d tensor scales; use mul`);
  }
  if ((transposeA && x.ndim === 1) || (transposeB && y.ndim === 1)) {
    throw new ShapeError(`matmul: ${show(x.shape)} @ ${show(y.shape)}: a vector has no transpose; drop the flag`);
  }
  if (x.ndim === 1 && y.ndim === 1 && x.size !== y.size) {
    throw new ShapeError(`matmul: ${show(x.shape)} @ ${show(y.shape)}: the lengths ${x.size} and ${y.size} differ`);
  }
  const row = x.ndim === 1;
  const column = y.ndim === 1;
  const out = product(row ? unsqueeze(x, 0) : x, column ? unsqueeze(y, 1) : y, { transposeA, transposeB });
  if (row && column) return reshape(out, []);
  return row ? squeeze(out, -2) : column ? squeeze(out, -1) : out;
}
