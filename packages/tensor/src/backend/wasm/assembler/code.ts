// Code as a tree of instructions, as in WebAssembly's text format: `f32x4.add(x, f32x4.mul(y, 0.5))`. module.ts turns
// functions into bytes and into text. https://webassembly.github.io/spec/core/
import { conversions, laneOpcodes, opcodes, scalarOpcodes } from "./opcodes.ts";

export type Type = "i32" | "f32" | "f64" | "v128";

/** An instruction with its operands. */
export class Code {
  constructor(
    readonly name: string,
    /** A vector instruction's is 0xfd00 + its number, an atomic one's 0xfe00 + its number. */
    readonly opcode: number,
    readonly operands: readonly Code[],
    /** What follows the opcode. */
    readonly rest: Rest | null = null,
  ) {}
}

/** Where a branch goes: to the end of a block, to the start of a loop. */
export class Label {}

/** Bytes after the opcode, and the numbers that they mean. */
export interface Immediate {
  readonly kind: "immediate";
  readonly bytes: readonly number[];
  readonly shown: readonly number[];
}
/** A constant vector, of equal lanes if `value` is a number. Engines would build it at each use: a function keeps a local. */
export interface Constant {
  readonly kind: "constant";
  readonly lane: "i32x4" | "f32x4" | "f64x2";
  readonly value: number | readonly number[];
}
/** What `block`, `loop` and `if` hold. */
export interface Block {
  readonly kind: "block";
  readonly label: Label;
  readonly body: readonly Code[];
  readonly otherwise: readonly Code[] | null;
}
type Rest =
  | Immediate
  | Constant
  | Block
  | { readonly kind: "branch"; readonly target: Label }
  | { readonly kind: "call"; readonly callee: Func };

export const immediate = (bytes: readonly number[], ...shown: readonly number[]): Immediate => ({
  kind: "immediate",
  bytes,
  shown,
});

/** Code, or a number, which becomes a constant of the type that the instruction takes. */
export type Operand = Code | number;

/** LEB128, unsigned. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** LEB128, signed. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -0x40 || rest >= 0x40; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest & 0x7f);
  return bytes;
}

type Family = keyof typeof opcodes;

/** A constant vector of four integers. */
export const integers = (...value: readonly [number, number, number, number]): Code =>
  new Code("v128.const", 0xfd0c, [], { kind: "constant", lane: "i32x4", value });

/** A number in every lane, or as a scalar. */
function constant(family: Family, x: number): Code {
  switch (family) {
    case "i32":
      return new Code("i32.const", 0x41, [], immediate(signed(x), x));
    case "f32":
      return new Code("f32.const", 0x43, [], immediate([...new Uint8Array(Float32Array.of(x).buffer)], x));
    case "f64":
      return new Code("f64.const", 0x44, [], immediate([...new Uint8Array(Float64Array.of(x).buffer)], x));
    case "f32x4":
    case "f64x2":
      return new Code("v128.const", 0xfd0c, [], { kind: "constant", lane: family, value: x });
    default:
      return new Code("v128.const", 0xfd0c, [], { kind: "constant", lane: "i32x4", value: x });
  }
}

/** An operand as code of a type. */
export const code = (family: Family, x: Operand): Code => (typeof x === "number" ? constant(family, x) : x);

type Plain<F extends Family> = { readonly [K in keyof (typeof opcodes)[F]]: (...operands: Operand[]) => Code };

/** The instructions of a type as functions. */
function family<F extends Family>(type: F): Plain<F> {
  const base = type.includes("x") || type === "v128" ? 0xfd00 : 0;
  const all: Record<string, (...operands: Operand[]) => Code> = {};
  for (const [op, number] of Object.entries(opcodes[type]) as [string, number][]) {
    const name = `${type}.${op}`;
    all[op] = (...operands) =>
      new Code(
        name,
        base + number,
        operands.map((x) => code(type, x)),
      );
  }
  return all as Plain<F>;
}
export const i32: Plain<"i32"> = family("i32");
export const f32: Plain<"f32"> = family("f32");
export const f64: Plain<"f64"> = family("f64");
export const i32x4: Plain<"i32x4"> = family("i32x4");
export const i16x8: Plain<"i16x8"> = family("i16x8");
export const i8x16: Plain<"i8x16"> = family("i8x16");
export const f32x4: Plain<"f32x4"> = family("f32x4");
export const f64x2: Plain<"f64x2"> = family("f64x2");
export const v128: Plain<"v128"> = family("v128");

/** `lane("f32x4.extract_lane", 0, v)`, `lane("f32x4.replace_lane", 0, v, x)` */
export const lane = (name: keyof typeof laneOpcodes, index: number, ...operands: Code[]): Code =>
  new Code(name, laneOpcodes[name], operands, immediate([index], index));

/** `withScalar("f32x4.splat", x)`, `withScalar("i32x4.shl", v, 23)` */
export function withScalar(name: keyof typeof scalarOpcodes, ...operands: [...Code[], Operand]): Code {
  const scalar = (name.endsWith("splat") ? name.slice(0, 3) : "i32") as Family;
  return new Code(
    name,
    scalarOpcodes[name],
    operands.map((x) => code(scalar, x)),
  );
}

export const convert = (name: keyof typeof conversions, x: Code): Code => new Code(name, conversions[name], [x]);

/** Four lanes of 32 bits, picked from the eight of a and b: `shuffle(a, b, 0, 4, 1, 5)`. */
export function shuffle(a: Code, b: Code, ...lanes: readonly [number, number, number, number]): Code {
  const bytes = lanes.flatMap((i) => [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3]);
  return new Code("i8x16.shuffle", 0xfd0d, [a, b], immediate(bytes, ...bytes));
}

/** A local variable: used as code it is its value. */
export class Local extends Code {
  constructor(
    readonly type: Type,
    readonly index: number,
  ) {
    super("local.get", 0x20, [], immediate(unsigned(index), index));
  }
  set(value: Operand): Code {
    return new Code("local.set", 0x21, [codeOf(this.type, value)], this.rest);
  }
  /** Sets it, and is its new value. */
  tee(value: Operand): Code {
    return new Code("local.tee", 0x22, [codeOf(this.type, value)], this.rest);
  }
}
export const codeOf = (type: Type, x: Operand): Code => code(type === "v128" ? "f32x4" : type, x);

/** Statements, and then the last one's value. */
export const sequence = (...all: readonly Code[]): Code => new Code("sequence", 0, all);

export interface Func {
  readonly name: string;
  readonly params: readonly Local[];
  readonly result: Type | null;
  readonly locals: readonly Local[];
  readonly body: readonly Code[];
}

/** Makes a new local variable, which starts as 0. */
export type NewLocal = (type: Type) => Local;
