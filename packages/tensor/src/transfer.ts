// toTransfer and fromTransfer: tensors sent to another thread without a copy.
import { checkTensor } from "./bind.ts";
import { leaf } from "./create.ts";
import { allocate, type DType, type TypedArray } from "./dtype.ts";
import { GradError, ValueError } from "./errors.ts";
import { checkOptions, describeValue } from "./options.ts";
import { type Shape, show, sizeOf } from "./shape.ts";
import { Storage, Tensor } from "./tensor.ts";

/** A tensor as `postMessage` takes it. */
export interface TensorMessage {
  /** Of the elements. */
  readonly dtype: DType;
  /** Sizes of the axes. */
  readonly shape: Shape;
  /** Whether the tensor is a leaf that requires a gradient. */
  readonly requiresGrad: boolean;
  /** The elements, in a buffer of their own, so that it can be in the list of transfers. */
  readonly data: TypedArray & { readonly buffer: ArrayBuffer };
}
const messageKinds = { dtype: "any", shape: "any", requiresGrad: "boolean", data: "any" } as const;

/**
 * Moves the elements of a tensor of any shape out, to be posted to another thread, where `fromTransfer` makes them a
 * tensor. Nothing is copied, if the buffer is in the list of transfers. From here on every use of `x`, and of what
 * shares its storage (a reshape, a detach, a graph), is an error: keep a copy with `x.clone()`. The gradient does not
 * go along.
 * @throws {GradError} when the tensor has a graph
 * @throws {ValueError} when `x` is no tensor
 * @example
 * const message = toTransfer(tensor([1, 2]));
 * // as worker.postMessage(message, [message.data.buffer]) does
 * const posted = structuredClone(message, { transfer: [message.data.buffer] });
 * fromTransfer(posted) // tensor([1., 2.])
 * @see https://developer.mozilla.org/en-US/docs/Web/API/Web_Workers_API/Transferable_objects
 */
export function toTransfer(x: Tensor): TensorMessage & { readonly data: TensorMessage["data"] } {
  checkTensor("toTransfer", "x", x);
  if (!x.isLeaf) throw new GradError("toTransfer: a tensor with a graph cannot be sent; send x.detach() instead");
  const { dtype, shape, requiresGrad, storage } = x;
  const data = owned(x.data);
  const get = (): never => {
    throw new ValueError(`a tensor ${show(shape)} was moved by toTransfer; send x.clone() to keep x`);
  };
  Object.defineProperty(storage, "elements", { get });
  storage.version++; // graphs and compiled programs that know its elements look again
  return { dtype, shape: [...shape], requiresGrad, data };
}

/** Elements in a buffer that is theirs alone, and can be transferred; a copy where it is not. */
function owned(data: TypedArray): TensorMessage["data"] {
  const { buffer } = data;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength;
  return (isOwn ? data : data.slice()) as TensorMessage["data"];
}

const taken = new WeakSet<object>();

/**
 * The tensor in a message that `toTransfer` has made, here or in another thread, of the shape that it had. It takes the
 * message's elements over: a message can be read once.
 * @throws {ValueError} when this is no such message, or one that was transferred or read before
 * @example
 * fromTransfer(toTransfer(tensor([[1, 2]]))) // tensor([[1., 2.]])
 */
export function fromTransfer(message: TensorMessage): Tensor {
  const op = "fromTransfer";
  const { shape, dtype, data } = checkOptions(op, message ?? null, messageKinds);
  return leaf(op, { shape, dtype }, message, (type) => {
    const wanted = allocate(dtype, 0);
    if (Object.getPrototypeOf(wanted) !== Object.getPrototypeOf(data ?? 0)) {
      throw new ValueError(`${op}: ${dtype} needs ${describeValue(wanted)}, got ${describeValue(data)}`);
    }
    if (data.length !== sizeOf(shape)) {
      const remedy = "was it transferred to another thread?";
      throw new ValueError(`${op}: ${data.length} elements do not fill shape ${show(shape)}; ${remedy}`);
    }
    if (taken.has(data)) throw new ValueError(`${op}: this message was already read; clone() its tensor`);
    taken.add(data);
    return new Tensor(new Storage(owned(data)), type.shape, dtype);
  });
}
