import { jit as compile } from "@jax-js/jax";
import type { Cnn, Gru, Transformer } from "../networks.ts";
import type { Mlp, Task } from "../works.ts";
import * as jax from "./jax.ts";
import * as networks from "./jax-networks.ts";

const jit = compile as unknown as jax.Form;

export const mlp = (work: Mlp): Task => jax.mlp(work, jit);
export const cnn = (work: Cnn): Task => networks.cnn(work, jit);
export const transformer = (work: Transformer): Task => networks.transformer(work, jit);
export const gru = (work: Gru): Task => networks.gru(work, jit);
export const matmul = (n: number): Task => jax.matmul(n, jit);
export const gate = (n: number): Task => jax.gate(n, jit);
export const crossEntropy = (rows: number, classes: number): Task => jax.crossEntropy(rows, classes, jit);
export const chain = (ops: number, backward: boolean): Task | null => jax.chain(ops, backward, jit);
export { prepare } from "./jax.ts";
