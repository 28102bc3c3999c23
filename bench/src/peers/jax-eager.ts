import type { Cnn, Transformer } from "../networks.ts";
import type { Mlp, Task, Unable } from "../works.ts";
import * as jax from "./jax.ts";
import * as networks from "./jax-networks.ts";

export const mlp = (work: Mlp): Task => jax.mlp(work, jax.eager);
export const cnn = (work: Cnn): Task => networks.cnn(work, jax.eager);
export const transformer = (work: Transformer): Task => networks.transformer(work, jax.eager);
export const gru = (): Unable => ({ without: "not measured, as a step takes 5 s" });
export const matmul = (n: number): Task => jax.matmul(n, jax.eager);
export const gate = (n: number): Task => jax.gate(n, jax.eager);
export const crossEntropy = (rows: number, classes: number): Task => jax.crossEntropy(rows, classes, jax.eager);
export const chain = (ops: number, backward: boolean): Task | null => jax.chain(ops, backward, jax.eager);
export { prepare } from "./jax.ts";
