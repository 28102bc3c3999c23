// States as files in the safetensors format.
import { type DType, DTypeError, describeValue, Tensor, tensor, ValueError } from "@tendril/tensor";
import { isRecord, show } from "./check.ts";
import { checked, type Kinds } from "./options.ts";

// Tensors by name, as bytes that PyTorch, JAX and many others read:
//   8 bytes, the length of the header; the header, JSON padded with spaces; the elements of all tensors, without gaps.
//   { "0.bias": { "dtype": "F32", "shape": [3], "data_offsets": [0, 12] }, "__metadata__": { "any": "text" } }
// Numbers are little-endian, whatever the machine. There is no checksum: a damaged value or letter of a name goes
// unseen, all else is an error. Source: https://github.com/huggingface/safetensors#format

/** What a file holds: tensors by name, and strings about them. */
export interface Safetensors {
  /** Tensors by name, such as a state that `loadStateDict` takes. */
  tensors: Record<string, Tensor>;
  /** Strings by name; empty if there are none. */
  metadata: Record<string, string>;
}

/** The options of `saveSafetensors`. */
export interface SafetensorsOptions {
  /** Strings by name. Default none. */
  metadata?: Readonly<Record<string, string>>;
}

const kinds: Kinds<SafetensorsOptions> = { metadata: "any" };

/** The dtypes that are read: what each becomes here, bytes per element, how to read one. */
const readers: Record<string, readonly [DType, number, (data: DataView, at: number) => number]> = {
  F64: ["float64", 8, (data, at) => data.getFloat64(at, true)],
  F32: ["float32", 4, (data, at) => data.getFloat32(at, true)],
  F16: ["float32", 2, (data, at) => fromHalf(data.getUint16(at, true))],
  BF16: ["float32", 2, (data, at) => fromBits(data.getUint16(at, true) << 16)],
  I64: ["int32", 8, (data, at) => Number(data.getBigInt64(at, true))],
  I32: ["int32", 4, (data, at) => data.getInt32(at, true)],
  BOOL: ["bool", 1, (data, at) => data.getUint8(at)],
};

/** The dtypes that are written: what each is called there, how to write an element. */
const writers: Record<DType, readonly [string, (data: DataView, at: number, x: number) => void]> = {
  float64: ["F64", (data, at, x) => data.setFloat64(at, x, true)],
  float32: ["F32", (data, at, x) => data.setFloat32(at, x, true)],
  int32: ["I32", (data, at, x) => data.setInt32(at, x, true)],
  bool: ["BOOL", (data, at, x) => data.setUint8(at, x)],
};

const maxHeader = 100_000_000; // bytes: the format's own limit

/**
 * Tensors of any shapes and dtypes, such as a model's `stateDict()`, as the bytes of a safetensors file.
 * @throws {ValueError} when a value is not a tensor, a name is `__metadata__`, names or metadata are not Unicode text, or an
 *   option is unknown
 * @see https://github.com/huggingface/safetensors#format
 * @example
 * const model = new Linear(2, 3);
 * const bytes = saveSafetensors(model.stateDict(), { metadata: { epochs: "20" } });
 * model.loadStateDict(loadSafetensors(bytes).tensors);
 */
export function saveSafetensors(
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsOptions = {},
): Uint8Array {
  const { metadata = {} } = checked("saveSafetensors", options, kinds);
  const fail = (problem: string): ValueError => new ValueError(`saveSafetensors: ${problem}`);
  if (!isRecord(tensors)) throw fail(`tensors come by name, such as model.stateDict(); got ${describeValue(tensors)}`);
  if (!isRecord(metadata)) throw fail(`metadata must be an object of strings by name, got ${describeValue(metadata)}`);
  for (const [name, x] of Object.entries<unknown>(tensors)) {
    if (!(x instanceof Tensor)) throw fail(`${JSON.stringify(name)} must be a tensor, got ${describeValue(x)}`);
  }
  const bad = [...Object.keys(tensors), ...Object.entries(metadata).flat()].find((text) => !isText(text));
  if (bad !== undefined) throw fail(`names and metadata are Unicode text, not ${JSON.stringify(bad)}`);
  if (Object.hasOwn(tensors, "__metadata__")) throw fail("no tensor can have the name __metadata__");
  // The widest first, so that every element lies at a multiple of its width.
  const width = (x: Tensor): number => x.data.BYTES_PER_ELEMENT;
  const list = Object.entries(tensors).sort(([, a], [, b]) => width(b) - width(a));
  let end = 0;
  const entries = list.map(([name, { dtype, shape, data }]): [string, unknown] => {
    end += data.byteLength;
    return [name, { dtype: writers[dtype][0], shape, data_offsets: [end - data.byteLength, end] }];
  });
  if (Object.keys(metadata).length > 0) entries.unshift(["__metadata__", metadata]);
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(header.length / 8) * 8;
  if (length > maxHeader) throw fail(`a header of ${length} bytes is over the format's limit of ${maxHeader}`);

  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length, true);
  bytes.set(header, 8);
  let at = 8 + length;
  for (const [, x] of list) {
    for (const value of x.data) {
      writers[x.dtype][1](view, at, value);
      at += width(x);
    }
  }
  return bytes;
}

/**
 * The tensors and the metadata in the bytes of a safetensors file. 64-bit integers become int32 if all of them fit,
 * 16-bit floats float32.
 * @throws {DTypeError} when a tensor has another dtype than F64, F32, F16, BF16, I64, I32 and BOOL
 * @throws {ValueError} when the bytes break the format in any way, or an integer does not fit int32
 * @see https://github.com/huggingface/safetensors#format
 * @example
 * const bytes = saveSafetensors({ x: tensor([1, 2]) }, { metadata: { from: "here" } });
 * const { tensors, metadata } = loadSafetensors(bytes);
 * tensors.x // tensor([1., 2.])
 * metadata // { from: here }
 */
