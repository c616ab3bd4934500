"""The figures of a transfer report (CKA, calibration, temperature, Student's t), computed with NumPy and SciPy, as FiguresTests has them.

    python3 figures.py
"""
import numpy as np
from scipy import optimize, special, stats


def planted(rows, columns, a, b, c):
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    return np.sin(a * i + b * j + c * i * j).astype(np.float32).astype(np.float64)


def linear_cka(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    return np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))


def hsic(k, l):
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    one = np.ones(n)
    return (np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)) / (n * (n - 3))


def unbiased_cka(x, y):
    k, l = x @ x.T, y @ y.T
    return hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))


x, y = planted(12, 5, 0.9, 0.7, 0.31), planted(12, 3, 0.5, 1.1, 0.23)
mixed = np.concatenate([x[:, :2] * 2 + 1, y], axis=1)
print("linear", linear_cka(x, y), linear_cka(x, mixed), "unbiased", unbiased_cka(x, y), unbiased_cka(x, mixed))
batches = [(x[i:i + 6], mixed[i:i + 6]) for i in (0, 6)]
sums = [sum(hsic(p @ p.T, q @ q.T) for p, q in pairs) for pairs in (batches, [(a, a) for a, _ in batches], [(b, b) for _, b in batches])]
print("batched", sums[0] / np.sqrt(sums[1] * sums[2]))

logits = 3 * planted(40, 4, 1.7, 0.9, 0.41)
labels = np.array([(7 * i + i // 3) % 4 if i % 3 == 0 else int(np.argmax(logits[i])) for i in range(40)])
for temperature in (1.0, 1.8):
    p = special.softmax(logits / temperature, axis=1)
    confidence, right = p.max(1), p.argmax(1) == labels
    expected = largest = 0
    for low in np.arange(15) / 15:
        inside = (confidence > low) & (confidence <= low + 1 / 15)
        if inside.any():
            gap = abs(confidence[inside].mean() - right[inside].mean())
            expected, largest = expected + gap * inside.mean(), max(largest, gap)
    print("calibration", temperature, expected, largest, -special.log_softmax(logits / temperature, axis=1)[np.arange(40), labels].mean(), right.sum())
fit = optimize.minimize_scalar(
    lambda log: -special.log_softmax(logits / np.exp(log), axis=1)[np.arange(40), labels].mean(), bounds=(-3, 3), method="bounded", options={"xatol": 1e-12})
print("temperature", np.exp(fit.x), fit.fun)

for level, degrees in ((0.95, 1), (0.95, 2), (0.95, 4), (0.99, 2), (0.9, 7), (0.95, 30)):
    print("t", level, degrees, stats.t.ppf((1 + level) / 2, degrees))
print("normal", stats.norm.ppf(0.975))

transfer, scratch = np.array([0.91, 0.93, 0.90]), np.array([0.80, 0.79, 0.85])
difference = transfer - scratch
print("paired", difference.mean(), stats.t.ppf(0.975, 2) * difference.std(ddof=1) / np.sqrt(3), stats.ttest_rel(transfer, scratch))
