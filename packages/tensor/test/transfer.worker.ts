// The other thread in transfer.test.ts: doubles what it gets, and sends it back.
import { parentPort } from "node:worker_threads";
import { fromTransfer, noGrad, type TensorMessage, toTransfer } from "@tendril/tensor";

parentPort?.on("message", (messages: Record<string, TensorMessage>) => {
  const doubled = Object.entries(messages).map(([name, message]) => {
    const x = fromTransfer(message);
    return [name, toTransfer(noGrad(() => x.assign(x.add(x))))] as const;
  });
  parentPort?.postMessage(
    Object.fromEntries(doubled),
    doubled.map(([, { data }]) => data.buffer as ArrayBuffer),
  );
});
