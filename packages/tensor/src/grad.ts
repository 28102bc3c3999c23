// Reverse-mode differentiation: backprop, and the functions that ask for gradients.
import { checkTensor, detach, isGradEnabled, link, ruleFor, withGrad } from "./bind.ts";
import { onesLike, zerosLike } from "./create.ts";
import { isFloat } from "./dtype.ts";
import { DTypeError, GradError, ShapeError } from "./errors.ts";
import { cast, castFor, clone } from "./ops/cast.ts";
import { add } from "./ops/elementwise.ts";
import { sum } from "./ops/reduce.ts";
import { reshape } from "./ops/shape.ts";
import { checkFunction, checkOptions, describeValue } from "./options.ts";
import type { Node } from "./primitive.ts";
import { broadcastsTo, sameShape, show } from "./shape.ts";
import { Tensor, type TensorLike } from "./tensor.ts";

/** The part of the graph between an output and some targets, in the order in which it was computed. */
export interface Tape {
  readonly output: Tensor;
  /** What a cotangent is wanted for: the targets, then every tensor computed from them on the way to the output. */
  readonly tensors: readonly Tensor[];
  /** Where in `tensors` each of them is. */
  readonly indexOf: ReadonlyMap<Tensor, number>;
  /** The targets that the output depends on. */
  readonly targets: readonly Tensor[];
  /** Whether something else that requires a gradient was met on the way: then the gradients depend on that, too. */
  readonly open: boolean;
}

/** Stand-ins for inputs of functions that have returned: constants, since they cannot be differentiated by any more. */
const spent = new WeakSet<Tensor>();

/** Walks back from `output`, to the targets, without recursion: a graph may be 200,000 ops deep. */
export function toposort(output: Tensor, isTarget: (x: Tensor) => boolean): Tape {
  const seen = new Set<Tensor>([output]);
  const stack = [output];
  const targets: Tensor[] = [];
  const computed: Tensor[] = [];
  let open = false;
  for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
    const { node } = x;
    if (isTarget(x)) {
      targets.push(x);
      open ||= node !== null;
    } else if (node === null) {
      open ||= x.requiresGrad && !spent.has(x);
    } else {
      computed.push(x);
      for (let i = 0; i < node.inputs.length; i++) {
        const input = node.inputs[i] as Tensor;
        if (!input.requiresGrad || seen.has(input) || ruleFor(node.rules, i) === null) continue;
        seen.add(input);
        stack.push(input);
      }
    }
  }
  // An op's inputs are older than its output, so the numbers of the nodes are a topological order.
  computed.sort((a, b) => (a.node as Node).id - (b.node as Node).id);
  const indexOf = new Map(targets.map((x, i) => [x, i]));
  for (const x of computed) if (x.node?.inputs.some((input) => indexOf.has(input))) indexOf.set(x, indexOf.size);
  return { output, tensors: [...indexOf.keys()], indexOf, targets, open };
}

/** One application of a rule in `backward()`: from the output of an op to one of its inputs. */
export interface BackwardStep {
  /** The name of the op. */
  readonly op: string;
  /** What the op gave. */
  readonly output: Tensor;
  /** The gradient by the output, complete: the rules of all ops that use it have run. */
  readonly cotangent: Tensor;
  /** Which input: its position. */
  readonly index: number;
  /** Which input: the tensor. */
  readonly input: Tensor;
  /** What the rule returned. */
  readonly returned: Tensor;
  /** The same with broadcasting and promotion undone: of the input's shape and dtype. */
  readonly contribution: Tensor;
  /** The sum of all contributions to this input so far, by this op and by others. */
  readonly total: Tensor;
}

/**
 * Reverse-mode differentiation: carries `cotangent`, the gradient by the output, back to the targets, and returns theirs.
 * Cotangents live in this list only, so a second pass starts clean; each op is visited once, however many paths lead
 * through it. If `steps` is given, each application of a rule is appended to it.
 */
