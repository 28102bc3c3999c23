/** The run for machines: one JSON object a line, and no times in them, so that the same seed prints the same bytes. */
import type { Epoch } from "../../lesson/loop.ts";
import { lossOfGuessing } from "../../lesson/loss.ts";
import { matrix, vector } from "../../lesson/numbers.ts";
import type { Run } from "../../lesson/run.ts";

/** `{"type":"epoch","epoch":1,"loss":…,"trainAccuracy":…,"testLoss":…,"testAccuracy":…}` */
export function epochLine({ epoch, loss, trainAccuracy, testLoss, testAccuracy }: Epoch): string {
  return JSON.stringify({ type: "epoch", epoch, loss, trainAccuracy, testLoss, testAccuracy });
}

/** The last line: `{"type":"summary",…}`; in `confusion` rows are true classes and columns are named ones. */
export function summaryLine(run: Run, gradientError: number): string {
  const { options, dataset, model, start, result, confusion } = run;
  const { features, classes } = dataset;
  return JSON.stringify({
    type: "summary",
    ...(run.interrupted ? { interrupted: true } : {}),
    features,
    classes,
    startLoss: start.loss,
    lossOfGuessing: lossOfGuessing(classes.length, options.loss),
    gradientError,
    ...result,
    confusion,
    weight: matrix(model.weight),
    bias: vector(model.bias),
  });
}
