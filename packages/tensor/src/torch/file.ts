// The Python file around the ops: reading and writing safetensors, and the class or function that runs them.
import { ExportError, type ExportedStep } from "../export/graph.ts";
import { Affine } from "../export/size.ts";
import { Body, quotientOf } from "./print.ts";
import { quoted, tuple } from "./text.ts";

const head = `import json
import struct

import torch
import torch.nn.functional as F

TYPES = {"F64": torch.float64, "F32": torch.float32, "I64": torch.int64, "I32": torch.int32, "BOOL": torch.bool}


def load_safetensors(path):
    """The tensors of a safetensors file, by name."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    start = 8 + struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:start].decode()).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            dtype, part = TYPES[entry["dtype"]], data[start + begin : start + end]
            flat = torch.frombuffer(part, dtype=dtype) if part else torch.empty(0, dtype=dtype)
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


def save_safetensors(path, tensors):
    """Writes tensors by name to a safetensors file, the widest elements first, so that all are aligned."""
    types = {dtype: name for name, dtype in TYPES.items()}
    header, parts, end = {}, [], 0
    for name, x in sorted(tensors.items(), key=lambda item: -item[1].element_size()):
        parts.append(x.detach().cpu().contiguous().numpy().tobytes())
        header[name] = {"dtype": types[x.dtype], "shape": list(x.shape), "data_offsets": [end, end + len(parts[-1])]}
        end += len(parts[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
`;

/** Functions that only some programs call. */
const helpers: Readonly<Record<string, string>> = {
  "unslice(": `def unslice(x, shape, parts):
    """Zeros, with x where \`parts\` takes it from."""
    out = x.new_zeros(shape)
    out[parts] = x
    return out
`,
  "fold(": `def fold(x, shape, windows):
    """Zeros, to which the entries of x are added where \`windows\` takes them from."""
    size = torch.Size(shape).numel()
    places = windows(torch.arange(size, device=x.device).reshape(shape)).reshape(-1)
    return x.new_zeros(size).index_add(0, places, x.reshape(-1)).reshape(shape)
`,
  "decode(": `def decode(text, dtype, shape):
    """Elements that are known, from base64."""
    import base64

    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=dtype).reshape(shape)
`,
};

const init = `    def __init__(self, state):
        super().__init__()
        for name in PARAMETERS + BUFFERS:  # "0.weight" is the parameter "weight" of the module "0"
            module, (*path, leaf) = self, name.split(".")
            for part in path:
                if part not in dict(module.named_children()):
                    module.add_module(part, torch.nn.Module())
                module = module.get_submodule(part)
            if name in PARAMETERS:
                module.register_parameter(leaf, torch.nn.Parameter(state[name].clone()))
            else:
                module.register_buffer(leaf, state[name].clone())
`;

const indent = (depth: number, lines: readonly string[]): string[] => lines.map((line) => " ".repeat(depth) + line);

/** A list of names as Python's tuple. */
const list = (names: readonly string[]): string => tuple(names.map(quoted));

/** Whether a step changes what requires gradients. */
export const trainsItself = ({ writes }: ExportedStep): boolean => writes.some(({ tensor }) => tensor.requiresGrad);

/** The file of a step: a function where it trains by itself, else a class. */
export function printFile(step: ExportedStep): string {
  const trains = trainsItself(step);
  const written = new Set(step.writes.map(({ name }) => name));
  const body = new Body(step, ({ origin: { name, tensor } }) => {
    if (trains) return `state[${quoted(name)}]`;
    const kind = tensor.requiresGrad ? "parameter" : "buffer";
    // What the last lines change is copied first: results may be views of it.
    return `self.get_${kind}(${quoted(name)})${written.has(name) ? ".clone()" : ""}`;
  });
  const [only] = step.outputs;
  const text = (i: number): string => body.text((step.outputs[i] as (typeof step.outputs)[number]).result);
  const results = step.outputs.map(({ name }, i) => `${quoted(name)}: ${text(i)}`);
  const returned = step.outputs.length === 1 && only?.name === "output" ? text(0) : `{${results.join(", ")}}`;
  const inputs = [
    `INPUTS = ${list(step.inputs.map(({ origin }) => origin.name))}`,
    `BATCHED = ${list(step.inputs.filter(({ shape: [n] }) => n instanceof Affine).map(({ origin }) => origin.name))}`,
  ];
  const writes = step.writes.map(({ name, result }): [string, string] => [quoted(name), body.text(result)]);
  const code: string[] = trains
    ? [
        ...inputs,
        "",
        "",
        "@torch.no_grad()",
        `def step(${["state", ...body.parameters].join(", ")}):`,
        `    """${body.signature}; what it changes is replaced in state, tensors by name."""`,
        ...indent(4, body.lines),
        ...writes.map(([name, value]) => `    state[${name}] = ${value}`),
        `    return ${returned}`,
      ]
    : model();
  function model(): string[] {
    const named = (trained: boolean): string[] =>
      step.states.filter(({ origin }) => origin.tensor.requiresGrad === trained).map(({ origin }) => origin.name);
    for (const name of [...named(true), ...named(false)]) checkPath(name, step);
    const quotient = quotientOf(step, body);
    const parts =
      quotient === undefined
        ? ['raise ValueError("apart: the loss is not a sum divided by a weight; return { loss, weight }")']
        : [`return ${quotient}`];
    return [
      ...inputs,
      `PARAMETERS = ${list(named(true))}`,
      `BUFFERS = ${list(named(false))}`,
      "",
      "",
      "class Model(torch.nn.Module):",
      init,
      `    def forward(${["self", ...body.parameters, "apart=False"].join(", ")}):`,
      `        """${body.signature}`,
      "",
      "        apart=True: the loss as two numbers, the first of which is divided by the second. Both add up over the",
      "        parts of a batch.",
      '        """',
      ...indent(8, body.lines),
      ...(writes.length === 0 ? [] : ["        with torch.no_grad():"]),
      ...writes.map(([name, value]) => `            self.get_buffer(${name}).copy_(${value})`),
      "        if apart:",
      ...indent(12, parts),
      `        return ${returned}`,
    ];
  }
  const all = code.join("\n");
  const used = Object.entries(helpers).flatMap(([call, helper]) =>
    all.includes(call) || (call === "decode(" && body.constants.length > 0) ? [helper] : [],
  );
  const constants = body.constants.length === 0 ? [] : [body.constants.join("\n")];
  return `${[`# Written by Tendril's toTorch; for PyTorch 1.13 or later.\n${head}`, ...used, ...constants, all].join("\n\n")}\n`;
}

/** Throws for names that are not paths of modules in PyTorch. */
function checkPath(name: string, { states }: ExportedStep): void {
  const other = states.find(({ origin }) => origin.name.startsWith(`${name}.`));
  if (other === undefined && name.split(".").every((part) => part !== "")) return;
  const why = other === undefined ? "has an empty part" : `is also the beginning of "${other.origin.name}"`;
  throw new ExportError(`toTorch: the name "${name}" ${why}, which PyTorch does not allow; rename it in names`);
}
