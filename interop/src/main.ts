// Exported steps beside eager mode: every part prints what passed and what failed, and any failure is the exit code.
import { Report } from "./report.ts";
import { sweep } from "./sweep.ts";

const report = new Report();
await report.part("the table of operations", sweep);
process.exitCode = report.end();
