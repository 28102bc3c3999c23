import type { Tensor } from "@tendril/tensor";
import { type Compiled, compile } from "@tendril/tensor/compile";
import type { Mlp, Task } from "../works.ts";
import * as tendril from "./tendril.ts";

const onTwo = <A extends Tensor[], R extends Tensor | Tensor[]>(step: (...args: A) => R): Compiled<A, R> =>
  compile(step, { threads: 2 });

export const mlp = (work: Mlp): Task => tendril.mlp(work, onTwo);
export const matmul = (n: number): Task => tendril.matmul(n, onTwo);
export const gate = (n: number): Task => tendril.gate(n, onTwo);
export const crossEntropy = (rows: number, classes: number): Task => tendril.crossEntropy(rows, classes, onTwo);
