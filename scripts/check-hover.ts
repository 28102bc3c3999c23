/**
 * Asks TypeScript's language service, as editors do, about the packages installed in a project: each exported name, method
 * and option must show its docstring and its parameters, and nothing internal may be offered.
 */
import ts from "typescript";
import type { Asked } from "./questions.ts";

/** What is wrong with the answers: one line for each. */
function problemsWith({ service, file, list }: Asked): string[] {
  return list.flatMap(({ label, place, parameters, needsDefault }) => {
    const info = service.getQuickInfoAtPosition(file, place);
    const words = ts.displayPartsToString(info?.documentation);
    const shown = ts.displayPartsToString(info?.displayParts);
    const problems: string[] = [];
    const isConstructor = label.endsWith(" constructor");
    if (words === "" && !isConstructor) problems.push("shows no docstring");
    if (needsDefault && !/default/i.test(words)) problems.push("does not say its default");
    const missing = parameters.filter((name) => !new RegExp(`\\b${name}\\??:`).test(shown));
    if (missing.length > 0) problems.push(`does not show ${missing.join(", ")}: ${shown}`);
    if (info?.tags?.some(({ name }) => name === "internal")) problems.push("is internal, and offered");
    return problems.map((problem) => `${label} ${problem}`);
  });
}

/** Throws unless everything exported explains itself. Returns how much was asked. */
export function checkHover(asked: Asked): number {
  const problems = problemsWith(asked);
  if (problems.length > 0) throw new Error(`${problems.length} problems of hover:\n${problems.join("\n")}`);
  return asked.list.length;
}
