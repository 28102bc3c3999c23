/** The model at the step that is shown, as files for other engines. */
import type { JSX } from "preact";
import { model, notice, shown } from "../state/state.ts";
import { type Exports, loadExports } from "./libraries.ts";

export function Downloads(): JSX.Element {
  return (
    <p class="downloads">
      Take this model with you:{" "}
      <button type="button" id="download-onnx" onClick={() => save("model.onnx", onnx)}>
        ONNX graph
      </button>{" "}
      <button type="button" id="download-torch" onClick={() => save("tendril.zip", torch)}>
        files for PyTorch
      </button>{" "}
      <span class="faint">
        The graph takes points as they are and gives probabilities; <code>python train.py</code> goes on training.
      </span>
    </p>
  );
}

type Files = ReturnType<Exports["exported"]>;
type Bytes = Uint8Array<ArrayBuffer>;

const onnx = (files: Files): Bytes => files["model.onnx"] as Bytes;

/** All but the graph, in one folder. */
function torch({ "model.onnx": _, ...files }: Files, { zipSync }: Exports): Bytes {
  const bytesOf = (content: string | Uint8Array): Uint8Array =>
    typeof content === "string" ? new TextEncoder().encode(content) : content;
  const entries = Object.entries(files).map(([name, content]) => [`tendril/${name}`, bytesOf(content)]);
  return zipSync(Object.fromEntries(entries)) as Bytes;
}

async function save(name: string, pack: (files: Files, exports: Exports) => Bytes): Promise<void> {
  const [run, m] = [shown.value, model.value];
  if (run === undefined || m === undefined) return;
  const weights = Float32Array.from([...m.weight.data, ...m.bias.data]);
  try {
    const exports = await loadExports();
    const url = URL.createObjectURL(new Blob([pack(exports.exported({ task: run.task, weights }), exports)]));
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    notice.value = error instanceof Error ? error.message : String(error);
  }
}
