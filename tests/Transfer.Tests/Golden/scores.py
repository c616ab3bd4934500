"""LogME, H-score, LEEP, NCE and logistic regression on planted features with NumPy and scikit-learn 1.2, as ScoresTests has them.

    python3 scores.py

The evidence of LogME is that of Bayesian linear regression, with the determinant of the whole D x D matrix; where there are more examples than features the
published implementation's sum over singular values is asserted to be the same.
"""
import warnings

import numpy as np
from sklearn.covariance import ledoit_wolf
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
np.set_printoptions(precision=12)


def planted(n, d, k):
    i, j = np.arange(n)[:, None], np.arange(d)[None, :]
    labels = (np.arange(n) * 7 // 3) % k
    features = np.sin(1.7 * i + 0.9 * j + 0.37 * i * j) + 0.6 * np.cos(j + 2.0 * labels[:, None])
    return features.astype(np.float32).astype(np.float64), labels


def evidence(features, y):
    n, d = features.shape
    alpha = beta = 1.0
    squares, vectors = np.linalg.eigh(features.T @ features)
    squares = np.clip(squares, 0, None)
    for _ in range(11):
        ratio = alpha / beta
        gamma = (squares / (squares + ratio)).sum()
        m = np.linalg.solve(np.eye(d) * ratio + features.T @ features, features.T @ y)
        m2, res2 = m @ m, ((features @ m - y) ** 2).sum()
        alpha, beta = gamma / (m2 + 1e-5), (n - gamma) / (res2 + 1e-5)
        log_determinant = np.linalg.slogdet(alpha * np.eye(d) + beta * features.T @ features)[1]
        value = (d * np.log(alpha) + n * np.log(beta) - log_determinant - beta * res2 - alpha * m2 - n * np.log(2 * np.pi)) / 2 / n
        if n > d:
            published = d / 2 * np.log(alpha) + n / 2 * np.log(beta) - 0.5 * np.log(alpha + beta * squares).sum() - beta / 2 * res2 - alpha / 2 * m2 - n / 2 * np.log(2 * np.pi)
            assert abs(published / n - value) < 1e-8
        if abs(alpha / beta - ratio) / ratio <= 1e-3:
            break
    return value


def h_score(features, labels, shrunk):
    means = np.zeros_like(features)
    for label in set(labels):
        means[labels == label] = features[labels == label].mean(0)
    between = np.cov(means, rowvar=False)
    if not shrunk:
        return np.trace(np.linalg.pinv(np.cov(features, rowvar=False), rcond=1e-12) @ between)
    covariance, share = ledoit_wolf(features)
    return np.trace(np.linalg.pinv(covariance) @ between) * (1 - share)


def leep(theta, labels):
    joint = np.stack([theta[labels == label].sum(0) for label in range(labels.max() + 1)]) / len(labels)
    return np.log((theta * (joint / joint.sum(0))[labels]).sum(1)).mean()


def nce(sources, labels):
    joint = np.zeros((sources.max() + 1, labels.max() + 1))
    np.add.at(joint, (sources, labels), 1)
    joint /= len(labels)
    share = joint / np.maximum(joint.sum(1, keepdims=True), 1e-300)
    return (joint[joint > 0] * np.log(share[joint > 0])).sum()


for n, d, k in (60, 8, 3), (40, 5, 2), (20, 30, 3), (64, 64, 4):
    features, labels = planted(n, d, k)
    classes = np.mean([evidence(features, (labels == label).astype(float)) for label in range(k)])
    values = evidence(features, np.cos(np.arange(n) * 0.3))
    theta = np.exp(features[:, :5])
    theta /= theta.sum(1, keepdims=True)
    print(f"[InlineData({n}, {d}, {k}, {classes:.10g}, {values:.10g}, {h_score(features, labels, False):.10g}, {h_score(features, labels, True):.10g}, "
          f"{leep(theta, labels):.10g}, {nce(theta.argmax(1), labels):.10g})]")

for n, d, k, c in (60, 8, 3, 1.0), (40, 5, 2, 0.3), (20, 30, 3, 10.0):
    features, labels = planted(n, d, k)
    probe = LogisticRegression(C=c, tol=1e-12, max_iter=100000, solver="newton-cg").fit(features, labels)
    last = probe.predict_proba(features[-1:])[0]
    print(f"[InlineData({n}, {d}, {k}, {c}, {probe.coef_[0, 0]:.10g}, {probe.coef_[-1, -1]:.10g}, {probe.intercept_[-1]:.10g}, {np.abs(probe.coef_).sum():.10g}, {last[0]:.10g})]")
