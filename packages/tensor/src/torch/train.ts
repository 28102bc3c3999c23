// The script that trains a printed model: alone, or in several processes on any number of machines.
import { ValueError } from "../errors.ts";
import { describeValue, isPlain } from "../options.ts";
import { literal, quoted, tuple } from "./text.ts";

/** The optimizers that Tendril's kit and PyTorch have by the same name, with the same options. */
export type TorchOptimizer = "SGD" | "Adam" | "AdamW" | "RMSprop" | "Adagrad";

const optimizers: readonly unknown[] = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"];
/** What a group may have beside options. */
const notOptions = new Set(["params", "paramNames", "initialLr"]);
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function python(op: string, name: string, value: unknown): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return literal(value, "float64");
  if (Array.isArray(value) && value.every((x) => typeof x === "number")) {
    return tuple(value.map((x) => literal(x, "float64")));
  }
  throw new ValueError(`${op}: option ${name} must be a number, a boolean or numbers, got ${describeValue(value)}`);
}

/**
 * The text of `train.py`, which trains the `Model` of a `model.py` from `toTorch`: with `python train.py`, or with
 * `torchrun` in several processes, of which each takes a part of every batch. Gradients and losses are those of the whole
 * batch, also where parts have other numbers of rows, ignored rows or class weights. `--help` lists its options.
 *
 * @param optimizer by its name
 * @param options of the optimizer, as its constructor takes them; or groups as `optimizer.stateDict().paramGroups` has
 *   them: several need `paramNames`. Default: PyTorch's own options.
 * @throws {ValueError} when there is no such optimizer, or an option is neither a number nor a boolean
 * @see https://pytorch.org/docs/stable/elastic/run.html
 * @example
 * torchTraining("SGD", { lr: 0.1 }).includes("OPTIMIZER = torch.optim.SGD") // true
 */
export function torchTraining(optimizer: TorchOptimizer, options: object | readonly object[] = {}): string {
  const op = "torchTraining";
  if (!optimizers.includes(optimizer)) {
    throw new ValueError(`${op}: no optimizer ${describeValue(optimizer)}; there are ${optimizers.join(", ")}`);
  }
  const groups: readonly unknown[] = Array.isArray(options) ? options : [options];
  const lines = groups.map((group, i) => {
    if (!isPlain(group)) throw new ValueError(`${op}: options must be an object, got ${describeValue(group)}`);
    const given = Object.entries({ ...(optimizer === "SGD" && { lr: 1e-3 }), ...group });
    const parts = given
      .filter(([name]) => !notOptions.has(name))
      .map(([name, value]) => `${quoted(snake(name))}: ${python(op, name, value)}`);
    const { paramNames } = group as { paramNames?: readonly string[] };
    if (groups.length > 1) {
      if (!Array.isArray(paramNames)) {
        throw new ValueError(`${op}: group ${i} has no paramNames; give the optimizer model.namedParameters()`);
      }
      parts.push(`"params": ${tuple(paramNames.map(quoted))}`);
    }
    return `    {${parts.join(", ")}},`;
  });
  return script
    .replace("OPTIMIZER = None", `OPTIMIZER = torch.optim.${optimizer}`)
    .replace("    # groups", lines.join("\n"));
}

