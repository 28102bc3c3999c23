import * as nn from "@tendril/nn";
import { expect, test } from "vitest";
import { describeCase, disagreement, readOpdb } from "../../tensor/test/opdb.ts";

// PyTorch's own operator database, what it has of the losses. See ../../tensor/test/fixtures/generate_opdb.py.

const entries = Object.entries(readOpdb(new URL("./fixtures/opdb.json.gz", import.meta.url)));
const losses = nn as unknown as Parameters<typeof disagreement>[1];

test.each(entries)("%s agrees with PyTorch in every case", (_, { cases }) => {
  expect(cases).not.toHaveLength(0);
  const wrong = cases.map((c) => ({ call: describeCase(c), disagreement: disagreement(c, losses) }));
  expect(wrong.filter((x) => x.disagreement !== null)).toEqual([]);
});