export function backprop(tape: Tape, cotangent: Tensor, steps?: BackwardStep[]): (Tensor | undefined)[] {
  const { output, tensors, indexOf, targets } = tape;
  const cotangents = tensors.map((x) => (x === output ? cotangent : undefined));
  for (let k = tensors.length - 1; k >= targets.length; k--) {
    const out = tensors[k] as Tensor;
    const ct = cotangents[k] as Tensor;
    cotangents[k] = undefined; // nothing asks for it again, and it may be large
    const { rules, inputs, params, versions } = out.node as Node;
    const changed = changedSince(versions, inputs, out);
    if (changed >= 0) {
      const what = changed === inputs.length ? "the output" : `input ${changed}`;
      const which = `${what} of ${rules.name}, shape ${show((inputs[changed] ?? out).shape)}`;
      throw new GradError(`backward: ${which}, was changed by assign after it was used; run the forward pass again`);
    }
    for (let i = 0; i < inputs.length; i++) {
      const input = inputs[i] as Tensor;
      const rule = ruleFor(rules, i);
      const index = indexOf.get(input);
      if (rule === null || index === undefined) continue;
      const returned = rule(ct, inputs, out, params, i);
      const contribution = unbroadcast(returned, input, rules.name, i);
      const sofar = cotangents[index];
      const total = sofar === undefined ? contribution : add(sofar, contribution);
      cotangents[index] = total;
      steps?.push({ op: rules.name, output: out, cotangent: ct, index: i, input, returned, contribution, total });
    }
  }
  return cotangents.slice(0, targets.length);
}

/** Which input (or, last, the output) was assigned since its version was noted; −1 for none. */
function changedSince(versions: readonly number[], inputs: readonly Tensor[], out: Tensor): number {
  for (let i = 0; i < inputs.length; i++) if ((inputs[i] as Tensor).storage.version !== versions[i]) return i;
  return out.storage.version === versions[inputs.length] ? -1 : inputs.length;
}

/**
 * The one place where broadcasting and promotion are undone: a value that was stretched contributed several times,
 * so its gradient is the sum; a value that was cast gets its gradient in its own dtype.
 */
function unbroadcast(ct: Tensor, input: Tensor, op: string, i: number): Tensor {
  if (!(ct instanceof Tensor))
    throw new GradError(`${op}: the rule for input ${i} must return a tensor, got ${describeValue(ct)}`);
  if (sameShape(input.shape, ct.shape)) return ct.dtype === input.dtype ? ct : cast(ct, input.dtype);
  if (!broadcastsTo(input.shape, ct.shape)) {
    const shapes = `a cotangent of shape ${show(ct.shape)}; the input has shape ${show(input.shape)}`;
    throw new GradError(`${op}: the rule for input ${i} returned ${shapes}`);
  }
  const extra = ct.ndim - input.ndim;
  const stretched = [...ct.shape.keys()].filter((axis) => ct.shape[axis] !== input.shape[axis - extra]);
  return cast(reshape(sum(ct, stretched, { keepdim: true }), input.shape), input.dtype);
}

/** The cotangent to start from: the given one, made to fit, or 1 for a single number. */
function initialCotangent(op: string, output: Tensor, cotangent: TensorLike | undefined): Tensor {
  if (cotangent === undefined) {
    if (output.size !== 1) {
      const remedy = "pass a cotangent of that shape, or reduce it with .sum() or .mean()";
      throw new GradError(`${op}: the output has shape ${show(output.shape)}, not one element; ${remedy}`);
    }
    return onesLike(output);
  }
  const ct = castFor(op, cotangent, output.dtype);
  if (sameShape(ct.shape, output.shape)) return ct;
  throw new ShapeError(`${op}: the cotangent has shape ${show(ct.shape)}, the output ${show(output.shape)}`);
}

/**
 * What `output.backward(cotangent)` does, rule by rule, in its order: the newest op first, so that each comes after
 * all ops that use its output. These are the rules that backward runs; no `.grad` is touched.
 * @param cotangent the gradient by the output, of its shape; default: 1, for one element
 * @throws {GradError} when the output has several elements and no cotangent is given, a tensor was changed, or a rule
 * is wrong
 * @throws {ShapeError} when the cotangent has another shape than the output
 * @example
 * const x = tensor(3, { requiresGrad: true });
 * backwardSteps(x.mul(x)).map(({ contribution, total }) => [contribution.item(), total.item()]) // [[3, 3], [3, 6]]
 */
export function backwardSteps(output: Tensor, cotangent?: TensorLike): BackwardStep[] {
  checkTensor("backwardSteps", "the output", output);
  const steps: BackwardStep[] = [];
  const tape = toposort(output, isLeafWithGrad);
  withGrad(false, () => backprop(tape, initialCotangent("backward", output, cotangent), steps));
  return steps;
}

