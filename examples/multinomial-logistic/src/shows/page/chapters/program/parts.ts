/** What a line of the program can belong to: the same parts that the page shows elsewhere. */

interface About {
  name: string;
  about: string;
}

export const parts = {
  scores: { name: "z = Wx + b", about: "The scores: x times each row of W, plus b, for all rows of the step at once." },
  shift: { name: "z − max z", about: "The largest score of each row is taken away, so that exp stays finite." },
  exp: { name: "exp", about: "e to the power of the shifted scores." },
  softmax: { name: "softmax", about: "Each of these powers, divided by the sum of its row: p." },
  truth: { name: "y", about: "The truth: 1 for the class of the row, 0 for the others, less the smoothing." },
  loss: { name: "the loss", about: "How wrong p is: each row's share, their mean, and the penalty if there is one." },
  difference: { name: "p − y", about: "What the model says, minus what is true." },
  "logit-gradient": {
    name: "gradient of z",
    about: "What goes back to the scores: each row's p − y by what the row counts, or on through softmax.",
  },
  "weight-gradient": { name: "gradient of W", about: "The gradient of z, transposed, times x: a sum over the rows." },
  "bias-gradient": { name: "gradient of b", about: "The gradient of z, summed over the rows." },
  "weight-update": { name: "update of W", about: "W takes its step." },
  "bias-update": { name: "update of b", about: "b takes its step." },
  optimizer: {
    name: "optimizer",
    about: "What the optimizer keeps for itself: how many steps it took, and its running averages.",
  },
  rows: {
    name: "rows",
    about: "Which rows count, how much the class of each weighs, and all of it divided by the sum.",
  },
  penalty: { name: "L2 penalty", about: "½ · L2 · ‖W‖², and its gradient, L2 · W." },
  written: {
    name: "written back",
    about: "The new W and b take the place of the old, once nothing can fail any more.",
  },
  mistake: { name: "the mistake", about: "The right step has no such line. No other part of the page shows it." },
  none: { name: "no part", about: "No part of the page shows what this line computes." },
} as const satisfies Record<string, About>;

export type Part = keyof typeof parts;
