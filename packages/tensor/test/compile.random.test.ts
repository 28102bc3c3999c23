// Random steps with state, called several times with everything changing in between: compiled they do what they do eagerly.
import {
  cat,
  ensure,
  fold,
  matmul,
  noGrad,
  type Tensor,
  tensor,
  unfold,
  ValueError,
  watch,
  where,
  zeros,
} from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import fc from "fast-check";
import { expect, it } from "vitest";
import { allOn } from "./engine.ts";

// Loops of a compiled program use the formulas of the SIMD kernels. With these at work everywhere, every result must be
// the same to the last bit.
allOn("wasm");

/** Everything that a step can see and change. */
interface World {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly w: Tensor;
  readonly v: Tensor;
  cache: Tensor | null;
  readonly settings: { scale: number; table: Tensor; fails: boolean };
}

const ops = [
  "add",
  "mul",
  "sub",
  "maximum",
  "where",
  "tanh",
  "relu",
  "neg",
  "softmax",
  "sum",
  "mean",
  "view",
  "T",
  "flip",
  "steps",
  "permute",
  "middle",
  "stretch",
  "windows",
  "parts",
  "shift",
  "product",
] as const;
const effects = [
  "assign",
  "assignMoved",
  "assignBoth",
  "assignCache",
  "backward",
  "zero",
  "update",
  "freeze",
  "check",
  "pick",
] as const;
type Name = (typeof ops)[number] | (typeof effects)[number];
type Code = readonly (readonly [name: Name, i: number, j: number])[];

const square = (x: Tensor): Tensor => x.broadcastTo([2, 3]);
/** The entries some places on, or back, with zeros for those that are missing. */
const shift = (x: Tensor, places: number): Tensor => {
  const [from, n] = [places % 2, 5 - (places % 3)];
  const part = x.flatten().narrow(0, from, n).mul(0.5);
  return part.pad([[places % 2 === 0 ? 6 - n : 0, places % 2 === 0 ? 0 : 6 - n]]).reshape([2, 3]);
};

function execute(code: Code, world: World, args: readonly Tensor[]): Tensor[] {
  const { a, b, w, v } = world;
  const settings = watch(world.settings);
  const targets = [a, b, ...args];
  const values: Tensor[] = [...args, a, b, w, v, settings.table];
  for (const [name, i, j] of code) {
    const [x, y] = [values[i % values.length], values[j % values.length]] as [Tensor, Tensor];
    const target = targets[j % targets.length] as Tensor;
    if (name === "where") values.push(where(x.gt(y), x, y));
    else if (name === "softmax") values.push(square(x).softmax(j % 2));
    else if (name === "sum") values.push(square(x).sum(j % 2, { keepdim: true }));
    else if (name === "mean") values.push(x.mean().mul(settings.scale));
    else if (name === "view") values.push(square(x).reshape([3, 2]).reshape([2, 3]));
    else if (name === "T") values.push(square(x).T.reshape([2, 3]));
    else if (name === "flip") values.push(square(x).flip(j % 2));
    else if (name === "steps")
      values.push(square(x).repeat([2, 2]).slice([j % 2, null, 2], [5, null, -2])); // biome-ignore format: one line
    else if (name === "permute") values.push(square(x).reshape([3, 1, 2]).permute([2, 1, 0]).squeeze(1));
    else if (name === "middle")
      values.push(square(x).unsqueeze(1).sub(square(y)).amax(j % 2)); // biome-ignore format: one line
    else if (name === "stretch") {
      const [column, scale] = [square(x).slice(1).unsqueeze(1), settings.table.slice(j % 3)];
      const [down, across] = [column.broadcastTo([3, 3]).mul(scale), column.broadcastTo([3, 3, 1]).mul(scale)];
      values.push(down.slice([1]), across.slice([1]).squeeze(2));
    } else if (name === "windows") values.push(fold(unfold(square(x), j % 2, 2).mul(y.mean()), j % 2, 2 + (j % 2)));
    else if (name === "parts") {
      const parts = square(x).split(1, j % 2);
      values.push(cat(parts.map((part, k) => part.mul(k - 1)).reverse(), j % 2)); // biome-ignore format: one line
    } else if (name === "shift") values.push(shift(square(x), j));
    else if (name === "product") {
      const [p, q] = [square(x).reshape([3, 1, 2]).permute([1, 2, 0]), square(y).flip(0)];
      values.push(
        matmul(p, q, { transposeB: true })
          .matmul(q, { transposeA: j % 2 === 0 })
          .squeeze(0)
          .tanh(),
      );
    } else if (name === "assign") target.assign(square(x).tanh());
    else if (name === "assignMoved") {
      const moved = [target.maximum(target.slice(0)), target.flip(j % 2), shift(target, j)];
      target.assign(moved[i % moved.length] as Tensor);
    } else if (name === "assignBoth") {
      const value = square(x).add(square(y)).tanh();
      a.assign(value);
      b.assign(value);
    } else if (name === "assignCache") {
      world.cache ??= zeros([2, 3]);
      world.cache.assign(world.cache.add(square(x)).tanh());
      values.push(world.cache.mul(1));
    } else if (name === "backward") {
      const loss = square(x).mul(w).add(square(y).mul(v)).tanh().sum();
      if (loss.requiresGrad) loss.backward();
    } else if (name === "zero") for (const p of [w, v]) p.grad = null;
    else if (name === "update") {
      for (const p of [w, v]) if (p.grad !== null) noGrad(() => p.assign(p.sub((p.grad as Tensor).mul(0.1))));
    } else if (name === "freeze") w.requiresGrad = j % 2 === 0;
    else if (name === "check") ensure(x.lt(1.9), () => new ValueError(`check: ${x.amax().item()} is too large`));
    else if (name === "pick") values.push(settings.table.gather(0, x.abs().mul(2).to("int32").flatten()).mean());
    else if (name === "tanh" || name === "relu" || name === "neg") values.push(x[name]());
    else values.push(x[name](y).tanh());
  }
  if (settings.fails) throw new Error("the step fails at its end");
  return values.slice(-3).map((x) => x.detach());
}

