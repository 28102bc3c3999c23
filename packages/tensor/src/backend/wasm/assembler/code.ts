// Code as a tree of instructions, as in WebAssembly's text format: `f32x4.add(x, f32x4.mul(y, 0.5))`. module.ts turns
// functions into bytes and into text. https://webassembly.github.io/spec/core/
import { conversions, laneOpcodes, memoryOpcodes, opcodes, scalarOpcodes } from "./opcodes.ts";

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
/** A vector, of equal lanes where `value` is one number. Engines build one anew at each use, also in loops, so a function keeps each in a local. */
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

const immediate = (bytes: readonly number[], ...shown: readonly number[]): Immediate => ({
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

type Memory = keyof typeof memoryOpcodes;
/** Where something lies: so many bytes beyond a base that is known when the code runs, or beyond 0. */
export interface Address {
  readonly base: Local | null;
  readonly offset: number;
}
/** The address so many bytes on. */
export const beyond = ({ base, offset }: Address, bytes: number): Address => ({ base, offset: offset + bytes });
export const addressCode = ({ base, offset }: Address): Code =>
  base === null ? code("i32", offset) : i32.add(base, offset);

/** An instruction on memory: bytes of the address that are known are part of it; `last` is a lane, if it takes one. */
function onMemory(
  name: string,
  opcode: number,
  at: Operand,
  to: number | Address,
  operands: Code[],
  last: number[],
): Code {
  const { base, offset } = typeof to === "number" ? { base: null, offset: to } : to;
  const address = base === null ? code("i32", at) : i32.add(at, base);
  return new Code(name, opcode, [address, ...operands], immediate([0, ...unsigned(offset), ...last], offset, ...last));
}
/** `load("v128.load", at, offset)`: from so many bytes, or an address, beyond `at`. */
export const load = (name: Memory & `${string}load${string}`, at: Operand, to: number | Address = 0): Code =>
  onMemory(name, memoryOpcodes[name], at, to, [], []);
/** `store("f32.store", at, value, offset)` */
export const store = (name: Memory & `${string}store${string}`, at: Operand, x: Code, to: number | Address = 0): Code =>
  onMemory(name, memoryOpcodes[name], at, to, [x], []);
/** A lane of 32 bits from memory, or to it: `loadLane(at, v, 2, offset)` is v with another lane 2. */
export const loadLane = (at: Operand, x: Code, index: number, to: number | Address = 0): Code =>
  onMemory("v128.load32_lane", 0xfd56, at, to, [x], [index]);
export const storeLane = (at: Operand, x: Code, index: number, to: number | Address = 0): Code =>
  onMemory("v128.store32_lane", 0xfd5a, at, to, [x], [index]);
const onWord = (name: string, opcode: number, address: number, ...operands: Operand[]): Code =>
  new Code(
    name,
    opcode,
    [address, ...operands].map((x) => code("i32", x)),
    immediate([2, 0], 0),
  );
const drop = (x: Code): Code => new Code("drop", 0x1a, [x]);
/** On a word of memory that threads share. */
export const atomic = {
  load: (address: number): Code => onWord("i32.atomic.load", 0xfe10, address),
  store: (address: number, x: Operand): Code => onWord("i32.atomic.store", 0xfe17, address, x),
  add: (address: number, x: Operand): Code => drop(onWord("i32.atomic.rmw.add", 0xfe1e, address, x)),
  /** Sets it to `next` if it is `expected`; gives what it was. */
  exchange: (address: number, expected: Operand, next: Operand): Code =>
    onWord("i32.atomic.rmw.cmpxchg", 0xfe48, address, expected, next),
  /** Wakes all threads that wait for it to change. */
  notify: (address: number): Code => drop(onWord("memory.atomic.notify", 0xfe00, address, -1)),
};

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
const codeOf = (type: Type, x: Operand): Code => code(type === "v128" ? "f32x4" : type, x);

/** Statements, and then the last one's value. */
export const sequence = (...all: readonly Code[]): Code => new Code("sequence", 0, all);

function structured(name: string, opcode: number, inside: (label: Label) => readonly Code[]): Code {
  const label = new Label();
  return new Code(name, opcode, [], { kind: "block", label, body: inside(label), otherwise: null });
}
/** Code that a branch to the label leaves. */
export const block = (inside: (label: Label) => readonly Code[]): Code => structured("block", 0x02, inside);
/** Code that a branch to the label starts again. */
export const loop = (inside: (label: Label) => readonly Code[]): Code => structured("loop", 0x03, inside);
export const br = (target: Label): Code => new Code("br", 0x0c, [], { kind: "branch", target });
export const brIf = (target: Label, condition: Code): Code =>
  new Code("br_if", 0x0d, [condition], { kind: "branch", target });
export const when = (condition: Code, body: readonly Code[], otherwise: readonly Code[] | null = null): Code =>
  new Code("if", 0x04, [condition], { kind: "block", label: new Label(), body, otherwise });
/** Leaves the function with a result. */
export const returning = (x: Operand): Code => new Code("return", 0x0f, [code("i32", x)]);
export function call(callee: Func, ...operands: Operand[]): Code {
  const typed = operands.map((x, i) => codeOf(callee.params[i]?.type ?? "i32", x));
  return new Code("call", 0x10, typed, { kind: "call", callee });
}

/** Runs the body while `i` is below `end`, unsigned, adding `step` after each turn; `i` starts as it is. */
export const upTo = (i: Local, end: Operand, step: Operand, body: readonly Code[]): Code =>
  when(i32.lt_u(i, end), [loop((top) => [...body, brIf(top, i32.lt_u(i.tee(i32.add(i, step)), end))])]);

export interface Func {
  readonly name: string;
  readonly params: readonly Local[];
  readonly result: Type | null;
  readonly locals: readonly Local[];
  readonly body: readonly Code[];
}

/** Makes a new local variable, which starts as 0. */
export type NewLocal = (type: Type) => Local;

/** A function: `func("twice", ["f32"], "f32", ([x]) => [f32.add(x, x)])`. */
export function func<const P extends readonly Type[]>(
  name: string,
  params: P,
  result: Type | null,
  build: (params: { readonly [K in keyof P]: Local }, newLocal: NewLocal) => readonly Code[],
): Func {
  const own = params.map((type, i) => new Local(type, i));
  const locals: Local[] = [];
  const newLocal: NewLocal = (type) => {
    const made = new Local(type, own.length + locals.length);
    locals.push(made);
    return made;
  };
  const body = build(own as unknown as { readonly [K in keyof P]: Local }, newLocal);
  return { name, params: own, result, locals, body };
}
