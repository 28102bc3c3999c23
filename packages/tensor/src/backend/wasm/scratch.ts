// One memory for all kernels. It is scratch: an op copies its inputs in and its result out, so tensors stay ordinary
// garbage-collected arrays, and nobody has to free anything here.
import type { Func } from "./assembler/code.ts";
import { func } from "./assembler/control.ts";
import { assemble } from "./assembler/module.ts";

/** What a product may take of the memory, in bytes, is half of this; larger ones are left to JavaScript. */
export const scratchLimit: number = 2 ** 30;

/** The part of WebAssembly's API that is used here: TypeScript has its types among the browser's only. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
interface Api {
  readonly Memory: new (options: { initial: number; maximum?: number; shared?: boolean }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: { m: { m: Memory } }) => { exports: object };
}

/** WebAssembly refused: the engine is old or a page forbids it (`forever`), or there is no memory for this op. */
export class Unavailable extends Error {
  constructor(
    readonly forever: boolean,
    override readonly cause: unknown,
  ) {
    super("WebAssembly SIMD is not available");
  }
}

function attempt<R>(f: () => R, forever: boolean): R {
  try {
    return f();
  } catch (cause) {
    throw new Unavailable(forever, cause);
  }
}

const page = 2 ** 16;

/** How much memory is kept between ops, in bytes. If an op takes more, such as a large product, all is freed. */
const kept = 2 ** 27;

let memory: Memory | undefined;
let views = makeViews(new ArrayBuffer(0));

interface Views {
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
}

function makeViews(buffer: ArrayBuffer): Views {
  return {
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
    i32: new Int32Array(buffer),
    u8: new Uint8Array(buffer),
  };
}

/** The memory as typed arrays, with room for `bytes`. Growing detaches older views: ask again for each op. */
export function scratch(bytes: number): Views {
  memory ??= makeMemory(0);
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) attempt(() => memory?.grow(Math.ceil(missing / page)), false);
  if (views.u8.buffer !== memory.buffer) views = makeViews(memory.buffer);
  return views;
}

/** Frees the memory if an op has taken more than what is kept. */
export function trimScratch(): void {
  if (memory === undefined || memory.buffer.byteLength <= kept) return;
  memory = undefined;
  views = makeViews(new ArrayBuffer(0));
}

/** What a kernel's functions are from JavaScript: addresses and counts in, at most a number out. */
export type Exported<Name extends string = string> = Readonly<Record<Name, (...args: number[]) => number>>;

/**
 * A kernel's functions, compiled when they are first used. Each kernel is a module of its own: so small (below 4 KB)
 * that browsers compile it at once even on a page's main thread, and a program pays only for the kernels that it uses.
 */
export function compiled<Name extends string>(funcs: () => readonly Func[]): () => Exported<Name> {
  let module: object | undefined;
  let made: Exported<Name> | undefined;
  let madeFor: Memory | undefined;
  return () => {
    if (made === undefined || madeFor !== memory || memory === undefined) {
      scratch(0);
      module ??= makeModule(funcs());
      made = instantiate<Name>(module, memory as Memory);
      madeFor = memory;
    }
    return made;
  };
}

/** Functions as a module, for a memory that threads share or one for this thread only. */
export function makeModule(funcs: readonly Func[], shared = false): object {
  const make = (bytes: Uint8Array): object => attempt(() => new (api().Module)(bytes), true);
  const bytes = assemble(funcs, shared);
  try {
    return make(bytes);
  } catch (error) {
    const { name, message } = (error as Unavailable).cause as Error;
    if (name === "CompileError") {
      // An old engine, or a page that forbids WebAssembly, refuses the smallest module, too: then this throws. Else the
      // module is wrong, which is a mistake of this library.
      make(assemble([func("least", [], null, (_, local) => [local("v128").set(0)])], shared));
      console.warn(`tendril: a WebAssembly module is invalid, so JavaScript computes; please report this: ${message}`);
    }
    throw error;
  }
}

/** A module's functions, at work on a memory. */
export const instantiate = <Name extends string>(module: object, memory: Memory): Exported<Name> =>
  attempt(() => new (api().Instance)(module, { m: { m: memory } }), true).exports as Exported<Name>;

/** A memory with room for `bytes`, which stays as large as it is: what a compiled program has for itself. */
export function makeMemory(bytes: number, shared = false): Memory {
  const pages = Math.max(1, Math.ceil(bytes / page));
  return attempt(() => new (api().Memory)({ initial: pages, ...(shared && { maximum: pages, shared }) }), true);
}

const api = (): Api => (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
