"""Errors of PyTorch's float32 against its float64, over the largest true entry, for PrecisionTests: writes precision.csv beside this script.

    python3 precision.py        (PyTorch 1.13 made the table that is committed)
"""
import csv
import pathlib

import numpy
import torch
import torch.nn.functional as functional


def words(seed, count):
    """SplitMix64 at seed * 2^32 and what follows."""
    z = numpy.arange(count, dtype=numpy.uint64) + numpy.uint64(seed << 32)
    z += numpy.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> numpy.uint64(31))


def uniform(seed, *shape):
    """Numbers of [0, 1), 24 bits each."""
    values = (words(seed, int(numpy.prod(shape))) >> numpy.uint64(40)).astype(numpy.float64) / 2**24
    return torch.from_numpy(values.reshape(shape).astype(numpy.float32))


def normal(seed, *shape, level=0.0, scale=1.0):
    """Nearly normal numbers: of four uniform ones."""
    count = int(numpy.prod(shape))
    four = (words(seed, 4 * count) >> numpy.uint64(40)).astype(numpy.float64) / 2**24
    values = (four.reshape(count, 4).sum(1) - 2) * numpy.sqrt(3.0) * scale + level
    return torch.from_numpy(values.reshape(shape).astype(numpy.float32))


def convolution(kernel, channels, side, hot=None):
    x, w, g = normal(1, 2, channels, side, side), normal(2, channels, channels, kernel, kernel, scale=0.05), normal(3, 2, channels, side, side)
    if hot is not None:
        x[0, 0, 3, 3] = hot

    def run(kind):
        a, b = x.to(kind).requires_grad_(), w.to(kind).requires_grad_()
        y = functional.conv2d(a, b, padding=kernel // 2)
        y.backward(g.to(kind))
        if hot is None:
            return {"y": y, "dx": a.grad, "dw": b.grad}
        # where the window does not see the pixel
        apart = torch.ones_like(y)
        apart[0, :, 2:5, 2:5] = 0
        return {"y": y * apart}
    return run


def entropy(level):
    x, labels = normal(1, 64, 100, level=level, scale=3.0), torch.from_numpy((words(2, 64) % numpy.uint64(100)).astype(numpy.int64))

    def run(kind):
        a = x.to(kind).requires_grad_()
        functional.cross_entropy(a, labels).backward()
        return {"dx": a.grad}
    return run


def statistics(level):
    x, g = normal(1, 16, 8, 16, 16, level=level), normal(2, 16, 8, 16, 16)

    def run(kind):
        a, weight, bias = x.to(kind).requires_grad_(), torch.ones(8, dtype=kind, requires_grad=True), torch.zeros(8, dtype=kind, requires_grad=True)
        mean, variance = torch.zeros(8, dtype=kind), torch.ones(8, dtype=kind)
        y = functional.batch_norm(a, mean, variance, weight, bias, training=True, momentum=1.0)
        y.backward(g.to(kind))
        return {"variance": variance, "y": y, "dx": a.grad, "dw": weight.grad}
    return run


def total(kind):
    return {"sum": uniform(1, 10_000_000).to(kind).sum(), "of rows": uniform(1, 1_000_000, 8).to(kind).sum(0), "of tenths": torch.full((10_000_000,), 0.1).to(kind).sum()}


def deep(kind):
    return {"y": functional.linear(normal(1, 4, 65_536).to(kind), normal(2, 8, 65_536).to(kind))}


def long(kind):
    weight = normal(2, 8, 16).to(kind).requires_grad_()
    functional.linear(normal(1, 100_000, 16).to(kind), weight).backward(normal(3, 100_000, 8).to(kind))
    return {"dw": weight.grad}


rows = {
    **{f"cross-entropy at {level}": entropy(level) for level in (10, 100, 1_000, 10_000)},
    "convolution": convolution(3, 64, 16),
    "convolution, one pixel of 1e4": convolution(3, 64, 16, 1e4),
    "sum": total, "linear, K = 65536": deep, "linear, 100000 rows": long,
    **{f"batch norm at {level}": statistics(level) for level in (0, 100, 500)},
}

with open(pathlib.Path(__file__).with_name("precision.csv"), "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["what", "of", "error"])
    for name, run in rows.items():
        true, found = run(torch.float64), run(torch.float32)
        for part in true:
            error = (found[part].double() - true[part]).abs().max() / true[part].abs().max()
            writer.writerow([name, part, f"{error.item():.2g}"])
print(torch.__version__)
