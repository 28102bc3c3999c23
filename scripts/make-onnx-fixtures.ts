/**
 * Writes the ONNX files that tests compare bytes with, and has Debian's python3-onnx check each in full: types and
 * shapes of all values are inferred anew and must be what the file says. Without it nothing is written.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { exported, models } from "../packages/tensor/test/onnx-models.ts";

const check = `
import sys, onnx
for file in sys.argv[1:]:
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
`;
const folder = resolve(import.meta.dirname, "../packages/tensor/test/fixtures/onnx");
const temporary = mkdtempSync(join(tmpdir(), "onnx-"));
const files = Object.entries(models).map(([name, make]) => ({ name: `${name}.onnx`, bytes: exported(make()).bytes }));
try {
  for (const { name, bytes } of files) writeFileSync(join(temporary, name), bytes);
  const paths = files.map(({ name }) => join(temporary, name));
  execFileSync("/usr/bin/python3", ["-c", check, ...paths], { stdio: "inherit" });
} catch (error) {
  console.error("not checked, so not written; the checker is Debian's: apt-get install python3-onnx");
  throw error;
} finally {
  rmSync(temporary, { recursive: true });
}
mkdirSync(folder, { recursive: true });
for (const { name, bytes } of files) {
  writeFileSync(join(folder, name), bytes);
  console.log(`${name}: ${bytes.length} bytes, checked`);
}
