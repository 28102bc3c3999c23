import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { env, setBackend } from "@tensorflow/tfjs-core";

export const prepare = async (): Promise<void> => {
  env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(new URL("../node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url).pathname);
  await setBackend("wasm");
};
export { chain, crossEntropy, gate, matmul, mlp } from "./tfjs.ts";
export { cnn, gru, transformer } from "./tfjs-networks.ts";
