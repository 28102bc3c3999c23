import "@tensorflow/tfjs-backend-cpu";
import { setBackend } from "@tensorflow/tfjs-core";

export const prepare = async (): Promise<void> => {
  await setBackend("cpu");
};
export { chain, crossEntropy, gate, matmul, mlp } from "./tfjs.ts";
export { cnn, gru, transformer } from "./tfjs-networks.ts";