const script = `"""Trains model.py: \`python train.py\`, or \`torchrun --nproc_per_node 2 train.py\` in several processes.

Reads the weights and the data: the inputs of the model by name, a row for each example. Writes the weights.
"""

import argparse
import os

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from model import BATCHED, INPUTS, Model, load_safetensors, save_safetensors

OPTIMIZER = None
GROUPS = [
    # groups
]

# What optimizers remember of each parameter: the names in Tendril, and in PyTorch.
FIELDS = {
    "step": "step",
    "momentumBuffer": "momentum_buffer",
    "expAvg": "exp_avg",
    "expAvgSq": "exp_avg_sq",
    "maxExpAvgSq": "max_exp_avg_sq",
    "squareAvg": "square_avg",
    "gradAvg": "grad_avg",
    "sum": "sum",
}


def make_optimizer(parameters, memory):
    """The optimizer, with what it remembered in Tendril."""
    groups = []
    for group in GROUPS:
        names = group.get("params", parameters)
        groups.append({**group, "params": [parameters[name] for name in names if name in parameters]})
    optimizer = OPTIMIZER(groups)
    for name, p in parameters.items():
        own = {here: memory[f"{name}.{there}"] for there, here in FIELDS.items() if f"{name}.{there}" in memory}
        if "step" in own and own["step"] > 0:
            step = own.pop("step").to(torch.float32)
            optimizer.state[p] = {"step": step, **{field: x.to(p) for field, x in own.items()}}
    return optimizer


def remembered(optimizer, parameters, memory, steps):
    """What the optimizer remembers, under the names that it has in Tendril."""
    result = {}
    for name, p in parameters.items():
        own = optimizer.state.get(p, {})
        for there, here in FIELDS.items():
            if here != "step" and own.get(here) is not None:
                result[f"{name}.{there}"] = own[here]
        before = memory.get(f"{name}.step", torch.zeros((), dtype=torch.float64))
        result[f"{name}.step"] = before + steps
    return result


def backward(model, inputs, has_rows, world):
    """Gradients of the whole batch's loss, of which \`inputs\` are the part of this process. Returns that loss."""
    if world == 1:
        out = model(*inputs)
        loss = out["loss"] if isinstance(out, dict) else out
        loss.backward()
        return loss.detach()
    # A mean of means is the mean only of parts of equal weight: numerators and denominators are added up apart.
    total, weight = model(*inputs, apart=True)
    weight = torch.nan_to_num(weight.detach())
    if not has_rows or weight == 0:  # no examples, whose mean would be NaN: gradients of 0, for which the others wait
        total, weight = 0 * sum(p.sum() for p in model.parameters()), 0 * weight
    whole = torch.stack([total.detach(), weight])
    dist.all_reduce(whole)
    # DistributedDataParallel takes the mean of the gradients, so each counts \`world\` times.
    (total * (world / whole[1])).backward()
    return whole[0] / whole[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="data.safetensors", help="the inputs by name (default %(default)s)")
    parser.add_argument("--weights", default="model.safetensors", help="where to begin (default %(default)s)")
    parser.add_argument("--optimizer", help="what the optimizer remembers, from Tendril (default: nothing)")
    parser.add_argument("--out", default="trained.safetensors", help="the new weights (default %(default)s)")
    parser.add_argument("--optimizer-out", help="what the optimizer remembers then (default: not written)")
    parser.add_argument("--epochs", type=int, default=1, help="times through the data (default %(default)s)")
    parser.add_argument("--batch", type=int, help="rows of all processes together in a step (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the order of rows and of dropout (default %(default)s)")
    parser.add_argument("--in-order", action="store_true", help="take the rows in their order")
    parser.add_argument("--every", type=int, default=100, help="steps from one printed loss to the next (default %(default)s)")
    args = parser.parse_args()

    world, rank, local = (int(os.environ.get(name, d)) for name, d in (("WORLD_SIZE", 1), ("RANK", 0), ("LOCAL_RANK", 0)))
    on_cuda = torch.cuda.is_available()
    device = torch.device("cuda", local) if on_cuda else torch.device("cpu")
    if world > 1:
        if not BATCHED:
            raise SystemExit("train.py: the model takes batches of one size; export it with batch: true")
        if on_cuda:
            torch.cuda.set_device(device)
        dist.init_process_group("nccl" if on_cuda else "gloo")

    data, weights = load_safetensors(args.data), load_safetensors(args.weights)
    memory = load_safetensors(args.optimizer) if args.optimizer else {}
    model = Model(weights).to(device)
    parameters = dict(model.named_parameters())
    optimizer = make_optimizer(parameters, memory)
    devices = [local] if on_cuda else None
    trained = DistributedDataParallel(model, device_ids=devices) if world > 1 else model

    order = torch.Generator().manual_seed(args.seed)  # the same in all processes
    torch.manual_seed(args.seed + rank)  # dropout is another in each
    rows, step = len(data[BATCHED[0]]) if BATCHED else 1, 0
    for epoch in range(args.epochs):
        places = torch.arange(rows) if args.in_order else torch.randperm(rows, generator=order)
        for batch in places.split(args.batch or rows):
            mine = batch[rank::world]
            part = mine if len(mine) > 0 else batch[:1]  # of weight 0: all processes take part in each step
            inputs = [(data[name][part] if name in BATCHED else data[name]).to(device) for name in INPUTS]
            optimizer.zero_grad()
            loss = backward(trained, inputs, len(mine) > 0, world)
            optimizer.step()
            step += 1
            last = epoch + 1 == args.epochs and int(batch[-1]) == int(places[-1])
            if rank == 0 and (step % args.every == 0 or step == 1 or last):
                print(f"epoch {epoch + 1}, step {step}: loss {loss.item():.9g}", flush=True)
    if rank == 0:
        save_safetensors(args.out, {**weights, **model.state_dict()})
        print(f"wrote {args.out}", flush=True)
        if args.optimizer_out:
            save_safetensors(args.optimizer_out, remembered(optimizer, parameters, memory, step))
    if world > 1:
        dist.barrier()  # the weights are written
        os._exit(0)  # without closing connections, for which gloo in PyTorch 1.13 now and then waits for ever


if __name__ == "__main__":
    main()
`;
