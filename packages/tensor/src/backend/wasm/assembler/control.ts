// Blocks, loops, branches and calls, and the functions that they make up.
import { Code, code, codeOf, type Func, i32, Label, Local, type NewLocal, type Operand, type Type } from "./code.ts";

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
