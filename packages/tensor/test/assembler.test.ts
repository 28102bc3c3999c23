import { describe, expect, it } from "vitest";
import { f32, f32x4, i32, integers, signed, unsigned } from "../src/backend/wasm/assembler/code.ts";
import { block, brIf, func, loop, upTo, when } from "../src/backend/wasm/assembler/control.ts";
import { load, store } from "../src/backend/wasm/assembler/memory.ts";
import { assemble, toWat } from "../src/backend/wasm/assembler/module.ts";

interface Api {
  readonly Memory: new (options: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { exports: Record<string, (...args: number[]) => number> };
}
const { Memory, Module, Instance } = (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
const memory = new Memory({ initial: 1 });
const instantiate = (...funcs: Parameters<typeof assemble>[0]): Record<string, (...args: number[]) => number> =>
  new Instance(new Module(assemble(funcs)), { m: { m: memory } }).exports;

describe("LEB128", () => {
  it("encodes as the specification's examples and edges", () => {
    expect([0, 127, 128, 624485, 2 ** 32 - 1].map(unsigned)).toEqual([
      [0],
      [127],
      [128, 1],
      [0xe5, 0x8e, 0x26],
      [255, 255, 255, 255, 15],
    ]);
    expect([0, 63, 64, -64, -65, -123456].map(signed)).toEqual([
      [0],
      [63],
      [192, 0],
      [64],
      [191, 127],
      [0xc0, 0xbb, 0x78],
    ]);
  });
});

describe("assemble", () => {
  it("makes functions that run: loops, branches, constants, calls by name", () => {
    const gcd = func("gcd", ["i32", "i32"], "i32", ([a, b], local) => {
      const rest = local("i32");
      return [
        block((done) => [
          loop((again) => [
            brIf(done, i32.eqz(b)),
            rest.set(i32.rem_u(a, b)),
            a.set(b),
            b.set(rest),
            brIf(again, i32.eq(0, 0)),
          ]),
        ]),
        a,
      ];
    });
    const bigger = func("bigger", ["f32"], "f32", ([x]) => [
      when(f32.lt(x, 1000), [x.set(f32.mul(x, -2.5))], [x.set(0)]),
      x,
    ]);
    const run = instantiate(gcd, bigger);
    expect(run.gcd?.(1071, 462)).toBe(21);
    expect([run.bigger?.(2), run.bigger?.(2000)]).toEqual([-5, 0]);
  });

  it("keeps constant vectors in locals, one for each value, the sign of 0 included", () => {
    const f = func("f", ["i32"], null, ([to]) => [
      store("v128.store", to, f32x4.add(f32x4.mul(load("v128.load", to), 2), 2)),
      store("v128.store", to, f32x4.mul(f32x4.abs(0), -0), 16),
      store("v128.store", to, integers(1, 2, 3, -4), 32),
    ]);
    const floats = new Float32Array(memory.buffer, 0, 8);
    floats.set([1, 2, 3, 4]);
    instantiate(f).f?.(0);
    expect([...floats]).toEqual([4, 6, 8, 10, -0, -0, -0, -0]);
    expect([...new Int32Array(memory.buffer, 32, 4)]).toEqual([1, 2, 3, -4]);
  });
});

it("toWat prints what a student can read", () => {
  const twice = func("twice", ["i32", "i32"], null, ([at, end]) => [
    upTo(at, end, 16, [store("v128.store", at, f32x4.mul(load("v128.load", at, 16), 2))]),
  ]);
  expect(toWat([twice])).toBe(`(module
  (import "m" "m" (memory 1))
  (func $twice (export "twice") (param i32 i32)
    (if (i32.lt_u (local.get 0) (local.get 1)) (then
      (loop $1
        (v128.store (local.get 0) (f32x4.mul (v128.load offset=16 (local.get 0)) (v128.const f32x4 2 2 2 2)))
        (br_if $1 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 16))) (local.get 1)))
      )
     )
    )
  ))
`);
});
