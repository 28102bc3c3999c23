/** The files that the page gives away. What ONNX Runtime and PyTorch make of them is checked in interop/. */
import { readFileSync } from "node:fs";
import { loadSafetensors } from "@tendril/nn";
import { cat, type Tensor } from "@tendril/tensor";
import { unzipSync } from "fflate";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { visiting } from "./visit.ts";

async function downloaded(page: Page, button: string): Promise<{ name: string; bytes: Uint8Array }> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(button).click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

it("the model of the step that is shown, for ONNX Runtime and for PyTorch", async () => {
  await visiting({ hash: "step=20" }, async (page) => {
    const { name, bytes } = await downloaded(page, "#download-onnx");
    expect(name).toBe("model.onnx");
    const text = Buffer.from(bytes).toString("latin1");
    for (const part of ["features", "probabilities", "weight", "mean"]) expect(text).toContain(part);

    const zip = await downloaded(page, "#download-torch");
    expect(zip.name).toBe("tendril.zip");
    const files = unzipSync(zip.bytes);
    expect(Object.keys(files).sort()).toEqual(
      ["data.safetensors", "model.py", "model.safetensors", "train.py"].map((file) => `tendril/${file}`),
    );
    const { tensors } = loadSafetensors(files["tendril/model.safetensors"] as Uint8Array);
    const weights = cat([tensors.weight as Tensor, (tensors.bias as Tensor).unsqueeze(1)], 1);
    const shown = await page
      .locator("#weights button > .numeral")
      .evaluateAll((all) => all.map((one) => Number(one.getAttribute("title"))));
    expect(shown).toEqual([...weights.data]);
    expect(new TextDecoder().decode(files["tendril/model.py"])).toContain("class Model(torch.nn.Module)");
  });
});
