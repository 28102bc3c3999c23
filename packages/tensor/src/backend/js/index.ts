// The reference backend: plain JavaScript.
import type { NDArray, Params } from "../../primitive.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { layoutKernels } from "./layout.ts";
import { matmulKernel } from "./matmul.ts";
import { reduceKernels } from "./reduce.ts";

/** What computes a primitive: reads the inputs, fills `out`. It knows typed arrays and shapes, never tensors. */
export type Kernel = (out: NDArray, inputs: readonly NDArray[], params: Params) => void;

/** The reference backend: a kernel for every primitive and every dtype, written to be read. */
export const kernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...reduceKernels,
  ...layoutKernels,
  matmul: matmulKernel,
};