const isLeafWithGrad = (x: Tensor): boolean => x.isLeaf && x.requiresGrad;

/** The options of `backward`. */
export interface BackwardOptions {
  /** Make the gradients differentiable themselves. Default false. */
  readonly createGraph?: boolean;
}

/**
 * Adds ∂(this)/∂(leaf) to `.grad` of every leaf that requires it. Nothing is written before the whole pass has
 * succeeded.
 * @param cotangent the gradient by this tensor, of its shape; default: 1, for one element
 * @throws {GradError} when nothing requires a gradient, this has several elements and no cotangent is given, or a
 * tensor was changed by `assign` after it was used
 * @throws {ShapeError} when the cotangent has another shape than this
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * x.square().sum().backward();
 * x.grad // tensor([2., 4.])
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.backward.html
 */
export function backward(output: Tensor, cotangent?: TensorLike, options: BackwardOptions = {}): void {
  const { createGraph = false } = checkOptions("backward", options, { createGraph: "boolean" });
  const remedy = "make a leaf with { requiresGrad: true }, and compute outside noGrad";
  if (!output.requiresGrad) throw new GradError(`backward: nothing here requires a gradient; ${remedy}`);
  const tape = toposort(output, isLeafWithGrad);
  withGrad(createGraph, () => {
    const cotangents = backprop(tape, initialCotangent("backward", output, cotangent));
    for (const [i, leaf] of tape.targets.entries()) {
      const ct = cotangents[i] as Tensor;
      // A copy, since one cotangent may have reached several leaves, and each may change its own in place.
      leaf.grad = leaf.grad === null ? clone(ct) : add(leaf.grad, ct);
    }
  });
}

/**
 * The value of `f` at `inputs`, and a function that takes a cotangent, of the output's shape, to one gradient for each
 * input, of its shape. Where `f` uses one of `inputs` itself, instead of its argument, that is a constant to this
 * derivative, and not to an outer one.
 * @throws {GradError} when an input is not a tensor, `f` gives no tensor, or the output has several elements and no
 * cotangent is given
 * @throws {DTypeError} when an input holds no floats
 * @throws {ShapeError} when the cotangent has another shape than the output
 * @example
 * const [value, pullback] = vjp((x) => x.square(), tensor([1, 2]));
 * value // tensor([1., 4.])
 * pullback([1, 10]) // [tensor([ 2., 40.])]
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.vjp.html
 */
export function vjp<I extends Tensor[]>(
  f: (...inputs: I) => Tensor,
  ...inputs: I
): [value: Tensor, pullback: Pullback<I>] {
  return pull("vjp", f, inputs);
}

/** From a cotangent of the output (default 1, for one element) to one gradient for each input. */
export type Pullback<I extends Tensor[]> = (cotangent?: TensorLike) => { [K in keyof I]: Tensor };

export function pull<I extends Tensor[]>(op: string, f: (...inputs: I) => Tensor, inputs: I): [Tensor, Pullback<I>] {
  checkFunction(op, f);
  const aliases = inputs.map((x, i) => alias(op, x, i));
  const targets = new Set(aliases);
  const value = withGrad(true, () => f(...(aliases as I)));
  if (!(value instanceof Tensor))
    throw new GradError(`${op}: the function must return one tensor, got ${describeValue(value)}`);
  const tape = toposort(value, (x) => targets.has(x));
  for (const x of aliases) if (x.isLeaf) spent.add(x);
  const pullback: Pullback<I> = (cotangent) => {
    const ct = initialCotangent(op, value, cotangent);
    // Recorded if the gradients depend on something that may be differentiated by: so nested grads work.
    return withGrad(isGradEnabled() && (tape.open || ct.requiresGrad), () => {
      const cotangents = backprop(tape, ct);
      return aliases.map((x) => cotangents[tape.indexOf.get(x) ?? -1] ?? zerosLike(x)) as ReturnType<Pullback<I>>;
    });
  };
  return [tape.open && isGradEnabled() ? value : detach(value), pullback];
}