/** What happens before a call: which tensors are passed, and what else changes. */
interface Call {
  readonly args: readonly [number, number];
  readonly data: readonly number[];
  readonly event:
    | "nothing"
    | "freeze"
    | "thaw"
    | "forget"
    | "setGrad"
    | "scale"
    | "table"
    | "assign"
    | "fail"
    | "program";
}

function prepare(world: World, { data, event }: Call): void {
  const { a, w, v, settings } = world;
  if (event === "freeze" || event === "thaw") w.requiresGrad = event === "thaw";
  else if (event === "forget") w.grad = v.grad = null;
  else if (event === "setGrad") w.grad = tensor(data).reshape([2, 3]);
  else if (event === "scale") settings.scale = data[0] as number;
  else if (event === "table") settings.table = tensor(data.slice(0, 3));
  else if (event === "assign") a.assign(tensor(data).reshape([2, 3]));
  settings.fails = event === "fail";
}

const argumentsOf = ({ a, b }: World, { args, data }: Call): Tensor[] => {
  const fresh = tensor(data).reshape([2, 3]);
  return args.map((k) => [fresh, a, b, a.detach(), tensor(data).reshape([2, 3]), fresh.detach()][k % 6] as Tensor);
};

const make = (initial: readonly number[]): World => ({
  a: tensor(initial).reshape([2, 3]),
  b: tensor(initial).reshape([2, 3]).mul(-0.5),
  w: tensor([[1, -1, 0.5], [0.25, 2, -0.75]], { requiresGrad: true }), // biome-ignore format: a matrix
  v: tensor([0.5, -0.25, 1], { requiresGrad: true }),
  cache: null,
  settings: { scale: 1, table: tensor([0.5, -1, 1.5]), fails: false },
});

/** All there is. No cache is as good as one of zeros, with which it begins. */
const shown = ({ a, b, w, v, cache }: World): unknown => [
  [a, b, w, v, cache ?? zeros([2, 3]), w.grad, v.grad].map((x) => x && [...x.data]),
  w.requiresGrad,
];

