// Loops that are equal but for their addresses become one function, which takes the addresses.
import { Code, type Func, i32, Local, unsigned } from "../../backend/wasm/assembler/code.ts";
import { showParam } from "../../primitive.ts";
import { keyOf, type Op, type Value } from "../graph.ts";
import type { Layout } from "../schedule/layout.ts";
import type { Loop } from "../schedule/loop.ts";
import { emitLoop } from "./emit.ts";

/** Loops with more addresses have them in their code: a function may have 1000 parameters. */
export const mostShared = 100;

/** What a loop does, as text: the same for those that differ in nothing but where `values` lie. */
export function loopKey(ops: readonly Op[], values: readonly Value[]): string {
  const numbers = new Map([...values, ...ops.map(({ out }) => out)].map((value, k) => [value, k]));
  const nameOf = (value: Value): string => {
    const { origin } = value;
    // Code may depend on a constant that is one number.
    const known = origin.kind === "constant" && origin.storage.elements.length === 1;
    return `${numbers.get(value)}${known ? `=${showParam(origin.storage.elements[0])}` : ""}`;
  };
  return [values.length, ...ops.map((op) => `${numbers.get(op.out)} ${keyOf(op, nameOf)}`)].join("; ");
}

/** A loop as a function that takes the addresses of `values` and of its scratch memory, unless they are given. */
export function loopFunction(
  name: string,
  loop: Loop,
  values: readonly Value[],
  addresses: readonly number[] | null,
  layout: Layout,
): Func {
  const numbers = new Map(values.map((value, k) => [value, k]));
  const at = (k: number): number => addresses?.[k] ?? standIn(k);
  const of = (value: Value): number => at(numbers.get(value) as number);
  const func = emitLoop(name, loop, { of, scratch: at(values.length), kept: new Set(values) }, layout);
  return addresses === null ? withAddresses(func, values.length + 1) : func;
}

/** What a loop is emitted at in place of its k-th address. */
const standIn = (k: number): number => (k + 1) * apart;
/** More than any address: a place so far beyond a stand-in is still told from the next one. */
const apart = 2 ** 32;

/** A function that was emitted at `count` stand-ins, with a parameter for each of them after its own. */
export function withAddresses({ name, params, result, locals, body }: Func, count: number): Func {
  const addresses = Array.from({ length: count }, (_, k) => new Local("i32", params.length + k));
  const moved = ({ type, index }: Local): Local => new Local(type, index < params.length ? index : index + count);
  const rewrite = (x: Code): Code => {
    if (x instanceof Local) return moved(x);
    const { name, opcode, rest } = x;
    const operands = x.operands.map(rewrite);
    if (rest?.kind === "block") {
      const [inside, otherwise] = [rest.body.map(rewrite), rest.otherwise?.map(rewrite) ?? null];
      return new Code(name, opcode, operands, { ...rest, body: inside, otherwise });
    }
    const [shown = 0, ...more] = rest?.kind === "immediate" ? rest.shown : [];
    if (name.startsWith("local.")) return new Code(name, opcode, operands, moved(new Local("i32", shown)).rest);
    if (shown < apart) return new Code(name, opcode, operands, rest);
    const [address, offset] = [addresses[Math.floor(shown / apart) - 1] as Local, shown % apart];
    const [at, ...others] = operands;
    if (at === undefined) return i32.add(address, offset); // a constant
    const place = { kind: "immediate", bytes: [0, ...unsigned(offset), ...more], shown: [offset, ...more] } as const;
    return new Code(name, opcode, [i32.add(at, address), ...others], place);
  };
  return { name, params: [...params, ...addresses], result, locals: locals.map(moved), body: body.map(rewrite) };
}