/** A stand-in for `x` that only one derivative knows; it stays linked to `x`, for the sake of outer derivatives. */
function alias(op: string, x: Tensor, i: number): Tensor {
  if (!(x instanceof Tensor)) {
    throw new GradError(`${op}: input ${i} is not a tensor but ${describeValue(x)}; wrap it in tensor(…)`);
  }
  if (!isFloat(x.dtype)) {
    throw new DTypeError(`${op}: input ${i} is ${x.dtype}; only floats have gradients: use it from outside`);
  }
  const copy = link(detach(x), { name: "alias", vjps: [(ct) => ct] }, [x]);
  if (copy.isLeaf) copy.requiresGrad = true;
  return copy;
}

/** Which arguments `grad` and `valueAndGrad` differentiate by. */
export interface GradOptions<A extends number | readonly number[] = number> {
  /** A position gives one gradient, a list of positions a list. Default 0. */
  readonly argnums?: A;
}

/** One gradient, or a list of them, as `argnums` is one position or a list. */
export type Gradients<A> = A extends readonly number[] ? Tensor[] : Tensor;

/**
 * From `f`, whose result has one element, the function that gives `f`'s value and its gradient by its first argument
 * (or by `argnums`), in that argument's shape. It nests: the gradient of a gradient is right.
 * @throws {GradError} when `argnums` are not positions or name one twice, an argument is not a tensor, or `f` gives
 * anything but one element
 * @throws {DTypeError} when an argument to differentiate by holds no floats
 * @example
 * const f = valueAndGrad((w: Tensor, x: Tensor) => w.mul(x).sum());
 * f(tensor([1, 2]), tensor([3, 4])) // [tensor(11.), tensor([3., 4.])]
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.value_and_grad.html
 */
export function valueAndGrad<I extends Tensor[], const A extends number | readonly number[] = number>(
  f: (...inputs: I) => Tensor,
  options: GradOptions<A> = {},
): (...inputs: I) => [value: Tensor, gradient: Gradients<A>] {
  return gradOf("valueAndGrad", f, options);
}

/**
 * From `f`, whose result has one element, the function that gives its gradient by its first argument (or by `argnums`),
 * in that argument's shape. It nests: the gradient of a gradient is right.
 * @throws {GradError} when `argnums` are not positions or name one twice, an argument is not a tensor, or `f` gives
 * anything but one element
 * @throws {DTypeError} when an argument to differentiate by holds no floats
 * @example
 * grad(grad((x) => x.pow(3)))(tensor(2)) // tensor(12.)
 * @see https://docs.jax.dev/en/latest/_autosummary/jax.grad.html
 */
export function grad<I extends Tensor[], const A extends number | readonly number[] = number>(
  f: (...inputs: I) => Tensor,
  options: GradOptions<A> = {},
): (...inputs: I) => Gradients<A> {
  const both = gradOf("grad", f, options);
  return (...inputs) => both(...inputs)[1];
}

function positionsOf(op: string, argnums: number | readonly number[] = 0): readonly number[] {
  const positions: readonly number[] = Array.isArray(argnums) ? argnums : [argnums];
  const isPosition = (p: unknown): boolean => Number.isSafeInteger(p) && (p as number) >= 0;
  if (positions.length > 0 && positions.every(isPosition) && new Set(positions).size === positions.length) {
    return [...positions];
  }
  const given = Array.isArray(argnums) ? `[${argnums.map(describeValue).join(", ")}]` : describeValue(argnums);
  throw new GradError(`${op}: argnums is a position, 0 or more, or a list of different ones; got ${given}`);
}

function gradOf<I extends Tensor[], A extends number | readonly number[]>(
  op: string,
  f: (...inputs: I) => Tensor,
  options: GradOptions<A>,
): (...inputs: I) => [Tensor, Gradients<A>] {
  checkFunction(op, f);
  const { argnums } = checkOptions(op, options, { argnums: "any" });
  const positions = positionsOf(op, argnums);
  return (...inputs) => {
    const gap = positions.find((p) => inputs[p] === undefined);
    if (gap !== undefined) throw new GradError(`${op}: argnums names argument ${gap}, but there are ${inputs.length}`);
    // The other arguments pass through as they are.
    const closed = (...aliases: Tensor[]): Tensor =>
      f(...(inputs.map((x, p) => aliases[positions.indexOf(p)] ?? x) as I));
    const chosen = positions.map((p) => inputs[p] as Tensor);
    const [value, pullback] = pull(op, closed, chosen);
    const gradients = pullback();
    return [value, (typeof argnums === "object" ? gradients : gradients[0]) as Gradients<A>];
  };
}
