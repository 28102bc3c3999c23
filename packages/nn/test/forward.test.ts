import { DTypeError, ShapeError, TendrilError, type Tensor, ValueError, zeros } from "@tendril/tensor";
import { compile } from "@tendril/tensor/compile";
import { describe, expect, it } from "vitest";
import * as nn from "../src/index.ts";
import { Net } from "./compare.ts";

const { Dropout, Linear, Module, ReLU, Sequential } = nn;

describe("an error in a forward pass says where", () => {
  const bad = (): nn.Module => new Linear(9, 3);
  const x = zeros([3, 8]);

  /** The error of a forward pass. */
  const errorOf = (model: nn.Module, input: Tensor = x): Error => {
    try {
      model.forward(input);
    } catch (error) {
      return error as Error;
    }
    throw new Error("nothing was thrown");
  };
  /** A Net that calls the parts of these names one after the other. */
  const net = (parts: object, ...names: string[]): Net => {
    const model: Net = new Net(parts, (input) =>
      names.reduce((h, name) => (model[name] as nn.Module).forward(h), input),
    );
    return model;
  };

  it("not, without a module: a forward that was taken off its model", () => {
    const model = new Sequential(new Linear(8, 3));
    const error = new ValueError("forward: called without its module; pass (x) => model.forward(x)");
    for (const { forward } of [model, model[0]]) expect(() => forward(x)).toThrow(error);
    expect(() => [x].map(model.forward)).toThrow(error);
    expect(() => compile(model.forward)(x)).toThrow(error);
  });

  it("by the path from the outermost module to the one that failed", () => {
    const block = net({ fc1: bad() }, "fc1");
    const listed: Net = new Net({ layers: [new ReLU(), [bad()]], heads: { left: block } }, (h) =>
      ((listed.layers as [nn.Module, [nn.Module]])[1][0] as nn.Module).forward(h),
    );
    const headed: Net = new Net({ heads: { left: block } }, (h) =>
      (headed.heads as { left: nn.Module }).left.forward(h),
    );
    expect(
      [
        errorOf(bad()),
        errorOf(new Sequential(new ReLU(), new ReLU(), bad())),
        errorOf(new Sequential(new ReLU(), new nn.LayerNorm(9))),
        errorOf(block),
        errorOf(net({ body: new Sequential(new ReLU(), new ReLU(), bad()) }, "body")),
        errorOf(net({ body: new Sequential(new ReLU(), new Sequential(block)) }, "body")),
        errorOf(listed),
        errorOf(headed),
        errorOf(net({ body: new Sequential(new Net({}, (h) => h.matmul(h))) }, "body")),
        errorOf(new Net({}, (h) => h.matmul(h))),
      ].map(({ message }) => message),
    ).toMatchInlineSnapshot(`
      [
        "Linear: input [3, 8] must end in inFeatures = 9",
        "Sequential[2] (Linear): input [3, 8] must end in inFeatures = 9",
        "Sequential[1] (LayerNorm): layerNorm: the last axes of [3, 8] must be normalizedShape [9]",
        "Net.fc1 (Linear): input [3, 8] must end in inFeatures = 9",
        "Net.body[2] (Linear): input [3, 8] must end in inFeatures = 9",
        "Net.body[1][0].fc1 (Linear): input [3, 8] must end in inFeatures = 9",
        "Net.layers[1][0] (Linear): input [3, 8] must end in inFeatures = 9",
        "Net.heads.left.fc1 (Linear): input [3, 8] must end in inFeatures = 9",
        "Net.body[0] (Net): matmul: [3, 8] @ [3, 8]: inner sizes 8 and 3 differ; did you mean a.matmul(b.T)?",
        "matmul: [3, 8] @ [3, 8]: inner sizes 8 and 3 differ; did you mean a.matmul(b.T)?",
      ]
    `);
  });

  it("with the class, the cause and the stack that it had", () => {
    const error = errorOf(new Sequential(new ReLU(), bad()));
    expect(error).toBeInstanceOf(ShapeError);
    expect(error.name).toBe("ShapeError");
    expect(error.stack).toContain(`ShapeError: ${error.message}\n`);
    expect(error.stack?.split("\n")[1]).toContain("Linear.");
    const dtype = errorOf(new Sequential(new Dropout()), zeros([2], { dtype: "int32" }));
    expect(dtype).toBeInstanceOf(DTypeError);
    expect(dtype.message).toBe("Sequential[0] (Dropout): x must be float32 or float64, got int32");
    const cause = new TypeError("inside");
    const caused = errorOf(
      new Sequential(
        new Net({}, () => {
          throw new ValueError("Net: no", { cause });
        }),
      ),
    );
    expect([caused.message, caused.cause]).toEqual(["Sequential[0] (Net): no", cause]);
    const other = new Error("not ours");
    const foreign = errorOf(
      new Sequential(
        new Net({}, () => {
          throw other;
        }),
      ),
    );
    expect([foreign, foreign.message]).toEqual([other, "not ours"]);
  });

  it("once, where forward calls super.forward, itself, or a shared module", () => {
    class Louder extends Linear {
      override forward(h: Tensor): Tensor {
        return super.forward(h).mul(2);
      }
    }
    expect(errorOf(new Sequential(new Louder(9, 3))).message).toBe(
      "Sequential[0] (Louder): Linear: input [3, 8] must end in inFeatures = 9",
    );
    expect(new Louder(8, 3).forward(x).shape).toEqual([3, 3]);
    const recursive: Net = new Net({ fc: bad() }, (h) =>
      h.ndim < 4 ? recursive.forward(h.unsqueeze(0)) : (recursive.fc as nn.Module).forward(h),
    );
    expect(errorOf(new Sequential(recursive)).message).toBe(
      "Sequential[0].fc (Linear): input [1, 1, 3, 8] must end in inFeatures = 9",
    );
    const shared = bad();
    expect(errorOf(new Sequential(new ReLU(), shared, shared)).message).toBe(
      "Sequential[1] or Sequential[2] (Linear): input [3, 8] must end in inFeatures = 9",
    );
  });

  it("also past a forward that is a property, and from a part that cannot be seen", () => {
    class Arrow extends Module {
      fc = bad();
      override forward = (h: Tensor): Tensor => this.fc.forward(h);
    }
    class Private extends Module {
      readonly #fc = new Sequential(bad());
      override forward(h: Tensor): Tensor {
        return this.#fc.forward(h);
      }
    }
    expect(errorOf(new Sequential(new ReLU(), new Arrow())).message).toBe(
      "Sequential[1].fc (Linear): input [3, 8] must end in inFeatures = 9",
    );
    expect(errorOf(new Sequential(new Private())).message).toBe(
      "Sequential[0] (Private): Sequential[0] (Linear): input [3, 8] must end in inFeatures = 9",
    );
  });

  it("anew in each pass", () => {
    const model = new Sequential(new ReLU(), bad());
    const [first, second] = [errorOf(model), errorOf(model)];
    expect(second).not.toBe(first);
    expect(second.message).toBe(first.message);
    expect(first).toBeInstanceOf(TendrilError);
  });

  it("and forward is wrapped once for each class, whatever is made of it", () => {
    class Own extends Linear {}
    const before = Object.getOwnPropertyDescriptor(Linear.prototype, "forward");
    for (let i = 0; i < 3; i++) new Own(2, 2);
    new Linear(2, 2);
    expect(Object.getOwnPropertyDescriptor(Linear.prototype, "forward")).toEqual(before);
    expect(Object.hasOwn(Own.prototype, "forward")).toBe(false);
    expect(Object.keys(new Own(2, 2))).toEqual(["training", "inFeatures", "outFeatures", "weight", "bias"]);
  });
});
