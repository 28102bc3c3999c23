// ONNX's messages (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): field numbers and types as they stand there.
import type { DType } from "../dtype.ts";
import type { Size } from "../export/size.ts";
import { type Bytes, integer, joined, message, text } from "./protobuf.ts";

/** Element types in a graph: shapes and positions are int64 there. */
export type ElementType = DType | "int64";

/** TensorProto.DataType */
export const elementTypes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float64: 11,
};

/** A value of a graph, by its name. Names may change until the model is written. */
export interface Operand {
  name: string;
  readonly shape: readonly Size[];
  readonly dtype: ElementType;
}

/** Attributes of nodes, as far as rules use them. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string>>;

export interface GraphNode {
  readonly name: string;
  readonly type: string;
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly attributes: Attributes;
}

/** A constant, or a weight that goes with the graph. */
export interface Initializer {
  readonly operand: Operand;
  readonly data: Uint8Array;
}

export interface Model {
  readonly name: string;
  readonly description: string;
  readonly producer: { readonly name: string; readonly version: string };
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: readonly GraphNode[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  /** Types of values in between, which viewers show. */
  readonly values: readonly Operand[];
}

const irVersion = 8;
const opset = 17;

function attribute([name, value]: [string, Attributes[string]]): Bytes {
  // AttributeProto: name = 1, i = 3, s = 4, ints = 8, type = 20 (INT 2, STRING 3, INTS 7)
  const [fields, type]: [Bytes, number] =
    typeof value === "number"
      ? [integer(3, value), 2]
      : typeof value === "string"
        ? [text(4, value), 3]
        : [value.flatMap((x) => integer(8, x)), 7];
  return message(5, text(1, name), fields, integer(20, type));
}

/** NodeProto: input = 1, output = 2, name = 3, op_type = 4, attribute = 5 */
const encodeNode = ({ name, type, inputs, outputs, attributes }: GraphNode): Bytes =>
  message(
    1,
    inputs.flatMap((x) => text(1, x.name)),
    outputs.flatMap((x) => text(2, x.name)),
    text(3, name),
    text(4, type),
    Object.entries(attributes).flatMap(attribute),
  );

/** TensorProto: dims = 1, data_type = 2, name = 8, raw_data = 9 */
const encodeInitializer = ({ operand, data }: Initializer): Bytes =>
  message(
    5,
    operand.shape.flatMap((n) => integer(1, n as number)),
    integer(2, elementTypes[operand.dtype]),
    text(8, operand.name),
    message(9, [data]),
  );

/** ValueInfoProto: name = 1, type = 2; sizes that follow the batch are called by how they do. */
function valueInfo(field: number, { name, shape, dtype }: Operand): Bytes {
  const dims = shape.flatMap((n) => message(1, typeof n === "number" ? integer(1, n) : text(2, String(n))));
  const type = message(2, message(1, integer(1, elementTypes[dtype]), message(2, dims)));
  return message(field, text(1, name), type);
}

/** ModelProto, with its graph. */
export function encodeModel(model: Model): Uint8Array<ArrayBuffer> {
  const graph = message(
    7,
    model.nodes.flatMap(encodeNode),
    text(2, model.name),
    model.initializers.flatMap(encodeInitializer),
    model.inputs.flatMap((x) => valueInfo(11, x)),
    model.outputs.flatMap((x) => valueInfo(12, x)),
    model.values.flatMap((x) => valueInfo(13, x)),
  );
  const metadata = Object.entries(model.metadata).flatMap(([key, value]) => message(14, text(1, key), text(2, value)));
  const { name, version } = model.producer;
  return joined([
    ...integer(1, irVersion),
    ...text(2, name),
    ...text(3, version),
    ...text(6, model.description),
    ...graph,
    ...message(8, text(1, ""), integer(2, opset)),
    ...metadata,
  ]);
}
