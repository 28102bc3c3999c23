// Loops that are equal but for their addresses become one function, which takes the addresses.
import { Code, type Func, i32, Local, unsigned } from "../../backend/wasm/assembler/code.ts";
import { showParam } from "../../primitive.ts";
import type { Ref, Value } from "../graph.ts";
import type { Layout } from "../schedule/layout.ts";
import type { Loop } from "../schedule/loop.ts";
import { emitLoop, type LoopFunctions } from "./emit.ts";

/** Loops with more addresses have them in their code: a function may have 1000 parameters. */
export const mostShared = 100;

/** How far into each value, in bytes, the first of the elements lies that a loop reads of it. */
function firstReads({ items }: Loop): Map<Value, number> {
  const first = new Map<Value, number>();
  for (const { op, operands } of items)
    for (const [i, { map }] of operands.entries()) {
      const { value, dtype } = op.inputs[i] as Ref;
      const backwards = map.strides.map((stride, d) => Math.min(0, stride * ((map.shape[d] as number) - 1)));
      const at = backwards.reduce((sum, x) => sum + x, map.offset) * (dtype === "bool" ? 1 : 4);
      first.set(value, Math.min(at, first.get(value) ?? at));
    }
  return first;
}

/** What a loop does, as text, the same for those that differ in addresses only; and its addresses, the scratch's last. */
export function loopForm(
  loop: Loop,
  values: readonly Value[],
  addressOf: (value: Value) => number,
  scratch: number,
): { readonly key: string; readonly addresses: readonly number[] } {
  const { items } = loop;
  const first = firstReads(loop);
  const numbers = new Map([...values, ...items.map(({ op }) => op.out)].map((value, k) => [value, k]));
  let key = `${loop.rows} ${loop.columns} ${values.length}`;
  for (const { op, kind, operands, place, pass } of items) {
    const { primitive, params, inputs, out } = op;
    // Of ops that only read elsewhere the maps say all.
    key += `; ${numbers.get(out)} ${primitive.name} ${kind} ${place} ${pass} ${out.type.dtype} ${primitive.map ? "" : showParam(params)}`;
    for (const [i, { of, map }] of operands.entries()) {
      const { value, dtype, shape } = inputs[i] as Ref;
      const { origin } = value;
      // Code may depend on a constant that is one number.
      const known = origin.kind === "constant" && origin.storage.elements.length === 1;
      const offset = map.offset * (dtype === "bool" ? 1 : 4) - (first.get(value) as number);
      key += ` ${numbers.get(value)} ${dtype}[${shape}] ${of} [${map.shape}] [${map.strides}] ${offset}`;
      if (known) key += ` ${showParam(origin.storage.elements[0])}`;
    }
  }
  return { key, addresses: [...values.map((value) => addressOf(value) + (first.get(value) ?? 0)), scratch] };
}

/** A loop's functions, which take the addresses of `values` and of its scratch memory, unless they are given. */
export function loopFunctions(
  name: string,
  loop: Loop,
  values: readonly Value[],
  addresses: readonly number[] | null,
  layout: Layout,
): LoopFunctions {
  const first = firstReads(loop);
  const numbers = new Map(values.map((value, k) => [value, k]));
  const at = (k: number): number => addresses?.[k] ?? standIn(k);
  const of = (value: Value): number => at(numbers.get(value) as number) - (first.get(value) ?? 0);
  const made = emitLoop(name, loop, { of, scratch: at(values.length), kept: new Set(values) }, layout);
  if (addresses !== null) return made;
  const [run, combine] = [made.run, made.combine].map((f) => f && withAddresses(f, values.length + 1));
  return { run: run as Func, combine: combine ?? null };
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
