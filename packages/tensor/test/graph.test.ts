import { customGrad, graphMermaid, graphNodes, graphText, ones, type Tensor, tensor } from "@tendril/tensor";
import { describe, expect, it } from "vitest";

const w = tensor([3, -1], { requiresGrad: true });
const b = tensor(0.5, { requiresGrad: true });
const hidden = w.mul(w).add(b);
const loss = hidden.mul(hidden).sum();
const names = { w, b };

describe("graphText", () => {
  it("draws each node once, over its inputs, with shape, value and gradient", () => {
    expect(graphText(loss, { names, gradients: true })).toMatchInlineSnapshot(`
      "#0 sum  []  92.5  grad 1
        #1 mul  [2]  (90.25, 2.25)  grad (1, 1)
          #2 add  [2]  (9.5, 1.5)  grad (19, 3)
            #3 mul  [2]  (9, 1)  grad (19, 3)
              #5 w  [2]  (3, -1)  grad (114, -6)
              #5 w, above
            #4 b  []  0.5  grad 22
          #2 add, above"
    `);
  });

  it("shows norms of what is large, and constants as such", () => {
    const x = ones([3, 3]);
    expect(graphText(x.mul(tensor(2, { requiresGrad: true })))).toMatchInlineSnapshot(`
      "#0 mul  [3, 3]  norm 6
        #1 constant  [3, 3]  norm 3
        #2 leaf  []  2"
    `);
    expect(graphText(x)).toBe("#0 constant  [3, 3]  norm 3");
    expect(graphText(tensor([1], { requiresGrad: true }))).toBe("#0 leaf  [1]  1");
  });

  it("leaves the gradients as they were", () => {
    graphText(loss, { gradients: true });
    expect([w.grad, b.grad]).toEqual([null, null]);
  });

  it("cuts large graphs off, however deep", () => {
    let y: Tensor = b;
    for (let i = 0; i < 20_000; i++) y = y.add(1);
    const lines = graphText(y, { maxNodes: 5 }).split("\n");
    expect(lines.filter((line) => line.includes("#"))).toHaveLength(5);
    expect(lines.filter((line) => line.trim() === "…")).toHaveLength(1 + 1);
  });

  it("needs one element and a graph for gradients", () => {
    expect(() => graphText(hidden, { gradients: true })).toThrow("backward: the output has shape [2], not one element");
  });
});

describe("graphNodes", () => {
  it("gives each tensor once, from the output to the leaves, with what it was computed from", () => {
    const nodes = graphNodes(loss, { names });
    const rows = [...nodes.values()].map(({ id, op, name, inputs }) => [
      id,
      name ?? op,
      inputs.map((x) => nodes.get(x)?.id),
    ]);
    expect(rows).toEqual([
      [0, "sum", [1]],
      [1, "mul", [2, 2]],
      [2, "add", [3, 4]],
      [3, "mul", [5, 5]],
      [4, "b", []],
      [5, "w", []],
    ]);
    expect([...nodes].every(([x, { tensor, gradient }]) => x === tensor && gradient === undefined)).toBe(true);
  });

  it("has gradients where they are asked for and lead", () => {
    const nodes = graphNodes(w.mul([2, 5]).sum(), { gradients: true });
    const gradients = [...nodes.values()].map(({ op, gradient }) => [op, gradient?.toArray()]);
    expect(gradients).toEqual([
      ["sum", 1],
      ["mul", [1, 1]],
      [undefined, [2, 5]],
      [undefined, undefined], // the constant
    ]);
    expect(graphNodes(b, { gradients: true }).get(b)?.gradient?.item()).toBe(1);
  });
});

describe("graphMermaid", () => {
  it("is a flowchart from the leaves to the output", () => {
    expect(graphMermaid(hidden, { names })).toMatchInlineSnapshot(`
      "flowchart TD
        n0["add<br/>[2]<br/>(9.5, 1.5)"]
        n1["mul<br/>[2]<br/>(9, 1)"]
        n2["b<br/>[]<br/>0.5"]
        n3["w<br/>[2]<br/>(3, -1)"]
        n1 --> n0
        n2 --> n0
        n3 --> n1
        n3 --> n1"
    `);
  });

  it.each([
    ['a "b"', "a #quot;b#quot;"],
    ["<b>w</b>", "#lt;b#gt;w#lt;#47;b#gt;"],
    ["w[0]", "w#91;0#93;"],
    ["`w`", "#96;w#96;"],
    ["#quot;", "#35;quot#59;"],
    ["a\n\tb", "a b"],
    ["1. w*x & y|z {}", "1#46; w#42;x #amp; y#124;z #123;#125;"],
    ["θ_1 = W", "θ_1 = W"],
    ["🙂", "#128578;"],
  ])("shows the name %j as text", (name, shown) => {
    expect(graphMermaid(b, { names: { [name]: b } })).toBe(`flowchart TD\n  n0["${shown}<br/>[]<br/>0.5"]`);
  });

  it("escapes what Mermaid would read", () => {
    const odd = customGrad({ name: 'a"b', forward: (x: Tensor) => x.clone(), vjps: [(ct) => ct] });
    expect(graphMermaid(odd(b))).toContain('["a#quot;b<br/>');
  });
});
