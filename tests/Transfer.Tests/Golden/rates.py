"""The rates that fastai's lr_find would suggest for a planted curve, computed with NumPy, as RateFinderTests has them.

    python3 rates.py
"""
import numpy as np

STEPS = 100
rates = 1e-7 * (10 / 1e-7) ** (np.arange(STEPS) / STEPS)
logs = np.log10(rates)
losses = 2 - 1.5 / (1 + np.exp(-2 * (logs + 3.2))) + 3 / (1 + np.exp(-6 * (logs - 0.2))) + 0.02 * np.sin(3 * np.arange(STEPS))
rates, losses = rates[STEPS // 10:-5], losses[STEPS // 10:-5]


def valley():
    lengths, end = [1] * len(losses), 0
    for i in range(1, len(losses)):
        for j in range(i):
            if losses[i] < losses[j] and lengths[i] < lengths[j] + 1:
                lengths[i] = lengths[j] + 1
        if lengths[end] < lengths[i]:
            end = i
    start = end - lengths[end]
    third = (end - start) / 3
    return rates[start + int(third) + int(third / 2)]


def slide(width=15, threshold=0.005):
    slopes = np.gradient(losses)
    right, left = -1, -1 - width
    rate = rates[left]
    while left >= -len(losses) and abs(slopes[right] - slopes[left]) > threshold:
        rate = rates[left]
        right, left = right - 1, left - 1
    return rate


print(f"valley {valley():.9g}")
print(f"slide {slide():.9g}")
print(f"minimum {rates[losses.argmin()] / 10:.9g}")
print(f"steepest {rates[(np.diff(losses) / np.diff(np.log(rates))).argmin()]:.9g}")
