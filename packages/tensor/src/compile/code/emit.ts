// The WebAssembly functions of a program: its loops, its products, and those that run its steps in order.
import { type Code, code, type Func, i32, type NewLocal } from "../../backend/wasm/assembler/code.ts";
import { call, func, returning, upTo, when } from "../../backend/wasm/assembler/control.ts";
import type { Op, Value } from "../graph.ts";
import type { Step } from "../schedule/fuse.ts";
import type { Layout } from "../schedule/layout.ts";
import { Loop } from "../schedule/loop.ts";
import type { Products, Tables } from "../schedule/products.ts";
import { type LoopFunctions, loopForm } from "./loops.ts";
import { productCode, type Shared, type TableAddresses } from "./products.ts";
import { isWrong, type Part, setWrong, takeParts } from "./threads.ts";

/** The functions of a program. Several threads coordinate by the shared words at `words`. */
export function emit(
  steps: readonly Step[],
  layouts: readonly Layout[],
  addressOf: (value: Value) => number,
  scratch: readonly number[],
  words: number | null,
): Func[] {
  const runs: Func[] = [];
  /** Combines the results of a step's parts into one. */
  const combines = new Map<number, Code>();
  const loops = new Map<string, LoopFunctions>();
  const products = new Map<string, readonly [Func, ...Func[]]>();

  const addressesOf = ({ along, across }: Tables): TableAddresses => ({
    along: addressOf(along),
    across: addressOf(across),
  });

  /** Code for a step, or for a part of it; `wrong` is what to do about a wrong index. */
  const stepCode = (i: number, wrong: Code, local: NewLocal, part?: Part): Code[] => {
    const { form, ops, tables, reads, writes } = steps[i] as Step;
    const own = scratch[i] as number;
    if (form instanceof Loop) {
      const { key, addresses, isShared, emit } = loopForm(
        form,
        layouts[i] as Layout,
        [...reads, ...writes],
        addressOf,
        own,
      );
      const { run: loop, combine } = once(loops, isShared ? key : String(i), (k) => emit(`loop${k}`));
      const given = isShared ? addresses : [];
      if (combine !== null) combines.set(i, call(combine, ...given));
      const run = call(loop, ...given, ...(part === undefined ? [] : [part.from, part.to, part.room]));
      return [loop.result === null ? run : when(run, [wrong])];
    }
    const { inputs, out } = ops[0] as Op;
    const [a, b] = inputs.map(({ value }) => addressOf(value)) as [number, number];
    const product: Shared = (key, make) => once(products, key, (k) => make(`product${k}`))[0];
    const [tableA, tableB] = tables.map((table) => table && addressesOf(table)) as [
      TableAddresses | null,
      TableAddresses | null,
    ];
    const places = { c: addressOf(out), a, b, tableA, tableB, scratch: own };
    return productCode(form as Products, places, product, local, part);
  };

  /** A step, in parts if it is cut, which all threads do: `part5(2)` does the third part of step 5. */
  const stepOrParts = (i: number, local: NewLocal): Code[] => {
    const { split, scratch, parts } = layouts[i] as Layout;
    if (split === null) return stepCode(i, returning(1), local);
    const { total, unit } = split;
    const size = Math.ceil(total / unit / parts) * unit;
    const one = func(`part${i}`, ["i32"], words === null ? "i32" : null, ([index], local) => {
      const [from, to] = [local("i32"), local("i32")];
      const part: Part = { from, to, room: i32.mul(index, scratch) };
      return [
        from.set(i32.mul(index, size)),
        to.set(i32.add(from, size)),
        when(i32.gt_u(to, total), [to.set(total)]),
        when(i32.lt_u(from, to), stepCode(i, words === null ? returning(1) : setWrong(words, 1), local, part)),
        ...(words === null ? [code("i32", 0)] : []),
      ];
    });
    runs.push(one);
    const combine = combines.get(i);
    const rest = combine === undefined ? [] : [combine];
    if (words !== null) return [...takeParts(i, parts, words, (index) => [call(one, index)], local), ...rest];
    const index = local("i32");
    return [index.set(0), upTo(index, parts, 1, [when(call(one, index), [returning(1)])]), ...rest];
  };

  /** Steps up to the next kernel, as a function. It gives 1 if an index is wrong. */
  const run = (chain: readonly number[]): Func =>
    func(`run${chain[0]}`, [], "i32", (_, local) => {
      const body = chain.flatMap((i) => stepOrParts(i, local));
      return words === null ? [...body, code("i32", 0)] : [setWrong(words, 0), ...body, isWrong(words)];
    });
  const chains: number[][] = [];
  let chain: number[] = [];
  for (const [i, { form }] of steps.entries()) {
    if (form === null) chain = [];
    else if (chain.push(i) === 1) chains.push(chain);
  }
  for (const chain of chains) runs.push(run(chain));
  const ofLoops = [...loops.values()].flatMap(({ run, combine }) => (combine === null ? run : [run, combine]));
  return [...ofLoops, ...[...products.values()].flat(), ...runs];
}

/** The value of a key, which is made once, with a number. */
function once<T>(made: Map<string, T>, key: string, make: (k: number) => T): T {
  const value = made.get(key) ?? make(made.size);
  made.set(key, value);
  return value;
}
