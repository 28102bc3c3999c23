// Matrix products.
import { bind, toTensors } from "../bind.ts";
import { promote } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { definePrimitive, type TensorType } from "../primitive.ts";
import { broadcastShapes, show, sizeOf } from "../shape.ts";
import type { Tensor, TensorLike } from "../tensor.ts";
import { mul } from "./elementwise.ts";
import { reshape, squeeze, unsqueeze } from "./shape.ts";

/** The options of `matmul`: each reads a matrix as its transpose, without making a copy. */
export interface MatmulOptions {
  /** Reads `a` as its transpose. Default false. */
  readonly transposeA?: boolean;
  /** Reads `b` as its transpose. Default false. */
  readonly transposeB?: boolean;
}
const matmulKinds = { transposeA: "boolean", transposeB: "boolean" } as const;

type Flags = Required<MatmulOptions>;

const matmulP = definePrimitive<readonly [Tensor, Tensor], Flags>({
  name: "matmul",
  kind: "product",
  flops: ([a], { shape }, { transposeA }) =>
    2 * sizeOf(shape) * ((a as TensorType).shape.at(transposeA ? -2 : -1) as number),
  infer: ([x, y], { transposeA, transposeB }, name) => {
    const [a, b] = [x, y] as [TensorType, TensorType];
    const m = a.shape.at(transposeA ? -1 : -2) as number;
    const n = b.shape.at(transposeB ? -2 : -1) as number;
    const batch = broadcastShapes(`${name}: batches`, a.shape.slice(0, -2), b.shape.slice(0, -2));
    return { shape: [...batch, m, n], dtype: promote(a.dtype, b.dtype) };
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

const product = (a: Tensor, b: Tensor, { transposeA, transposeB }: Flags): Tensor =>
  bind(matmulP, [a, b], { transposeA, transposeB });

/**
 * The matrix product: [..., M, K] and [..., K, N] → [..., M, N]; leading axes are batches and broadcast. Two vectors
 * give their dot product; a vector meets a matrix as a row (left) or a column (right).
 * @formula A·B
 * @derivative ∂/∂A = ct·Bᵀ, ∂/∂B = Aᵀ·ct
 * @throws {ShapeError} when the inner sizes differ, batches do not broadcast, or an operand is 0-d
 * @throws {DTypeError} when an operand is bool
 * @throws {ValueError} when an operand is neither a tensor nor numbers, or an option is misspelt
 * @example
 * const a = tensor([[1, 2], [3, 4]]);
 * matmul(a, [10, 1]) // tensor([12., 34.])
 * matmul(a, a, { transposeB: true }) // tensor([[ 5., 11.], [11., 25.]])
 * @see https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export function matmul(a: TensorLike, b: TensorLike, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false } = checkOptions("matmul", options, matmulKinds);
  const [x, y] = toTensors("matmul", [a, b]) as [Tensor, Tensor];
  checkOperands(x, y, transposeA, transposeB);
  // Many matrices times one are one tall matrix times it, and so is the gradient by the one.
  if (x.ndim > 2 && y.ndim === 2 && !transposeA) {
    const tall = product(reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1) as number]), y, {
      transposeA,
      transposeB,
    });
    return reshape(tall, [...x.shape.slice(0, -1), tall.shape[1] as number]);
  }
  const row = x.ndim === 1;
  const column = y.ndim === 1;
  const out = product(row ? unsqueeze(x, 0) : x, column ? unsqueeze(y, 1) : y, { transposeA, transposeB });
  if (row && column) return reshape(out, []);
  return row ? squeeze(out, -2) : column ? squeeze(out, -1) : out;
}

function checkOperands(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): void {
  const label = `matmul: ${show(a.shape)}${transposeA ? ".mT" : ""} @ ${show(b.shape)}${transposeB ? ".mT" : ""}`;
  if (a.ndim === 0 || b.ndim === 0) throw new ShapeError(`${label}: takes vectors and matrices, not a number; use mul`);
  if ((transposeA && a.ndim === 1) || (transposeB && b.ndim === 1)) {
    throw new ShapeError(`${label}: a vector has no transpose; leave out the option`);
  }
  if (a.dtype === "bool" || b.dtype === "bool")
    throw new DTypeError(`${label}: bool has no products; use .to("int32")`);
  const along = a.shape.at(transposeA ? -2 : -1);
  const against = b.shape.at(transposeB || b.ndim === 1 ? -1 : -2);
  if (along === against) return;
  const fits = b.ndim > 1 && !transposeB && along === b.shape.at(-1);
  const remedy = fits ? `; did you mean a.matmul(b.${b.ndim > 2 ? "mT" : "T"})?` : "";
  throw new ShapeError(`${label}: inner sizes ${along} and ${against} differ${remedy}`);
}

/** Two vectors as tensors. */
function vectors(op: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const [x, y] = toTensors(op, [a, b]) as [Tensor, Tensor];
  if (x.ndim === 1 && y.ndim === 1) return [x, y];
  throw new ShapeError(`${op}: needs two vectors, got ${show(x.shape)} and ${show(y.shape)}`);
}

/**
 * The dot product of two vectors of one length: [N] and [N] → [].
 * @formula Σ aᵢ·bᵢ
 * @derivative ∂/∂a = b, ∂/∂b = a
 * @throws {ShapeError} when they are not two vectors of one length
 * @throws {DTypeError} when a vector is bool
 * @example
 * dot([1, 2], [3, 4]) // tensor(11.)
 * @see https://pytorch.org/docs/stable/generated/torch.dot.html
 */
export const dot = (a: TensorLike, b: TensorLike): Tensor => matmul(...vectors("dot", a, b));

/**
 * All products of the entries of two vectors: [M] and [N] → [M, N].
 * @formula aᵢ·bⱼ
 * @derivative ∂/∂aᵢ = bⱼ, ∂/∂bⱼ = aᵢ
 * @throws {ShapeError} when they are not two vectors
 * @example
 * outer([1, 2], [3, 4]) // tensor([[3., 4.], [6., 8.]])
 * @see https://pytorch.org/docs/stable/generated/torch.outer.html
 */
export function outer(a: TensorLike, b: TensorLike): Tensor {
  const [x, y] = vectors("outer", a, b);
  return mul(unsqueeze(x, 1), y);
}
