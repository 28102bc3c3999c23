import type { Cnn, Gru, Transformer } from "../networks.ts";
import type { Mlp, Task } from "../works.ts";
import * as tendril from "./tendril.ts";
import * as networks from "./tendril-networks.ts";

const train = tendril.training(tendril.eager);

export const mlp = (work: Mlp): Task => tendril.mlp(work, train);
export const cnn = (work: Cnn): Task => networks.cnn(work, train);
export const transformer = (work: Transformer): Task => networks.transformer(work, train);
export const gru = (work: Gru): Task => networks.gru(work, train);
export const matmul = (n: number): Task => tendril.matmul(n, tendril.eager);
export const gate = (n: number): Task => tendril.gate(n, tendril.eager);
export const crossEntropy = (rows: number, classes: number): Task => tendril.crossEntropy(rows, classes, tendril.eager);
export { chain } from "./tendril.ts";
