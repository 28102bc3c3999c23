"""PyTorch, one thread: the works of `works.ts`, in the same protocol as `child.ts`."""

import gc
import json
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
    return torch.frombuffer(out, dtype=torch.float32).clone()


class Mlp:
    def __init__(self, rows, sizes, lr):
        classes = sizes[-1]
        self.x = uniform(1, rows * sizes[0]).reshape(rows, sizes[0])
        rows_, features = torch.arange(rows)[:, None], torch.arange(sizes[0])[None]
        self.x[features % classes == rows_ % classes] += 1
        self.y = torch.arange(rows) % classes
        layers = []
        for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            linear = torch.nn.Linear(inputs, outputs)
            with torch.no_grad():
                linear.weight.copy_(uniform(2 + i, inputs * outputs, inputs**-0.5).reshape(inputs, outputs).T)
                linear.bias.zero_()
            layers += [torch.nn.ReLU()] * (i > 0) + [linear]
        self.model = torch.nn.Sequential(*layers)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=lr)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(self.x), self.y)
        loss.backward()
        self.optimizer.step()
        self.loss = loss.item()

    def result(self):
        return [self.loss]


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


works = {
    "W1": (100, lambda: Mlp(300, [2, 3], 0.1)),
    "W2": (10, lambda: Mlp(128, [784, 128, 10], 0.1)),
    "W3": (4, lambda: Mlp(256, [784, 512, 256, 10], 0.1)),
    "W4": (1, lambda: matmul(1024)),
    "W5": (1, lambda: gate(10**6)),
    "W6": (1, lambda: cross_entropy(1024, 1000)),
    "op": (1, lambda: chain(100, False)),
    "opGrad": (1, lambda: chain(100, True)),
}


def run(task, steps):
    start = time.perf_counter()
    for _ in range(steps):
        task.step()
    return (time.perf_counter() - start) * 1e3


def measure(task, steps, ms):
    first = run(task, steps)
    result = task.result()
    if ms == 0:
        return {"result": result, "ms": 0}
    while first < ms / 2:
        first += run(task, steps)
    batch = max(1, round(2 * steps / run(task, steps)))
    times, spent = [], 0.0
    while spent < ms or len(times) < 3:
        t = run(task, batch)
        times.append(t / batch)
        spent += t
    return {"result": result, "ms": sorted(times)[len(times) // 2]}


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


mode, name, amount = sys.argv[1:]
if mode == "version":
    print(json.dumps({"version": torch.__version__, "blas": blas()}))
else:
    steps, setup = works[name]
    task = setup()
    if mode == "measure":
        print(json.dumps(measure(task, steps, float(amount))))
    elif mode == "memory":
        print(json.dumps(memory(task, int(amount))))
    else:
        run(task, int(amount))
        print(json.dumps({}))