export function loadSafetensors(source: Uint8Array | ArrayBuffer): Safetensors {
  if (!ArrayBuffer.isView(source) && !/ArrayBuffer\]$/.test(Object.prototype.toString.call(source))) {
    throw new ValueError(`loadSafetensors: source must be the bytes of a file, got ${describeValue(source)}`);
  }
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  if (bytes.length < 8) throw corrupt(`${bytes.length} bytes are too few`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maxHeader) throw corrupt(`a header of ${length} bytes is over the format's limit of ${maxHeader}`);
  if (8 + length > bytes.length) throw corrupt(`the header's ${length} bytes go beyond the end`);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, 8 + length));
  if (!isRecord(metadata) || !Object.entries(metadata).flat().every(isText)) {
    throw corrupt("__metadata__ holds something other than strings");
  }
  const data = new DataView(bytes.buffer, bytes.byteOffset + 8 + length, bytes.length - 8 - length);
  const parts = Object.entries(entries).map(([name, entry]) => part(name, entry, data));
  let filled = 0;
  for (const { label, begin, end } of parts.sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== filled) throw corrupt(`${label} begins at byte ${begin}, and what is before it ends at ${filled}`);
    filled = end;
  }
  if (filled !== data.byteLength) throw corrupt(`tensors of ${filled} bytes do not fill ${data.byteLength}`);
  return {
    tensors: Object.fromEntries(parts.map(({ name, read }) => [name, read()])),
    metadata: metadata as Record<string, string>,
  };
}

/** One tensor of the file, checked by itself: where its bytes are, and how to read them once all have been checked. */
function part(name: string, entry: unknown, data: DataView) {
  const label = `tensor ${JSON.stringify(name)}`;
  const { dtype, shape, data_offsets: offsets, ...others } = isRecord(entry) ? entry : {};
  const known = typeof dtype === "string" && isSizes(shape) && isSizes(offsets) && Object.keys(others).length === 0;
  if (!known || !isText(name)) throw corrupt(`${label} is not a dtype, a shape, data_offsets and nothing else`);
  if (!Object.hasOwn(readers, dtype)) {
    const readable = Object.keys(readers).join(", ");
    throw new DTypeError(`loadSafetensors: ${label} is ${JSON.stringify(dtype)}; save it as one of ${readable}`);
  }
  const [to, width, get] = readers[dtype] as (typeof readers)[string];
  const [begin = 0, end = 0] = offsets;
  const size = shape.reduce((product, n) => product * n, width);
  if (offsets.length !== 2 || end - begin !== size) {
    throw corrupt(`${label}, ${dtype} ${show(shape)}, has ${size} bytes and data_offsets ${show(offsets)}`);
  }
  const read = (): Tensor => {
    const values = new Float64Array(size / width).map((_, i) => get(data, begin + i * width));
    const bad = to === "int32" || to === "bool" ? values.find((value) => !holds(to, value)) : undefined;
    if (bad !== undefined) throw new ValueError(`loadSafetensors: ${label} holds ${bad}, but should be ${to}`);
    return tensor(values, { shape, dtype: to });
  };
  return { name, label, begin, end, read };
}

const holds = (dtype: "int32" | "bool", x: number): boolean => (dtype === "int32" ? (x | 0) === x : x === 0 || x === 1);

/** The header as an object. JSON.parse is too lenient: of equal keys it takes the last, and it reads 1.0 and 1e3. */
function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw corrupt("the header does not begin with {");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const header: Record<string, unknown> = JSON.parse(text);
    if (countKeys(text) === countKeys(JSON.stringify(header))) return header;
  } catch (error) {
    throw error instanceof ValueError ? error : corrupt("the header is not JSON in UTF-8");
  }
  throw corrupt("the header has a key twice");
}

/** How many keys a JSON text writes out. Throws for anything in it but strings, plain integers, arrays and objects. */
function countKeys(json: string): number {
  let keys = 0;
  let quoted = false;
  for (let i = 0; i < json.length; i++) {
    const c = json[i] as string;
    if (c === '"') quoted = !quoted;
    else if (quoted) i += Number(c === "\\");
    else if (c === ":") keys++;
    else if (/[-.a-z]/i.test(c)) throw corrupt(`the header has ${c} outside of strings and plain integers`);
  }
  return keys;
}

/** The float32 with these bits: one array for all, as making arrays takes longer than all the rest. */
function fromBits(bits: number): number {
  word[0] = bits;
  return float[0] as number;
}
const word = /* @__PURE__ */ new Uint32Array(1);
const float = /* @__PURE__ */ (() => new Float32Array(word.buffer))();

/** The IEEE half with these bits: 5 bits of exponent, of which 31 is infinity or NaN, where float32 has 8. */
function fromHalf(bits: number): number {
  const wide = ((bits & 0x8000) << 16) | ((bits & 0x7fff) << 13);
  return (bits & 0x7c00) === 0x7c00 ? fromBits(wide | 0x7f800000) : fromBits(wide) * 2 ** 112;
}

const corrupt = (problem: string): ValueError =>
  new ValueError(`loadSafetensors: ${problem}; the file is damaged or not in this format`);
const isText = (x: unknown): boolean => typeof x === "string" && !/\p{Surrogate}/u.test(x);
const isSizes = (x: unknown): x is number[] => Array.isArray(x) && x.every((n) => Number.isSafeInteger(n) && n >= 0);
