"""PyTorch, one thread: the works of `works.ts`, in the same protocol as `child.ts`.

`torch_peer.py reference CALL STEPS` prints what must come out, computed in float64.
"""

import gc
import json
import math
import os
import resource
import sys
import time
from array import array

import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def uniform(seed, size, scale=1.0):
    out = array("f", bytes(4 * size))
    state = seed
    for i in range(size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = (state / 2**31 - 1) * scale
    return torch.frombuffer(out, dtype=torch.float32).to(torch.get_default_dtype(), copy=True)


class Training:
    """Steps of an optimizer; `loss` is the loss as a function."""

    def __init__(self, loss, optimizer):
        self.loss, self.optimizer = loss, optimizer

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        self.optimizer.step()
        self.last = loss.item()

    def result(self):
        return [self.last]


def examples(rows, features, classes):
    x = uniform(1, rows * features).reshape(rows, features)
    rows_, features_ = torch.arange(rows)[:, None], torch.arange(features)[None]
    x[features_ % classes == rows_ % classes] += 1
    return x, torch.arange(rows) % classes


def mlp(work):
    sizes = work["sizes"]
    x, y = examples(work["rows"], sizes[0], sizes[-1])
    layers = []
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
        linear = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            linear.weight.copy_(uniform(2 + i, inputs * outputs, inputs**-0.5).reshape(inputs, outputs).T)
            linear.bias.zero_()
        layers += [torch.nn.ReLU()] * (i > 0) + [linear]
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=work["lr"])
    return Training(lambda: F.cross_entropy(model(x), y), optimizer)


def initialize(model):
    """As `initial` in networks.ts; parameters come in the same order."""
    with torch.no_grad():
        for i, (name, p) in enumerate(model.named_parameters()):
            if p.ndim == 1:
                p.fill_(0 if "bias" in name else 1)
            else:
                p.copy_(uniform(2 + i, p.numel(), (p.numel() / p.shape[0]) ** -0.5).reshape(p.shape))
    return model


