// bind, which runs every op, and what goes with it: tensors from numbers, recording, custom gradients.
import { execute } from "./backend/index.ts";
import { shared } from "./copies.ts";
import { allocate, asMemoryError, type DType, isFloat, promote, weakDType } from "./dtype.ts";
import { GradError, ValueError } from "./errors.ts";
import { flattenNested } from "./nested.ts";
import { checkFunction, checkOptions, describeValue } from "./options.ts";
import type { Params, Primitive, Rules, TensorType } from "./primitive.ts";
import { recording } from "./recorder.ts";
import { sizeOf } from "./shape.ts";
import { makeTensor, Storage, Tensor, type TensorLike } from "./tensor.ts";

const mode = shared("mode", () => ({ gradEnabled: true }));
let nextId = 0;

/**
 * Whether operations are being recorded for backprop. Never throws.
 * @example
 * isGradEnabled() // true
 * noGrad(isGradEnabled) // false
 * @see https://pytorch.org/docs/stable/generated/torch.is_grad_enabled.html
 */
export const isGradEnabled = (): boolean => mode.gradEnabled;

/** The number that the next node gets: those made before have smaller ones. */
export const nextNode = (): number => nextId;

/** Runs `fn` with recording on or off, and restores what was before, whatever happens. */
export function withGrad<R>(enabled: boolean, fn: () => R): R {
  const before = mode.gradEnabled;
  mode.gradEnabled = enabled;
  try {
    const result = fn();
    if (result instanceof Promise) {
      const why = "recording would be switched back before it settles";
      throw new GradError(`noGrad: the function returned a promise, and ${why}; pass a synchronous function`);
    }
    return result;
  } finally {
    mode.gradEnabled = before;
  }
}

/**
 * Runs `fn` without recording: nothing inside becomes part of a graph, and `assign` is allowed.
 * @returns what `fn` returns
 * @throws {GradError} when `fn` returns a promise
 * @throws {ValueError} when `fn` is not a function
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * noGrad(() => w.mul(2)).requiresGrad // false
 * @see https://pytorch.org/docs/stable/generated/torch.no_grad.html
 */
export function noGrad<R>(fn: () => R): R {
  checkFunction("noGrad", fn);
  return withGrad(false, fn);
}

/** Numbers and arrays become tensors; beside tensors they take those tensors' dtype, as PyTorch's scalars do. */
export function toTensors(op: string, inputs: readonly TensorLike[]): readonly Tensor[] {
  if (inputs.every(isTensor)) return inputs;
  let dtype: DType | undefined;
  for (const x of inputs) if (x instanceof Tensor) dtype = dtype === undefined ? x.dtype : promote(dtype, x.dtype);
  return inputs.map((x) => {
    if (x instanceof Tensor) return x;
    const [values, shape] = typeof x === "number" ? [[x], []] : flattenNested(op, x);
    return makeTensor(op, values, { shape, dtype: weakDType(values, dtype) });
  });
}

const isTensor = (x: TensorLike): x is Tensor => x instanceof Tensor;

/** One value as a tensor. */
export const toTensor = (op: string, x: TensorLike): Tensor =>
  x instanceof Tensor ? x : (toTensors(op, [x])[0] as Tensor);

/** Throws unless `x` is a tensor: for what takes no plain numbers in its place. */
export function checkTensor(op: string, name: string, x: unknown): void {
  if (!(x instanceof Tensor)) throw new ValueError(`${op}: ${name} must be a tensor, got ${describeValue(x)}`);
}

/**
 * Runs an op; every op goes through here. Infers the output's type, runs the kernel, links the graph.
 */
export function bind(primitive: Primitive, inputs: readonly TensorLike[], params: Params = {}): Tensor {
  const tensors = toTensors(primitive.name, inputs);
  const type = primitive.infer(tensors, params, primitive.name);
  const out = new Tensor(run(primitive, tensors, type, params), type.shape, type.dtype);
  return link(out, primitive, tensors, params);
}

function run(primitive: Primitive, inputs: readonly Tensor[], { shape, dtype }: TensorType, params: Params): Storage {
  if (primitive.kind === "view") return (inputs[0] as Tensor).storage;
  if (recording.current !== null) return recording.current.run(primitive, inputs, { shape, dtype }, params);
  try {
    const data = allocate(dtype, sizeOf(shape));
    execute(primitive, { shape, dtype, data }, inputs, params);
    return new Storage(data);
  } catch (error) {
    throw asMemoryError(primitive.name, { shape, dtype }, error);
  }
}

