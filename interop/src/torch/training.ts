// Networks trained in Tendril go on in PyTorch: in one process with every optimizer, and in two with shards of equal and
// of unequal weight; then they come back. Losses and weights are those of training on in Tendril, to float32's rounding.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Adagrad,
  Adam,
  AdamW,
  CrossEntropy,
  Linear,
  loadSafetensors,
  type Optimizer,
  ReLU,
  RMSprop,
  Sequential,
  SGD,
  saveSafetensors,
} from "@tendril/nn";
import { manualSeed, randint, randn, type Tensor, tensor, where } from "@tendril/tensor";
import { type TorchOptimizer, torchTraining, toTorch } from "@tendril/tensor/torch";
import type { Part } from "../report.ts";
import { runScript } from "./python.ts";

const rows = 37;
const before = 6; // epochs in Tendril, and then as many in both

interface Setup {
  readonly optimizer: TorchOptimizer;
  readonly options: object;
  readonly batch: number;
  readonly processes: 1 | 2;
  /** Class weights and ignored rows. */
  readonly weighted: boolean;
  /** The script as it would be with the mean of each part's mean: what all others are not. */
  readonly naive?: true;
}

const makers = { SGD, Adam, AdamW, RMSprop, Adagrad } as const;

/** Losses printed by the script, one for each step. */
function runPython(folder: string, { batch, processes }: Setup): number[] {
  const script = ["train.py", "--batch", String(batch), "--epochs", String(before), "--every", "1", "--in-order"];
  const files = ["--optimizer", "optimizer.safetensors", "--optimizer-out", "trained.optimizer.safetensors"];
  const printed = runScript(folder, processes, [...script, ...files]);
  return [...printed.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number)) / (1 + Math.abs(x))), 0);

function check(setup: Setup): string {
  const { optimizer: name, options, batch, weighted } = setup;
  manualSeed(5);
  const model = new Sequential(new Linear(6, 16), new ReLU(), new Linear(16, 4));
  const weight = tensor([1, 0.25, 3, 0.5]);
  const criterion = new CrossEntropy(weighted ? { weight, ignoreIndex: -1 } : {});
  const optimizer: Optimizer<object> = new makers[name](model.namedParameters(), options);
  const x = randn([rows, 6]);
  const classes = randint(0, 4, [rows]);
  // Every third row is ignored, but not the last one, which is a batch by itself where batches have 12 rows.
  const kept = tensor(Array.from({ length: rows }, (_, i) => i % 3 !== 1));
  const labels = weighted ? where(kept, classes, -1) : classes;
  const lossOf = (x: Tensor, y: Tensor): Tensor => criterion.forward(model.forward(x), y);
  const losses: number[] = [];
  const epochs = (): void => {
    for (let epoch = 0; epoch < before; epoch++) {
      for (let start = 0; start < rows; start += batch) {
        const part = [start, Math.min(rows, start + batch)] as const;
        optimizer.zeroGrad();
        const loss = lossOf(x.slice(part), labels.slice(part));
        loss.backward();
        optimizer.step();
        losses.push(loss.item());
      }
    }
  };
  epochs();
  const folder = mkdtempSync(join(tmpdir(), "tendril-torch-"));
  const write = (file: string, content: string | Uint8Array): void => writeFileSync(join(folder, file), content);
  const { python, state } = toTorch(lossOf, { x, y: labels }, { names: model.namedParameters(), batch: true });
  write("model.py", python);
  const script = torchTraining(name, optimizer.stateDict().paramGroups);
  write("train.py", setup.naive ? script.replace("total * (world / whole[1])", "total / weight") : script);
  write("model.safetensors", saveSafetensors(state));
  write("optimizer.safetensors", saveSafetensors(optimizer.stateDict().state));
  write("data.safetensors", saveSafetensors({ x, y: labels }));

  losses.length = 0;
  epochs();
  const theirs = runPython(folder, setup);
  const trained = loadSafetensors(readFileSync(join(folder, "trained.safetensors"))).tensors;
  const mine = model.stateDict();
  const memory = optimizer.stateDict();
  const remembered = loadSafetensors(readFileSync(join(folder, "trained.optimizer.safetensors"))).tensors;
  const differences = {
    losses: theirs.length === losses.length ? largest(losses, theirs) : Number.POSITIVE_INFINITY,
    weights: Math.max(...Object.entries(mine).map(([key, p]) => largest(p.data, trained[key]?.data ?? [Number.NaN]))),
    memory: Math.max(
      ...Object.entries(memory.state).map(([key, p]) => largest(p.data, remembered[key]?.data ?? [Number.NaN])),
    ),
  };
  model.loadStateDict(trained); // all keys fit
  optimizer.loadStateDict({ ...memory, state: remembered });
  for (const [part, difference] of Object.entries(differences)) {
    if (!(difference < 2e-5)) throw new Error(`${part} differ by ${difference}; see ${folder}`);
  }
  return Object.entries(differences)
    .map(([part, difference]) => `${part} ${difference.toExponential(1)}`)
    .join(", ");
}

const sgd = { optimizer: "SGD", options: { lr: 0.1 } } as const;
const one = { batch: 13, processes: 1, weighted: true } as const;
const setups: readonly Setup[] = [
  { ...one, ...sgd },
  { ...one, optimizer: "SGD", options: { lr: 0.05, momentum: 0.9, dampening: 0.5, weightDecay: 0.01 } },
  { ...one, optimizer: "SGD", options: { lr: 0.05, momentum: 0.9, nesterov: true } },
  { ...one, optimizer: "Adam", options: { lr: 0.01, amsgrad: true } },
  { ...one, optimizer: "AdamW", options: { lr: 0.01, betas: [0.8, 0.99], weightDecay: 0.1 } },
  { ...one, optimizer: "RMSprop", options: { lr: 0.005, centered: true, momentum: 0.5 } },
  { ...one, optimizer: "Adagrad", options: { lr: 0.05, lrDecay: 0.01, initialAccumulatorValue: 0.1 } },
  // 12: equal shards, and a last batch of one row, of which the second process has none; 13: 7 and 6 rows.
  { ...sgd, batch: 12, processes: 2, weighted: false },
  { ...sgd, batch: 13, processes: 2, weighted: false },
  { ...sgd, batch: 12, processes: 2, weighted: true },
  { ...sgd, batch: 13, processes: 2, weighted: true },
  { optimizer: "Adam", options: { lr: 0.01 }, batch: 13, processes: 2, weighted: true },
];

export async function training(part: Part): Promise<void> {
  for (const setup of setups) {
    const { optimizer, options, processes, batch, weighted } = setup;
    const shards = processes === 1 ? "one process" : `two processes, ${batch % 2 === 0 ? "equal" : "unequal"} shards`;
    const what = `${optimizer} ${JSON.stringify(options)}, ${shards}${weighted ? ", ignored rows and class weights" : ""}`;
    part.check(what, () => part.notes.push(`${what}: ${check(setup)}`));
  }
  part.check("a mean of means is found out", () => {
    const naive = { ...sgd, batch: 13, processes: 2, weighted: true, naive: true } as const;
    let found = "";
    try {
      check(naive);
    } catch (error) {
      found = String(error);
    }
    if (!/losses differ by 0\.0/.test(found)) throw new Error(`a wrong script passes, or fails otherwise: ${found}`);
  });
}
