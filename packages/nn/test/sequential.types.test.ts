import { type Tensor, zeros } from "@tendril/tensor";
import { expect, expectTypeOf, it } from "vitest";
import { Dropout, Embedding, type Layer, Linear, LSTM, Module, ReLU, Sequential } from "../src/index.ts";

// These lines are checked by `npm run types`; running them checks that the values are what the types say.
it("knows each layer by its number", () => {
  const model = new Sequential(new Linear(2, 8), new ReLU(), new Linear(8, 3));
  expectTypeOf(model[0]).toEqualTypeOf<Linear>();
  expectTypeOf(model[1]).toEqualTypeOf<ReLU>();
  expectTypeOf(model[2].weight).toEqualTypeOf<Tensor>();
  expect(model[0]).toBeInstanceOf(Linear);
  expect(model[1]).toBeInstanceOf(ReLU);
  expect(model[2].weight.shape).toEqual([3, 8]);
  // @ts-expect-error: a ReLU has no weight
  expect(model[1].weight).toBeUndefined();
  // @ts-expect-error: a layer cannot be put in another's place
  model[0] = new Linear(2, 8);
});

it("knows its layers by a number that is computed, and in a loop", () => {
  const model = new Sequential(new Linear(2, 8), new Dropout());
  const at = (i: number) => model[i];
  expectTypeOf(at).returns.toEqualTypeOf<Linear | Dropout | undefined>();
  expect(at(model.length - 1)).toBeInstanceOf(Dropout);
  expect(at(7)).toBeUndefined();
  for (const layer of model) expectTypeOf(layer).toEqualTypeOf<Linear | Dropout>();
  expect([...model]).toEqual([model[0], model[1]]);
});

it("is a module, a layer of others, and the base of classes", () => {
  const model = new Sequential(new Sequential(new Linear(2, 3)), new ReLU());
  expectTypeOf(model[0][0]).toEqualTypeOf<Linear>();
  const any: Sequential = model;
  const module: Module<[x: Tensor]> = any;
  expectTypeOf(module.forward(zeros([1, 2]))).toEqualTypeOf<Tensor>();
  expect(any).toBeInstanceOf(Sequential);
  expect(any).toBeInstanceOf(Module);
  class Net extends Sequential<[Linear, ReLU]> {
    constructor() {
      super(new Linear(2, 3), new ReLU());
    }
  }
  expectTypeOf(new Net()[0]).toEqualTypeOf<Linear>();
  expect(new Net().forward(zeros([1, 2])).shape).toEqual([1, 3]);
  expect(String(new Net())).toMatch(/^Net\(/);
});

it("takes any number of layers that a list holds", () => {
  const layers: Layer[] = [2, 3].map((n) => new Linear(n, n + 1));
  const model = new Sequential(...layers);
  expectTypeOf(model[0]).toEqualTypeOf<Layer | undefined>();
  expect(model.length).toBe(2);
  const indexed: Sequential<[Embedding, Linear]> = new Sequential(new Embedding(5, 2), new Linear(2, 1));
  expectTypeOf(indexed[1]).toEqualTypeOf<Linear>();
  expect(indexed[0].weight.shape).toEqual([5, 2]);
});

it("refuses layers that take or give other than a tensor", () => {
  // @ts-expect-error: an LSTM gives its state, too
  const model = new Sequential(new LSTM(2, 3));
  expect(model.length).toBe(1);
  // @ts-expect-error: the layers come one by one
  expect(() => new Sequential([new ReLU()])).toThrow("layers come one by one");
});
