// From functions to the bytes of a module, and to its text.
import { type Code, type Constant, type Func, type Label, Local, unsigned } from "./code.ts";

const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;

// Bytes are collected in plain arrays: to join these is fast, even before the engine has optimised this code.

/** Bytes, with their number before them. */
const sized = (content: readonly number[]): number[] => unsigned(content.length).concat(content);

const section = (id: number, items: readonly (readonly number[])[]): number[] =>
  [id].concat(sized(unsigned(items.length).concat(...items)));

const text = (name: string): number[] => [name.length, ...Array.from(name, (c) => c.charCodeAt(0))];

/**
 * A module that imports the memory `m.m`, one that threads share or not, and exports all of `funcs` by name.
 * https://webassembly.github.io/spec/core/binary/modules.html
 */
export function assemble(funcs: readonly Func[], shared = false): Uint8Array {
  const signature = ({ params, result }: Func): number[] => {
    const results = result === null ? [] : [types[result]];
    return [0x60, ...unsigned(params.length), ...params.map((p) => types[p.type]), results.length, ...results];
  };
  const each = (f: (func: Func, i: number) => number[]): number[][] => funcs.map(f);
  const indices = new Map(funcs.map((f, i) => [f, i]));
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]; // "\0asm", version 1
  // At least one page. Shared memory must have a maximum, too: 2^16 pages, which is all that addresses reach.
  const limits = shared ? [3, 1, ...unsigned(2 ** 16)] : [0, 1];
  const bytes = header.concat(
    section(1, each(signature)),
    section(2, [[...text("m"), ...text("m"), 2, ...limits]]),
    section(
      3,
      each((_, i) => unsigned(i)),
    ),
    section(
      7,
      each(({ name }, i) => text(name).concat(0, unsigned(i))),
    ),
    section(
      10,
      each((f) => functionBytes(f, indices)),
    ),
  );
  return new Uint8Array(bytes);
}

const keyOf = ({ lane, value }: Constant): string => `${lane} ${Object.is(value, -0) ? "-0" : value}`;

function lanesOf({ lane, value }: Constant): Int32Array | Float32Array | Float64Array {
  const values = Array.from({ length: lane === "f64x2" ? 2 : 4 }, (_, i) =>
    typeof value === "number" ? value : (value[i] ?? 0),
  );
  if (lane === "i32x4") return Int32Array.from(values);
  return lane === "f32x4" ? Float32Array.from(values) : Float64Array.from(values);
}

function functionBytes(func: Func, indices: ReadonlyMap<Func, number>): number[] {
  const bytes: number[] = [];
  /** Constant vectors get locals of their own, which are set at the start. */
  const constants = new Map<string, [constant: Constant, local: Local]>();
  const localOf = (constant: Constant): Local => {
    const key = keyOf(constant);
    const known = constants.get(key);
    if (known !== undefined) return known[1];
    const made = new Local("v128", func.params.length + func.locals.length + constants.size);
    constants.set(key, [constant, made]);
    return made;
  };
  const open: Label[] = [];
  const emitAll = (all: readonly Code[]): void => {
    for (const x of all) emit(x);
  };
  const emit = ({ opcode, operands, rest }: Code): void => {
    if (rest?.kind === "constant") {
      emit(localOf(rest));
      return;
    }
    emitAll(operands);
    if (opcode === 0) return; // a sequence has no instruction of its own
    const [prefix, low] = [opcode >> 8, opcode & 0xff];
    if (prefix !== 0) bytes.push(prefix);
    bytes.push(low);
    if (prefix === 0xfd && low >= 0x80) bytes.push(1); // LEB128 again
    switch (rest?.kind) {
      case "immediate":
        bytes.push(...rest.bytes);
        break;
      case "call":
        bytes.push(...unsigned(indices.get(rest.callee) as number));
        break;
      case "branch": // counts the blocks between it and its target
        bytes.push(...unsigned(open.length - 1 - open.lastIndexOf(rest.target)));
        break;
      case "block":
        bytes.push(0x40); // no result
        open.push(rest.label);
        emitAll(rest.body);
        if (rest.otherwise !== null) {
          bytes.push(0x05);
          emitAll(rest.otherwise);
        }
        open.pop();
        bytes.push(0x0b);
    }
  };
  emitAll(func.body);
  bytes.push(0x0b);
  const head = unsigned(func.locals.length + constants.size);
  for (const { type } of func.locals) head.push(1, types[type]);
  for (let i = 0; i < constants.size; i++) head.push(1, types.v128);
  for (const [constant, { index }] of constants.values()) {
    head.push(0xfd, 0x0c, ...new Uint8Array(lanesOf(constant).buffer), 0x21, ...unsigned(index));
  }
  return sized(head.concat(bytes));
}

/** The functions in WebAssembly's text format, for the curious. */
export const toWat = (funcs: readonly Func[]): string =>
  `(module\n  (import "m" "m" (memory 1))\n${funcs.map(functionWat).join("\n")})\n`;

function functionWat({ name, params, result, locals, body }: Func): string {
  const labels = new Map<Label, string>();
  const after = (rest: Code["rest"]): string | undefined => {
    switch (rest?.kind) {
      case "branch":
        return labels.get(rest.target);
      case "call":
        return `$${rest.callee.name}`;
      case "constant":
        return `${rest.lane} ${lanesOf(rest).join(" ")}`;
      case "immediate":
        return rest.shown.join(" ");
    }
    return undefined;
  };
  const inline = ({ name, rest, operands }: Code): string => {
    const isMemory = /load|store/.test(name);
    const shown = after(rest);
    const immediate = isMemory ? (shown === "0" ? undefined : `offset=${shown}`) : shown;
    return `(${[name, immediate, ...operands.map(inline)].filter((part) => part !== undefined).join(" ")})`;
  };
  const lines = (all: readonly Code[], indent: string): string[] =>
    all.flatMap((x) => {
      if (x.rest?.kind !== "block") return [indent + inline(x)];
      const label = `$${labels.size}`;
      labels.set(x.rest.label, label);
      const inner = lines(x.rest.body, `${indent}  `);
      if (x.name !== "if") return [`${indent}(${x.name} ${label}`, ...inner, `${indent})`];
      const { otherwise } = x.rest;
      const last = otherwise ? [`${indent} (else`, ...lines(otherwise, `${indent}  `), `${indent} )`] : [];
      return [`${indent}(if ${x.operands.map(inline).join(" ")} (then`, ...inner, `${indent} )`, ...last, `${indent})`];
    });
  const list = (kind: string, all: readonly Local[]): string =>
    all.length === 0 ? "" : ` (${kind} ${all.map(({ type }) => type).join(" ")})`;
  const head = `  (func $${name} (export "${name}")${list("param", params)}${result ? ` (result ${result})` : ""}`;
  return [`${head}${list("local", locals)}`, ...lines(body, "    "), "  )"].join("\n");
}
