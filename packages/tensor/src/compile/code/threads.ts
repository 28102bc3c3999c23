// The code by which threads share a step. Large steps of a program are cut into parts, which all threads take from one
// counter, the program's own thread among them: it waits only for parts that others have begun, and does all of them if
// no worker takes one. What a part computes does not depend on the thread, so results do not depend on their number.
import { type Code, code, i32, type Local, type NewLocal } from "../../backend/wasm/assembler/code.ts";
import { block, br, brIf, loop, when } from "../../backend/wasm/assembler/control.ts";
import { atomic, store } from "../../backend/wasm/assembler/memory.ts";

/** A part of a step: where it begins and ends, and how far off the memory is that it has for itself. */
export interface Part {
  readonly from: Local;
  readonly to: Local;
  readonly room: Code;
}

/** Words of shared memory. Parts are numbered consecutively over all steps; those below `open` may be taken. */
export const word = { open: 0, taken: 1, done: 2, first: 3, step: 4, wrong: 5 } as const;
export const wordBytes = 32;

/** Sets (1) or clears (0) the flag that a part has met an index out of range; and reads it. */
export const setWrong = (at: number, wrong: 0 | 1): Code => atomic.store(at + 4 * word.wrong, wrong);
export const isWrong = (at: number): Code => atomic.load(at + 4 * word.wrong);

/**
 * Code that opens the parts of step `i` to all threads, takes parts until none is left, and waits for those that others have
 * begun. `part` is the code for one; the words are at `at`.
 */
export function takeParts(
  i: number,
  parts: number,
  at: number,
  part: (index: Code) => Code[],
  local: NewLocal,
): Code[] {
  const [first, next] = [local("i32"), local("i32")];
  const [open, taken, done] = [at + 4 * word.open, at + 4 * word.taken, at + 4 * word.done];
  const end = i32.add(first, parts);
  return [
    first.set(atomic.load(open)),
    store("i32.store", code("i32", at), first, 4 * word.first),
    store("i32.store", code("i32", at), code("i32", i), 4 * word.step),
    atomic.store(open, end),
    atomic.notify(open),
    block((all) => [
      loop((again) => [
        next.set(atomic.load(taken)),
        brIf(all, i32.eq(next, end)),
        when(i32.eq(atomic.exchange(taken, next, i32.add(next, 1)), next), [
          ...part(i32.sub(next, first)),
          atomic.add(done, 1),
        ]),
        br(again),
      ]),
    ]),
    loop((again) => [brIf(again, i32.ne(atomic.load(done), end))]),
  ];
}
