// Instructions that load and store, and addresses.
import { Code, code, i32, immediate, type Local, type Operand, unsigned } from "./code.ts";
import { memoryOpcodes } from "./opcodes.ts";

type Memory = keyof typeof memoryOpcodes;
/** An address: an offset in bytes, from a base that is known when the code runs, or from 0. */
export interface Address {
  readonly base: Local | null;
  readonly offset: number;
}
/** The address that is so many bytes further. */
export const beyond = ({ base, offset }: Address, bytes: number): Address => ({ base, offset: offset + bytes });
export const addressCode = ({ base, offset }: Address): Code =>
  base === null ? code("i32", offset) : i32.add(base, offset);

/** An instruction on memory. The offset, which is known, is part of it; `last` is a lane, if it takes one. */
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
/** `load("v128.load", at, offset)`: from `at` plus so many bytes, or plus an address. */
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
/** Sets so many bytes, from an address on, to `byte`. */
export const fill = (at: Code, byte: number, bytes: number): Code =>
  new Code("memory.fill", 0xfc0b, [at, code("i32", byte), code("i32", bytes)], immediate([0]));
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
