// Sums of products of tensors whose axes are named by letters.
import { toTensors } from "../bind.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { mul } from "../ops/elementwise.ts";
import { inTheNameOf } from "../ops/ensure.ts";
import { matmul } from "../ops/matmul.ts";
import { sum } from "../ops/reduce.ts";
import { permute, reshape } from "../ops/shape.ts";
import { describeValue } from "../options.ts";
import { type Shape, show, sizeOf } from "../shape.ts";
import { Tensor, type TensorLike } from "../tensor.ts";
import { diagonal } from "./layout.ts";

/** A tensor with a name for each axis: a letter, or `.1`, `.2`, … for those of an ellipsis, counted from the last one. */
interface Named {
  readonly x: Tensor;
  readonly axes: readonly string[];
}

/** The letters of a term, `dots` in the place of its ellipsis. */
function expand(term: string, dots: readonly string[]): string[] {
  const [before = "", after] = term.split("...");
  return after === undefined ? [...before] : [...before, ...dots, ...after];
}

const nameOf = (axis: string): string => (axis.startsWith(".") ? '"..."' : `"${axis}"`);

/** The axes of each operand, and of the result. */
function parse(equation: string, shapes: readonly Shape[]): { terms: string[][]; output: string[] } {
  const form = 'letters name axes, as in "ij,jk->ik", and one "..." in a term those without a name';
  if (typeof equation !== "string") {
    throw new ValueError(`einsum: an equation is a string, got ${describeValue(equation)}; ${form}`);
  }
  const [, left, right] =
    /^((?:[a-zA-Z,]|\.{3})*)(?:->((?:[a-zA-Z]|\.{3})*))?$/.exec(equation.replaceAll(" ", "")) ?? [];
  const words = left?.split(",") ?? [];
  if (left === undefined || [...words, right ?? ""].some((term) => term.split("...").length > 2)) {
    throw new ValueError(`einsum: ${describeValue(equation)} is not an equation: ${form}`);
  }
  if (words.length !== shapes.length) {
    throw new ValueError(`einsum: "${equation}" has ${words.length} terms for ${shapes.length} tensors`);
  }
  let most: string[] = [];
  const terms = words.map((term, i) => {
    const shape = shapes[i] as Shape;
    const unnamed = shape.length - term.replace("...", "").length;
    if (unnamed < 0 || (unnamed > 0 && !term.includes("..."))) {
      throw new ShapeError(`einsum: "${term}" does not name the ${shape.length} axes of operand ${i}, ${show(shape)}`);
    }
    const dots = Array.from({ length: unnamed }, (_, k) => `.${unnamed - k}`);
    if (dots.length > most.length) most = dots;
    return expand(term, dots);
  });
  const all = terms.flat();
  const once = [...new Set(all)].filter((axis) => !axis.startsWith(".") && all.indexOf(axis) === all.lastIndexOf(axis));
  const output = right === undefined ? [...most, ...once.sort()] : expand(right, most);
  for (const [i, axis] of output.entries()) {
    if (!all.includes(axis)) throw new ValueError(`einsum: the result has an axis "${axis}", which no operand has`);
    if (output.indexOf(axis) < i) throw new ValueError(`einsum: the result has two axes "${axis}"; name each once`);
  }
  return { terms, output };
}

/** An axis that a term names twice becomes the diagonal of the two. */
function withDiagonals(x: Tensor, axes: readonly string[], operand: number): Named {
  const dim2 = axes.findIndex((axis, i) => axes.indexOf(axis) < i);
  if (dim2 < 0) return { x, axes };
  const axis = axes[dim2] as string;
  const dim1 = axes.indexOf(axis);
  if (x.shape[dim1] !== x.shape[dim2]) {
    throw new ShapeError(
      `einsum: "${axis}" names axes of sizes ${x.shape[dim1]} and ${x.shape[dim2]} of operand ${operand}`,
    );
  }
  return withDiagonals(
    diagonal(x, { dim1, dim2 }),
    [...axes.filter((_, i) => i !== dim1 && i !== dim2), axis],
    operand,
  );
}

/** Throws unless axes of one name have one size, or the size 1. */
function checkSizes(operands: readonly Named[]): void {
  const sizes = new Map<string, number>();
  for (const [operand, { x, axes }] of operands.entries()) {
    for (const [i, axis] of axes.entries()) {
      const [n, known = 1] = [x.shape[i] as number, sizes.get(axis)];
      if (known === 1) sizes.set(axis, n);
      else if (n !== known && n !== 1) {
        throw new ShapeError(
          `einsum: ${nameOf(axis)} has size ${n} in operand ${operand} and ${known} in one before it`,
        );
      }
    }
  }
}

/** The size of an axis, if there is one. */
const sizeIn = ({ x, axes }: Named, axis: string): number | undefined => x.shape[axes.indexOf(axis)];

