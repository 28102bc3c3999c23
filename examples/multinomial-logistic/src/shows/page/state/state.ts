/** The state of the page, all of it: each part follows from those before (choices, chosen, data, run, model). */

export * from "./address.ts";
export * from "./chosen.ts";
export * from "./data.ts";
export * from "./model.ts";
export * from "./run.ts";
