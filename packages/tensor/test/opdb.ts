import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as tendril from "@tendril/tensor";
import { type DType, type Shape, type Tensor, tensor } from "@tendril/tensor";

/** A tensor in the fixture, float64 unless it says otherwise; NaN and infinities are strings. */
interface Encoded {
  readonly shape: Shape;
  readonly data: readonly (number | string)[];
  readonly dtype?: DType;
}

/** An argument as JSON: a tensor, a number, an option, or lists and objects of them. */
type Json = Encoded | number | string | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** One call, and PyTorch's answer; fixtures/generate_opdb.py says how it is made. */
export interface Case {
  readonly op: string;
  readonly args: readonly Json[];
  readonly out: Encoded | readonly Encoded[];
  readonly cotangents?: readonly (Encoded | null)[];
  readonly grads?: readonly (Encoded | null)[];
}

export interface Entry {
  readonly cases: readonly Case[];
  /** How many samples ask for what Tendril does not have, by what that is. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** What PyTorch answered, by the name in its operator database. */
export const readOpdb = (url: URL): Readonly<Record<string, Entry>> =>
  JSON.parse(gunzipSync(readFileSync(url)).toString());

type Op = (...args: unknown[]) => Tensor | Tensor[] | tendril.Entries;
export type Ops = Readonly<Record<string, Op>>;

/** Everything public, and the two transposes, which are properties. */
const tensorOps = { ...tendril, T: (x: Tensor) => x.T, mT: (x: Tensor) => x.mT } as unknown as Ops;

/** How a call differs from PyTorch's in value, dtype, shape or gradients; null if it does not. */
export function disagreement(c: Case, ops: Ops = tensorOps): string | null {
  const leaves: Tensor[] = [];
  const args = c.args.map((arg) => decodeArgument(arg, leaves));
  try {
    const out = (ops[c.op] as Op)(...args);
    const outs: Tensor[] = out instanceof tendril.Tensor ? [out] : Object.values(out);
    const expected = Array.isArray(c.out) ? (c.out as Encoded[]) : [c.out as Encoded];
    if (outs.length !== expected.length) return `${outs.length} results instead of ${expected.length}`;
    return (
      first(outs, (x, i) => compare(`result ${i}`, x, expected[i] as Encoded)) ?? compareGradients(c, outs, leaves)
    );
  } catch (error) {
    if (error instanceof tendril.TendrilError) return `throws ${error.name}: ${error.message}`;
    throw error;
  }
}

function compareGradients(
  { cotangents, grads }: Case,
  outs: readonly Tensor[],
  leaves: readonly Tensor[],
): string | null {
  if (cotangents === undefined || grads === undefined) {
    return outs.some((out) => out.requiresGrad) ? "a gradient where PyTorch has none" : null;
  }
  for (const [i, out] of outs.entries()) {
    const cotangent = cotangents[i];
    if (cotangent) out.backward(decode(cotangent));
  }
  return first(leaves, ({ grad, shape, dtype }, i) => {
    const expected = grads[i];
    if (!expected) return null; // PyTorch's __rpow__ does not differentiate by the base
    return compare(`gradient ${i}`, grad ?? tendril.zeros(shape, { dtype }), expected);
  });
}

/** Float32 is what PyTorch makes of integers; its own functions are only so exact there. */
const tolerance = { float64: 1e-10, float32: 1e-6, int32: 0, bool: 0 };

function compare(what: string, actual: Tensor, encoded: Encoded): string | null {
  const expected = decode(encoded);
  if (actual.dtype !== expected.dtype) return `${what} is ${actual.dtype}, PyTorch's ${expected.dtype}`;
  if (`${actual.shape}` !== `${expected.shape}`) return `${what} is [${actual.shape}], PyTorch's [${expected.shape}]`;
  const rtol = tolerance[actual.dtype];
  return first([...expected.data], (e, i) => {
    const a = actual.data[i] as number;
    const close = Object.is(a, e) || a === e || Math.abs(a - e) <= rtol * Math.abs(e) + 1e-14;
    return close ? null : `${what}: element ${i} is ${a}, PyTorch's ${e}`;
  });
}

function first<T>(list: readonly T[], problem: (x: T, i: number) => string | null): string | null {
  for (const [i, x] of list.entries()) {
    const found = problem(x, i);
    if (found !== null) return found;
  }
  return null;
}

const isEncoded = (x: Json): x is Encoded => typeof x === "object" && x !== null && "data" in x;

const decode = ({ data, shape, dtype = "float64" }: Encoded, requiresGrad = false): Tensor =>
  tensor(data.map(Number), { shape, dtype, requiresGrad });

/** The argument itself; every float tensor in it requires a gradient and is appended to `leaves`. */
function decodeArgument(x: Json, leaves: Tensor[]): unknown {
  if (Array.isArray(x)) return x.map((part) => decodeArgument(part, leaves));
  if (typeof x === "string" && /^(NaN|-?Infinity)$/.test(x)) return Number(x);
  if (typeof x !== "object" || x === null) return x === null ? undefined : x;
  if (!isEncoded(x)) return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, decodeArgument(v, leaves)]));
  const t = decode(x, x.dtype === undefined || x.dtype === "float32");
  if (t.requiresGrad) leaves.push(t);
  return t;
}

/** A call as it would be written, with shapes for tensors. */
export const describeCase = ({ op, args }: Case): string => `${op}(${args.map(describeArgument).join(", ")})`;

function describeArgument(x: Json): string {
  if (Array.isArray(x)) return `[${x.map(describeArgument).join(", ")}]`;
  if (typeof x !== "object" || x === null) return String(x);
  if (isEncoded(x)) return `${x.dtype ?? "float64"}[${x.shape}]`;
  return `{ ${Object.entries(x)
    .map(([k, v]) => `${k}: ${describeArgument(v)}`)
    .join(", ")} }`;
}
