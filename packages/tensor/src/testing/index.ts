// The public exports for tests.
import "../methods.ts"; // tensors as the main entry has them

export { GradcheckError, type GradcheckOptions, type GradcheckReport, gradcheck } from "./gradcheck.ts";
