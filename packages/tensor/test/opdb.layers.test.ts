import { expect, test } from "vitest";
import { describeCase, disagreement, readOpdb } from "./opdb.ts";

// PyTorch's own operator database, what it has of functions of layers. See fixtures/generate_opdb.py.

const entries = Object.entries(readOpdb(new URL("./fixtures/opdb.layers.json.gz", import.meta.url)));

test.each(entries)("%s agrees with PyTorch in every case", (_, { cases }) => {
  const found = cases.map((c) => ({ call: describeCase(c), disagreement: disagreement(c) }));
  expect(found.filter((x) => x.disagreement !== null)).toEqual([]);
});

test("nothing is lost silently", () => {
  const counts = entries.map(([name, { cases, leftOut }]) => [name, cases.length, leftOut]);
  expect(counts).toMatchInlineSnapshot(`
    [
      [
        "nn.functional.normalize",
        8,
        {},
      ],
      [
        "nn.functional.cosine_similarity",
        9,
        {},
      ],
      [
        "nn.functional.group_norm",
        5,
        {},
      ],
      [
        "nn.functional.linear",
        16,
        {},
      ],
      [
        "nn.functional._scaled_dot_product_attention",
        8,
        {
          "random numbers": 8,
        },
      ],
      [
        "nn.functional.batch_norm",
        10,
        {
          "no axis of channels": 2,
        },
      ],
      [
        "nn.functional.batch_norm without_cudnn",
        0,
        {},
      ],
      [
        "nn.functional.dropout",
        15,
        {
          "random numbers": 4,
        },
      ],
    ]
  `);
});
