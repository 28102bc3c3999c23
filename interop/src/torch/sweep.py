"""Runs printed programs, and compares their values and PyTorch's own gradients with what Tendril computed.

Standard input: one JSON object a line, as sweep.ts writes them. Prints each disagreement, then how much was compared.
"""

import json
import math
import sys
import warnings

import torch

warnings.filterwarnings("ignore")  # of tensors that PyTorch reads from buffers it may not write to
TYPES = {"float32": torch.float32, "float64": torch.float64, "int32": torch.int32, "bool": torch.bool}
# Sums are added up in another order and precision: errors are relative to the largest element.
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}


def decode(dtype, shape, elements):
    values = [float(x) for x in elements]  # "NaN" and "Infinity" are texts
    return torch.tensor(values, dtype=torch.float64).to(TYPES[dtype]).reshape(shape)


def difference(got, dtype, shape, elements):
    """What is wrong with a result, or None."""
    if got.dtype != TYPES[dtype] or list(got.shape) != shape:
        return f"is {got.dtype} {list(got.shape)}, not {dtype} {shape}"
    mine = [float(x) for x in got.detach().reshape(-1).tolist()]
    theirs = [float(x) for x in elements]
    largest = max([1.0] + [abs(x) for x in theirs if math.isfinite(x)])
    for i, (a, b) in enumerate(zip(mine, theirs)):
        if a == b or (math.isnan(a) and math.isnan(b)):
            continue
        if not abs(a - b) <= TOLERANCE.get(dtype, 0) * largest:
            return f"element {i} is {a}, not {b}"
    return None


values = gradients = wrong = 0
for line in sys.stdin:
    case = json.loads(line)
    scope = {}
    problem = None
    try:
        exec(case["python"], scope)
        inputs = [decode(*x) for x in case["inputs"]]
        for i in case["wrt"]:
            inputs[i].requires_grad = True
        state = {name: decode(*x) for name, x in case.get("state", {}).items()}
        model = scope["Model"](state) if "Model" in scope else None
        out = model(*inputs) if model else scope["step"](state, *inputs)
        for name, expected in case["outputs"].items():
            got = out[name] if isinstance(out, dict) else out
            problem = problem or difference(got, *expected)
            values += len(expected[2])
        after = model.state_dict() if model else state
        for name, expected in case.get("after", {}).items():
            bad = difference(after[name], *expected)
            problem = problem or (bad and f"{name}: {bad}")
            values += len(expected[2])
        if case["wrt"]:
            if out.requires_grad:  # counts do not: their gradient is 0
                out.backward(decode(*case["cotangent"]))
            for i, expected in zip(case["wrt"], case["gradients"]):
                own = inputs[i].grad if inputs[i].grad is not None else torch.zeros_like(inputs[i])
                bad = difference(own, *expected)
                problem = problem or (bad and f"gradient {i}: {bad}")
                gradients += len(expected[2])
    except Exception as error:  # noqa: BLE001
        problem = f"{type(error).__name__}: {error}"
    if problem:
        wrong += 1
        print(f"{case['what']}: {problem}")
print(json.dumps({"values": values, "gradients": gradients, "wrong": wrong}))
