/** What the page and the worker that runs a snippet say to each other. */

/** To the worker: a program in TypeScript. With `values`, statements that end in a comment show what they give. */
export interface Run {
  readonly code: string;
  readonly values: boolean;
}

/** From the worker: what was printed; then the end, of the program or by an error. */
export type Said =
  | { readonly kind: "printed"; readonly text: string; readonly isError: boolean }
  | { readonly kind: "ended"; readonly failed: boolean };
