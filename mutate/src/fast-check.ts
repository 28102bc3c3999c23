// fast-check with fewer runs and a fixed seed: a mutant is to take seconds, and to fail again if it failed.
import * as real from "fast-check";

export * from "fast-check";

const mostRuns = 100;

function assert<T>(property: real.IRawProperty<T>, parameters: real.Parameters<T> = {}): unknown {
  const numRuns = Math.min(parameters.numRuns ?? mostRuns, mostRuns);
  return real.assert(property, { ...parameters, numRuns, seed: 7, endOnFailure: true });
}

const fc = { ...real, assert };
// biome-ignore lint/style/noDefaultExport: it stands in for a module that has one
export default fc;
