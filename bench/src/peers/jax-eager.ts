import type { Mlp, Task } from "../works.ts";
import * as jax from "./jax.ts";

export const mlp = (work: Mlp): Task => jax.mlp(work, jax.eager);
export const matmul = (n: number): Task => jax.matmul(n, jax.eager);
export const gate = (n: number): Task => jax.gate(n, jax.eager);
export const crossEntropy = (rows: number, classes: number): Task => jax.crossEntropy(rows, classes, jax.eager);
export const chain = (ops: number, backward: boolean): Task | null => jax.chain(ops, backward, jax.eager);
export { prepare } from "./jax.ts";
