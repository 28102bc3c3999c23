import { compile } from "@tendril/tensor/compile";
import type { Mlp, Task } from "../works.ts";
import * as tendril from "./tendril.ts";

export const mlp = (work: Mlp): Task => tendril.mlp(work, compile);
export const matmul = (n: number): Task => tendril.matmul(n, compile);
export const gate = (n: number): Task => tendril.gate(n, compile);
export const crossEntropy = (rows: number, classes: number): Task => tendril.crossEntropy(rows, classes, compile);
