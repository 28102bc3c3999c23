// The ops as methods of Tensor.
import { detach } from "./bind.ts";
import { ShapeError } from "./errors.ts";
import { backward } from "./grad.ts";
import { assign } from "./ops/cast.ts";
import * as ops from "./ops/index.ts";
import { show } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/**
 * The ops that are methods too: `op(x, …)` is `x.op(…)`. Functions only are those that begin with a list of tensors
 * (`cat`, `stack`), a condition (`where`), indices (`oneHot`) or a table (`embedding`).
 */
// biome-ignore format: a list reads better in lines
const names = [
  "add", "sub", "mul", "div", "pow", "maximum", "minimum", "xlogy", "logAddExp",
  "neg", "abs", "sign", "exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "square", "reciprocal", "sin", "cos", "erf",
  "floor", "ceil", "round", "clamp", "maskedFill",
  "relu", "sigmoid", "tanh", "softplus", "logSigmoid", "silu", "leakyRelu", "elu", "gelu",
  "eq", "ne", "lt", "le", "gt", "ge", "logicalAnd", "logicalOr", "logicalNot", "isNaN", "isFinite",
  "sum", "mean", "prod", "amax", "amin", "argmax", "argmin", "any", "all", "std", "norm", "cumsum",
  "logSumExp", "softmax", "softmin", "logSoftmax", "layerNorm",
  "reshape", "flatten", "squeeze", "unsqueeze", "transpose", "permute", "broadcastTo", "expand", "repeat",
  "slice", "select", "narrow", "split", "chunk", "flip", "pad", "tril", "triu",
  "gather", "scatterAdd", "indexSelect", "matmul", "dot", "outer", "clone",
] as const;

type Ops = Pick<typeof ops, (typeof names)[number]>;
type Method<F> = F extends (x: Tensor, ...rest: infer A) => infer R ? (...rest: A) => R : never;
/**
 * Typed by the ops themselves, so that nothing is said twice. In the packed types a step of the build writes them out as
 * methods, with the ops' docstrings (scripts/reference/write-methods.ts).
 */
type OpMethods = { readonly [K in keyof Ops]: Method<Ops[K]> };

/** What can be done with a tensor: the ops in the list above, and these. */
export interface Methods extends OpMethods {
  readonly var: Method<typeof ops.variance>;
  readonly to: Method<typeof ops.cast>;
  readonly detach: Method<typeof detach>;
  readonly backward: Method<typeof backward>;
  readonly assign: Method<typeof assign>;
  /** The transpose of a matrix: [M, N] → [N, M]. Throws a `ShapeError` for anything else. */
  readonly T: Tensor;
  /** The transposes of a batch of matrices: [..., M, N] → [..., N, M]. Throws a `ShapeError` for fewer than two axes. */
  readonly mT: Tensor;
}

function define(name: string, op: (x: Tensor, ...rest: never[]) => unknown): void {
  const value = function (this: Tensor, ...rest: never[]): unknown {
    return op(this, ...rest);
  };
  Object.defineProperty(Tensor.prototype, name, { value });
}
// biome-ignore lint/performance/noDynamicNamespaceImportAccess: every one of them is wanted
for (const name of names) define(name, ops[name]);
define("var", ops.variance);
define("to", ops.cast);
define("detach", detach);
define("backward", backward);
define("assign", assign);

function defineTranspose(name: "T" | "mT", fits: (ndim: number) => boolean, remedy: string): void {
  const get = function (this: Tensor): Tensor {
    if (!fits(this.ndim)) throw new ShapeError(`${name}: needs a matrix, got shape ${show(this.shape)}; ${remedy}`);
    return ops.transpose(this, -2, -1);
  };
  Object.defineProperty(Tensor.prototype, name, { get });
}
defineTranspose("T", (ndim) => ndim === 2, "use mT for a batch of matrices, or permute");
defineTranspose("mT", (ndim) => ndim >= 2, "use unsqueeze to make it one");

export { Tensor };
