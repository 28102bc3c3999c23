/** The mistakes that lie in the step itself, rather than in the loss or in the data. */
import type { Tensor } from "@tendril/tensor";
import { createOptimizer, createUpdate, type Update } from "./loop.ts";
import { objective } from "./loss.ts";
import type { Model } from "./model.ts";
import type { Settings } from "./settings.ts";

/** The step with the mistake in it, or the right one. */
export function createMistakenUpdate(model: Model, options: Settings): Update {
  if (options.mistake === "kept") {
    const optimizer = createOptimizer(model.parameters(), options);
    return (x, y) => {
      const loss = objective(model, x, y, options);
      loss.backward();
      optimizer.step();
      return loss;
    };
  }
  if (options.mistake === "apart") {
    const optimizers = [model.weight, model.bias].map((parameter) => createOptimizer([parameter], options));
    return (x, y) => {
      const losses = optimizers.map((optimizer) => {
        model.zeroGrad();
        const loss = objective(model, x, y, options);
        loss.backward();
        optimizer.step();
        return loss;
      });
      return losses[0] as Tensor;
    };
  }
  return createUpdate(model, options);
}