/** Runs a step; where it throws, everything is put back as it was, as compiled steps do. */
function attempt(world: World, args: readonly Tensor[], run: () => Tensor[]): unknown {
  const { a, b, w, v, cache } = world;
  const held = [a, b, w, v, ...args, ...(cache === null ? [] : [cache])].map((x) => [x, x.data.slice()] as const);
  const [grads, flag] = [[w.grad, v.grad] as const, w.requiresGrad];
  try {
    return run().map((x) => [...x.data]);
  } catch (error) {
    for (const [x, data] of held) noGrad(() => x.assign(tensor(data).reshape(x.shape)));
    [w.grad, v.grad] = grads;
    w.requiresGrad = flag;
    if (cache === null) world.cache?.assign(0);
    return String(error);
  }
}

/** Notes for a leaf whether its gradient is set before it is read, from the last `begin` on. */
function firstUse(leaf: Tensor): { begin(): void; isForgotten(): boolean } {
  const { get, set } = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(leaf),
    "grad",
  ) as Required<PropertyDescriptor>;
  let first: "read" | "set" | null = null;
  Object.defineProperty(leaf, "grad", {
    get() {
      first ??= "read";
      return get.call(leaf);
    },
    set(value) {
      first ??= "set";
      set.call(leaf, value);
    },
  });
  return {
    begin: () => {
      first = null;
    },
    isForgotten: () => first === "set",
  };
}

const number = fc.integer({ min: -8, max: 8 }).map((n) => n / 4);
const data = fc.array(number, { minLength: 6, maxLength: 6 });
const name = fc.oneof(fc.constantFrom<Name[]>(...ops), fc.constantFrom<Name[]>(...effects));
const code: fc.Arbitrary<Code> = fc.array(fc.tuple(name, fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 20 });
const events = [
  "nothing",
  "freeze",
  "thaw",
  "forget",
  "setGrad",
  "scale",
  "table",
  "assign",
  "fail",
  "program",
] as const;
const call: fc.Arbitrary<Call> = fc.record({
  args: fc.tuple(fc.nat(5), fc.nat(5)),
  data,
  event: fc.oneof({ weight: 2, arbitrary: fc.constant("nothing" as const) }, fc.constantFrom(...events)),
});

it("steps with state do compiled what they do eagerly, whatever happens between the calls", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(code, data, fc.array(call, { minLength: 2, maxLength: 6 }), (code, initial, calls) => {
      const [mine, theirs] = [make(initial), make(initial)];
      const step = compile((...args: Tensor[]) => execute(code, mine, args));
      const leaves = [theirs.w, theirs.v].map((leaf) => ({ leaf, ...firstUse(leaf) }));
      for (const call of calls) {
        for (const world of [mine, theirs]) prepare(world, call);
        const [here, there] = [argumentsOf(mine, call), argumentsOf(theirs, call)];
        if (call.event === "program") {
          const kept = shown(mine);
          attempt(mine, here, () => (step.program(...here) ? [] : []));
          expect(shown(mine)).toEqual(kept);
        }
        const expected = attempt(theirs, there, () => {
          for (const { begin } of leaves) begin();
          return execute(code, theirs, there);
        });
        // A step that forgets a gradient before it makes one keeps that inside.
        const forgotten = leaves.filter(({ isForgotten }) => isForgotten());
        const result = attempt(mine, here, () => step(...here));
        // What fails whatever the values are fails while the step is traced, before values are looked at.
        const isTraced = /^(GradError|Error)/.test(String(result));
        if (isTraced) expect(expected).toEqual(expect.any(String));
        else expect(result).toEqual(expected);
        if (typeof expected !== "string") for (const { leaf } of forgotten) leaf.grad = null;
        expect(shown(mine)).toEqual(shown(theirs));
        expect(here.map((x) => [...x.data])).toEqual(there.map((x) => [...x.data]));
        seen.add(typeof expected === "string" ? expected.replace(/ .*/s, "") : "result");
      }
    }),
    { numRuns: Number(process.env.RANDOM_PROGRAMS ?? 500) },
  );
  // The programs did run, and did fail: by a check, by an index, and by what JavaScript throws.
  expect([...seen]).toEqual(expect.arrayContaining(["result", "ValueError:", "IndexError:", "Error:"]));
});
