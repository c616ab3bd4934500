"""The rates and momenta of fastai's fine_tune and fit_one_cycle (Howard and Gugger 2020) per group and step, by their formulas with NumPy alone:
prints FastaiTable.cs.

    python3 fastai.py > ../FastaiTable.cs
"""
import numpy as np


def cos(start, end, share):
    return start + (1 + np.cos(np.pi * (1 - share))) * (end - start) / 2


def combined(share, start, middle, end):
    """Two cosines, the second from the position `share` on."""
    bounds = np.array([0, share, 1])

    def at(position):
        part = int(np.flatnonzero(position >= bounds).max())
        if part == 2:
            return end
        within = (position - bounds[part]) / (bounds[part + 1] - bounds[part])
        return cos(start, middle, within) if part == 0 else cos(middle, end, within)

    return at


def even_multiples(start, stop, count):
    return np.array([start * (stop / start) ** (i / (count - 1)) for i in range(count)])


def one_cycle(epochs, batches, highest, rising=0.25, div=25.0, div_final=1e5, momenta=(0.95, 0.85, 0.95)):
    rates = [combined(rising, rate / div, rate, rate / div_final) for rate in highest]
    momentum = combined(rising, *momenta)
    for step in range(epochs * batches):
        position = (step // batches + step % batches / batches) / epochs
        yield [rate(position) for rate in rates], momentum(position)


def fine_tune(epochs, batches, groups, base=2e-3, freeze_epochs=1, multiple=100.0, rising=0.3, div=5.0):
    # frozen: slice(base) gives the groups below a tenth, which do not learn; they are written as 0
    for rates, momentum in one_cycle(freeze_epochs, batches, [base / 10] * (groups - 1) + [base], rising=0.99):
        yield [0.0] * (groups - 1) + rates[-1:], momentum
    base /= 2
    yield from one_cycle(epochs, batches, even_multiples(base / multiple, base, groups), rising=rising, div=div)


print("namespace Graft.Transfer.Tests;\n")
print("/// <summary>What Golden/fastai.py prints: the rates of stem, middle and head and the momentum of each step.</summary>")
print("internal static class FastaiTable\n{")
print("    /// <summary>One frozen epoch and three others of 3 batches, the base rate 0.002.</summary>")
print("    public static readonly double[][] Steps =\n    [")
for rates, momentum in fine_tune(epochs=3, batches=3, groups=3):
    print(f"        [{', '.join(repr(float(number)) for number in [*rates, momentum])}],")
print("    ];\n}")