class CnnModel(torch.nn.Module):
    def __init__(self, work):
        super().__init__()
        first, second = work["channels"]
        self.conv1 = torch.nn.Conv2d(1, first, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(first, second, 3, padding=1)
        self.head = torch.nn.Linear(second * (work["side"] // 4) ** 2, work["classes"])

    def forward(self, x):
        h = F.max_pool2d(F.relu(self.conv1(x)), 2)
        h = F.max_pool2d(F.relu(self.conv2(h)), 2)
        return self.head(h.flatten(1))


def cnn(work):
    side = work["side"]
    x, y = examples(work["rows"], side * side, work["classes"])
    x = x.reshape(-1, 1, side, side)
    model = initialize(CnnModel(work))
    return Training(lambda: F.cross_entropy(model(x), y), torch.optim.SGD(model.parameters(), lr=work["lr"]))


class Block(torch.nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.heads = heads
        self.norm1 = torch.nn.LayerNorm(width)
        self.qkv = torch.nn.Linear(width, 3 * width)
        self.projection = torch.nn.Linear(width, width)
        self.norm2 = torch.nn.LayerNorm(width)
        self.up = torch.nn.Linear(width, 4 * width)
        self.down = torch.nn.Linear(4 * width, width)
        self.future = torch.ones(length, length, dtype=torch.bool).triu(1)

    def attention(self, x):
        batch, length, width = x.shape
        q, k, v = self.qkv(x).reshape(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(width // self.heads)
        mixed = scores.masked_fill(self.future, -math.inf).softmax(-1) @ v
        return self.projection(mixed.transpose(1, 2).reshape(batch, length, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class TransformerModel(torch.nn.Module):
    def __init__(self, work):
        super().__init__()
        vocabulary, length, width = work["vocabulary"], work["length"], work["width"]
        self.tokens = torch.nn.Embedding(vocabulary, width)
        self.positions = torch.nn.Embedding(length, width)
        self.blocks = torch.nn.Sequential(*(Block(width, work["heads"], length) for _ in range(work["blocks"])))
        self.norm = torch.nn.LayerNorm(width)
        self.head = torch.nn.Linear(width, vocabulary, bias=False)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.tokens(x) + self.positions.weight)))


def transformer(work):
    batch, length = work["batch"], work["length"]
    text = torch.tensor([(j**3 + 5 * j) % work["vocabulary"] for j in range(batch * length + 1)])
    x, y = text[:-1].reshape(batch, length), text[1:]
    model = initialize(TransformerModel(work))
    optimizer = torch.optim.Adam(model.parameters(), lr=work["lr"])
    return Training(lambda: F.cross_entropy(model(x).flatten(0, 1), y), optimizer)


class GruModel(torch.nn.Module):
    def __init__(self, work):
        super().__init__()
        self.gru = torch.nn.GRU(work["inputs"], work["hidden"])
        self.head = torch.nn.Linear(work["hidden"], work["classes"])

    def forward(self, x):
        return self.head(self.gru(x)[1][0])


def gru(work):
    batch, length, inputs = work["batch"], work["length"], work["inputs"]
    x = uniform(1, length * batch * inputs).reshape(length, batch, inputs)
    y = torch.arange(batch) % work["classes"]
    model = initialize(GruModel(work))
    optimizer = torch.optim.Adam(model.parameters(), lr=work["lr"])
    return Training(lambda: F.cross_entropy(model(x), y), optimizer)


class Task:
    """Runs f; its results are tensors."""

    def __init__(self, f):
        self.f = f

    def step(self):
        self.results = self.f()

    def result(self):
        return [t.detach().double().abs().sum().item() for t in self.results]


def matmul(n):
    a, b = uniform(1, n * n).reshape(n, n), uniform(2, n * n).reshape(n, n)
    return Task(lambda: [a @ b])


def with_gradients(leaves, f):
    def run():
        for leaf in leaves:
            leaf.grad = None
        value = f(*leaves)
        value.backward()
        return [value, *(leaf.grad for leaf in leaves)]

    return Task(run)


def gate(n):
    leaves = [t.requires_grad_() for t in (uniform(1, n), torch.tensor(0.7), torch.tensor(0.1))]
    return with_gradients(leaves, lambda x, w, b: (torch.tanh(x * w + b) * torch.sigmoid(x)).mean())


def cross_entropy(rows, classes):
    z = uniform(1, rows * classes, 3).reshape(rows, classes).requires_grad_()
    y = torch.arange(rows) % classes
    return with_gradients([z], lambda z: F.cross_entropy(z, y))


def chain(ops, backward):
    start, a, b = (torch.tensor([v]) for v in (1.0, 0.9, 0.1))
    leaves = [a.requires_grad_(), b.requires_grad_()]

    def forward(a, b):
        y = start
        for _ in range(ops // 2):
            y = y * a + b
        return y

    if not backward:
        return Task(lambda: [forward(a, b)])
    task = with_gradients(leaves, forward)
    run = task.f
    task.f = lambda: run()[:2]
    return task


tasks = {
    "mlp": mlp,
    "cnn": cnn,
    "transformer": transformer,
    "gru": gru,
    "matmul": matmul,
    "gate": gate,
    "crossEntropy": cross_entropy,
    "chain": chain,
}


def run(task, steps):
    start = time.perf_counter()
    for _ in range(steps):
        task.step()
    return (time.perf_counter() - start) * 1e3


def measure(task, steps, ms):
    first = run(task, 1)
    warm = first + run(task, steps - 1)
    result = task.result()
    if ms == 0:
        return {"result": result, "first": first, "ms": 0}
    while warm < ms / 2:
        warm += run(task, steps)
    batch = max(1, round(2 * steps / run(task, steps)))
    times, spent = [], 0.0
    while spent < ms or len(times) < 3:
        t = run(task, batch)
        times.append(t / batch)
        spent += t
    return {"result": result, "first": first, "ms": sorted(times)[len(times) // 2]}


def memory(task, steps):
    run(task, steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before = resident()
    run(task, steps // 2)
    return {"peakKb": peak, "bytesPerStep": (resident() - before) / (steps // 2)}


def resident():
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()


def blas():
    """The library behind matrix products: Debian's PyTorch is built against an interface that others fill in."""
    names = {os.path.realpath(line.split()[-1]) for line in open("/proc/self/maps") if "blas" in line}
    found = {os.path.basename(n) for n in names}
    return ", ".join(sorted(found - {"libblas.so.3", "liblapack.so.3"} or found)) or torch.__config__.show()


mode, *job = sys.argv[1:]
if mode == "version":
    print(json.dumps({"version": torch.__version__, "blas": blas()}))
else:
    name, *work = json.loads(job[0])
    steps = int(job[1])
    if mode == "reference":
        torch.set_default_dtype(torch.float64)
    task = tasks[name](*work)
    if mode == "measure":
        print(json.dumps(measure(task, steps, float(job[2]))))
    elif mode == "memory":
        print(json.dumps(memory(task, int(job[2]))))
    elif mode == "reference":
        run(task, steps)
        print(json.dumps(task.result()))
    else:
        run(task, int(job[2]))
        print(json.dumps({}))
