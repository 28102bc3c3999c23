/** The program that a run trains with: its step, traced and compiled. */
import { compile } from "@tendril/tensor/compile";
import { createMistakenUpdate } from "../../../lesson/mistaken-update.ts";
import { prepare, startModel, type Task } from "./prepare.ts";

/** What `program()` prints for the first step of exactly this run. @throws UserError when there is nothing to learn from. */
export function stepProgram(task: Task): string {
  const prepared = prepare(task);
  const { xTrain, yTrain } = prepared.split;
  const rows = Math.min(task.settings.batchSize, xTrain.shape[0] ?? 0);
  const step = compile(createMistakenUpdate(startModel(task, prepared), task.settings));
  const [x, y] = [xTrain.slice([0, rows]), yTrain.slice([0, rows])];
  step(x, y);
  return step.program(x, y);
}