/** The sum over the axes that are not to be kept. */
function summed(named: Named, keep: (axis: string) => boolean): Named {
  const { x, axes } = named;
  const gone = axes.flatMap((axis, i) => (keep(axis) ? [] : i));
  return gone.length === 0 ? named : { x: sum(x, gone), axes: axes.filter(keep) };
}

/** x with its axes in this order; those that it lacks have size 1. */
function ordered(named: Named, order: readonly string[]): Tensor {
  const { x, axes } = named;
  const own = order.filter((axis) => axes.includes(axis));
  const moved = own.every((axis, i) => axis === axes[i])
    ? x
    : permute(
        x,
        own.map((axis) => axes.indexOf(axis)),
      );
  return reshape(
    moved,
    order.map((axis) => sizeIn(named, axis) ?? 1),
  );
}

/** The product of two, summed over the axes that are not needed any more. */
function contract(left: Named, right: Named, needed: ReadonlySet<string>): Named {
  // What only one of them has is summed there at once; so is an axis that is 1 in the other.
  const keep = (axis: string): boolean => needed.has(axis) || sizeIn(left, axis) === sizeIn(right, axis);
  const [a, b] = [summed(left, keep), summed(right, keep)];
  const both = a.axes.filter((axis) => b.axes.includes(axis));
  const [batch, over] = [both.filter((axis) => needed.has(axis)), both.filter((axis) => !needed.has(axis))];
  const [rows, columns] = [a, b].map(({ axes }) => axes.filter((axis) => !both.includes(axis))) as [string[], string[]];
  const axes = [...batch, ...rows, ...columns];
  if (over.length === 0) return { x: mul(ordered(a, axes), ordered(b, axes)), axes };
  const sizesOf = (named: Named, list: readonly string[]): number[] =>
    list.map((axis) => sizeIn(named, axis) as number);
  /** As matrices [m, n], m and n being the sizes of some axes each. */
  const matrices = (named: Named, m: readonly string[], n: readonly string[]): Tensor =>
    reshape(
      ordered(named, [...batch, ...m, ...n]),
      [batch, m, n].flatMap((list, i) => {
        const sizes = sizesOf(named, list);
        return i === 0 ? sizes : sizeOf(sizes);
      }),
    );
  // Read as its transpose, a tensor whose axes lie the other way round needs no copy.
  const transposeA = !over.includes(a.axes.at(-1) as string);
  const transposeB = over.includes(b.axes.at(-1) as string);
  const x = transposeA ? matrices(a, over, rows) : matrices(a, rows, over);
  const y = transposeB ? matrices(b, columns, over) : matrices(b, over, columns);
  const product = matmul(x, y, { transposeA, transposeB });
  return { x: reshape(product, [...product.shape.slice(0, -2), ...sizesOf(a, rows), ...sizesOf(b, columns)]), axes };
}

/**
 * Einstein's sum: the product of tensors whose axes have letters, summed over all that the result does not name;
 * "ij,jk->ik" takes [I, J] and [J, K] to [I, K]. Without `->`, the result has the letters that occur once, in the order
 * of the alphabet. A letter twice in one term takes the diagonal; `...` stands for axes without letters, which
 * broadcast, as do axes of size 1. Spaces do not count. Products are made from left to right, by `matmul` where
 * something is summed.
 * @formula Σ Πxₖ
 * @derivative for each operand, the einsum of the gradient and the others
 * @throws {ValueError} when the equation is none, or has not one term for each operand
 * @throws {ShapeError} when sizes do not fit
 * @example
 * const a = tensor([[1, 2], [3, 4]]);
 * einsum("ij,jk->ik", a, a) // tensor([[ 7., 10.], [15., 22.]])
 * einsum("ii", a) // tensor(5.)
 * @see https://pytorch.org/docs/stable/generated/torch.einsum.html
 */
export function einsum(equation: string, ...operands: readonly TensorLike[]): Tensor {
  const [first] = operands as readonly unknown[];
  if (Array.isArray(first) && first[0] instanceof Tensor) {
    throw new ValueError('einsum: operands come one by one, as in einsum("ij,jk->ik", a, b); got an array of tensors');
  }
  const tensors = toTensors("einsum", operands);
  const { terms, output } = parse(
    equation,
    tensors.map(({ shape }) => shape),
  );
  const inputs = tensors.map((x, i) => withDiagonals(x, terms[i] as string[], i));
  checkSizes(inputs);
  return inTheNameOf("einsum", () => {
    const product = inputs.reduce((left, right, i) => {
      const later = inputs.slice(i + 1).flatMap(({ axes }) => axes);
      return contract(left, right, new Set([...output, ...later]));
    });
    return ordered(
      summed(product, (axis) => output.includes(axis)),
      output,
    );
  });
}
