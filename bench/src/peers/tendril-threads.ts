import type { Tensor } from "@tendril/tensor";
import { type Compiled, compile } from "@tendril/tensor/compile";
import type { Cnn, Gru, Transformer } from "../networks.ts";
import type { Mlp, Task } from "../works.ts";
import * as tendril from "./tendril.ts";
import * as networks from "./tendril-networks.ts";

const onTwo = <A extends Tensor[], R extends Tensor | Tensor[]>(step: (...args: A) => R): Compiled<A, R> =>
  compile(step, { threads: 2 });

const train = tendril.training(onTwo);

export const mlp = (work: Mlp): Task => tendril.mlp(work, train);
export const cnn = (work: Cnn): Task => networks.cnn(work, train);
export const transformer = (work: Transformer): Task => networks.transformer(work, train);
export const gru = (work: Gru): Task => networks.gru(work, train);
export const matmul = (n: number): Task => tendril.matmul(n, onTwo);
export const gate = (n: number): Task => tendril.gate(n, onTwo);
export const crossEntropy = (rows: number, classes: number): Task => tendril.crossEntropy(rows, classes, onTwo);
