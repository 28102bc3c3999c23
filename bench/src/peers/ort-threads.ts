/** Tendril's step, exported, on two threads of ONNX Runtime. */
import type { Cnn, Gru, Transformer } from "../networks.ts";
import type { Mlp, Task } from "../works.ts";
import { trainOn } from "./ort.ts";
import * as tendril from "./tendril.ts";
import * as networks from "./tendril-networks.ts";

const train = trainOn(2);

export const mlp = (work: Mlp): Task => tendril.mlp(work, train);
export const cnn = (work: Cnn): Task => networks.cnn(work, train);
export const transformer = (work: Transformer): Task => networks.transformer(work, train);
export const gru = (work: Gru): Task => networks.gru(work, train);
