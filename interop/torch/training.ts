// Networks trained in Tendril go on in PyTorch: in one process with every optimizer, and in two with shards of equal and
// of unequal weight; then they come back. Losses and weights are those of training on in Tendril, to float32's rounding.
import { execFileSync } from "node:child_process";
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
import { manualSeed, noGrad, randint, randn, type Tensor, tensor, where } from "@tendril/tensor";
import { type TorchOptimizer, torchTraining, toTorch } from "@tendril/tensor/torch";

const rows = 37;
const before = 6; // epochs in Tendril, and then as many in both

interface Setup {
  readonly optimizer: TorchOptimizer;
  readonly options: object;
  readonly batch: number;
  readonly processes: 1 | 2;
  /** Class weights and ignored rows. */
  readonly weighted: boolean;
}

const makers = { SGD, Adam, AdamW, RMSprop, Adagrad } as const;

/** Losses printed by the script, one for each step. */
function runPython(folder: string, { batch, processes }: Setup): number[] {
  const script = ["train.py", "--batch", String(batch), "--epochs", String(before), "--every", "1", "--in-order"];
  const files = ["--optimizer", "optimizer.safetensors", "--optimizer-out", "trained.optimizer.safetensors"];
  const [command, args] =
    processes === 1
      ? ["/usr/bin/python3", [...script, ...files]]
      : // Debian's torchrun fails on Python 3.11 unless its streams go to files and here.
        ["torchrun", ["--nproc_per_node", "2", "--master_port", "29617", "-r", "1", "-t", "1", ...script, ...files]];
  const printed = execFileSync(command as string, args as string[], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  return [...printed.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number)) / (1 + Math.abs(x))), 0);

function check(setup: Setup): void {
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
  write("train.py", torchTraining(name, optimizer.stateDict().paramGroups));
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
  model.loadStateDict(trained);
  optimizer.loadStateDict({ ...memory, state: remembered });
  noGrad(() => lossOf(x, labels));
  const what = `${name} ${JSON.stringify(options)}, ${setup.processes} processes, batches of ${batch}${weighted ? ", weighted" : ""}`;
  console.log(what, differences, losses.length, losses.at(-1));
  for (const [part, difference] of Object.entries(differences)) {
    if (!(difference < 2e-5)) throw new Error(`torch: ${what}: ${part} differ by ${difference}; see ${folder}`);
  }
}

const sgd = { optimizer: "SGD", options: { lr: 0.1 } } as const;
const one = { batch: 13, processes: 1, weighted: true } as const;
check({ ...one, ...sgd });
check({ ...one, optimizer: "SGD", options: { lr: 0.05, momentum: 0.9, dampening: 0.5, weightDecay: 0.01 } });
check({ ...one, optimizer: "SGD", options: { lr: 0.05, momentum: 0.9, nesterov: true } });
check({ ...one, optimizer: "Adam", options: { lr: 0.01, amsgrad: true } });
check({ ...one, optimizer: "AdamW", options: { lr: 0.01, betas: [0.8, 0.99], weightDecay: 0.1 } });
check({ ...one, optimizer: "RMSprop", options: { lr: 0.005, centered: true, momentum: 0.5 } });
check({ ...one, optimizer: "Adagrad", options: { lr: 0.05, lrDecay: 0.01, initialAccumulatorValue: 0.1 } });
for (const weighted of [false, true]) {
  // 12: equal shards, but for a last batch of one row, of which the second process has none; 13: 7 and 6 rows.
  for (const batch of [12, 13, rows]) check({ ...sgd, batch, processes: 2, weighted });
}
check({ optimizer: "Adam", options: { lr: 0.01 }, batch: 13, processes: 2, weighted: true });