/** Hangs `out` into the graph, if recording is on and some input that the rules can differentiate requires it. */
export function link(out: Tensor, rules: Rules, inputs: readonly Tensor[], params: Params = {}): Tensor {
  if (mode.gradEnabled && isFloat(out.dtype) && differentiable(rules, inputs)) {
    const versions = new Array<number>(inputs.length + 1);
    for (let i = 0; i < inputs.length; i++) versions[i] = (inputs[i] as Tensor).storage.version;
    versions[inputs.length] = out.storage.version;
    out.node = { rules, inputs, params, versions, id: nextId++ };
  }
  return out;
}

function differentiable(rules: Rules, inputs: readonly Tensor[]): boolean {
  for (let i = 0; i < inputs.length; i++) {
    if ((inputs[i] as Tensor).requiresGrad && ruleFor(rules, i) !== null) return true;
  }
  return false;
}

/** The rule for input `i`, or `null` where there is none. */
export const ruleFor = ({ vjps }: Rules, i: number): Exclude<Rules["vjps"], readonly unknown[]> | null =>
  typeof vjps === "function" ? vjps : (vjps[i] ?? null);

/**
 * The same values as a constant, in the same storage: [...] → [...]. Gradients stop here. Never throws.
 * @example
 * tensor(1, { requiresGrad: true }).exp().detach().requiresGrad // false
 * @see https://pytorch.org/docs/stable/generated/torch.Tensor.detach.html
 */
export const detach = (x: Tensor): Tensor => new Tensor(x.storage, x.shape, x.dtype);

/**
 * Gives a function its own gradient: `forward` runs unrecorded, and `vjps` has one rule for each input, written with
 * public ops so that it can be differentiated again (`null` for an input that has no derivative, such as labels); or
 * one rule that serves every input. Tensors of any shape; a rule returns the gradient in the shape of its input, or in
 * the shape that the input was broadcast to, which is summed.
 * @throws {GradError} when there is no name or no `forward`, rules and inputs differ in number, or `forward` or a rule
 * gives anything but a tensor
 * @example
 * const cube = customGrad({ name: "cube", forward: (x) => x.pow(3), vjps: [(ct, [x]) => ct.mul(x.pow(2)).mul(3)] });
 * grad(cube)(tensor(2)) // tensor(12.)
 * @see https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function
 */
export function customGrad<I extends Tensor[]>(
  spec: Rules<I> & { readonly forward: (...inputs: I) => Tensor },
): (...inputs: { [K in keyof I]: TensorLike }) => Tensor {
  checkOptions("customGrad", spec, { name: "string", forward: "function", vjps: "any" });
  const rules = spec as unknown as Rules;
  const { name, vjps } = rules;
  if (typeof name !== "string" || name === "") throw new GradError("customGrad: needs a name, for errors and graphs");
  if (spec.forward === undefined) throw new GradError(`${name}: needs forward, the function itself`);
  const list: readonly unknown[] = Array.isArray(vjps) ? vjps : [vjps];
  const odd = list.find((rule) => rule !== null && typeof rule !== "function");
  if (list.includes(undefined) || odd !== undefined) {
    const wanted = "functions, or null for an input without a derivative";
    throw new GradError(`${name}: vjps are ${wanted}; got ${describeValue(odd)}`);
  }
  const checkRules = (inputs: number): void => {
    if (typeof vjps === "function" || vjps.length === inputs) return;
    const remedy = "give one for each, null where there is none";
    throw new GradError(`${name}: ${vjps.length} rules for ${inputs} inputs; ${remedy}`);
  };
  if (spec.forward.length > list.length) checkRules(spec.forward.length);
  return (...inputs) => {
    checkRules(inputs.length);
    const tensors = toTensors(name, inputs);
    const value: unknown = noGrad(() => spec.forward(...(tensors as I)));
    if (value instanceof Tensor) return link(detach(value), rules, tensors);
    throw new GradError(`${name}: forward must return a tensor, got ${describeValue(value)}`);
  };
}
