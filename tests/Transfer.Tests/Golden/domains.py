"""What DomainLossTests has: distances between features of two domains and their gradients, by PyTorch 1.13 from the papers' equations.

    /usr/bin/python3 domains.py
"""
import torch

torch.set_num_threads(1)
SOURCE = torch.sin(torch.arange(12, dtype=torch.float64)).reshape(4, 3)
TARGET = 1.5 * torch.cos(torch.arange(9, dtype=torch.float64) * 0.7).reshape(3, 3) + 0.5


def mmd(s, t):
    z = torch.cat([s, t])
    d = ((z[:, None] - z[None]) ** 2).sum(2)
    mean = (d.sum() / (len(z) * (len(z) - 1))).detach()
    k = sum(torch.exp(-d / (w * mean)) for w in (0.25, 0.5, 1, 2, 4))
    n = len(s)
    return k[:n, :n].mean() + k[n:, n:].mean() - 2 * k[:n, n:].mean()


def coral(s, t):
    d = s.shape[1]
    return ((torch.cov(s.T) - torch.cov(t.T)) ** 2).sum() / (4 * d * d)


for name, of in (("mmd", mmd), ("coral", coral)):
    s, t = SOURCE.clone().requires_grad_(), TARGET.clone().requires_grad_()
    loss = of(s, t)
    loss.backward()
    print(name, f"{loss.item():.9g}")
    for x in (s, t):
        print("   ", ", ".join(f"{number:.9g}f" for number in x.grad.flatten().tolist()))


# answers of two classifiers, of a discriminator and of variations
LOGITS = 2 * torch.sin(torch.arange(12, dtype=torch.float64) * 1.3).reshape(4, 3)
OTHERS = 2 * torch.cos(torch.arange(12, dtype=torch.float64) * 0.9).reshape(4, 3)


def pseudo(logits, answers, threshold):
    shares = answers.softmax(1).detach()
    largest, labels = shares.max(1)
    losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    return ((largest >= threshold) * losses).mean()


def entropy(logits, _):
    return -(logits.softmax(1) * logits.log_softmax(1)).sum(1).mean()


for name, of in (
    ("discrepancy", lambda a, b: (a.softmax(1) - b.softmax(1)).abs().mean()),
    ("fixmatch", lambda a, b: pseudo(a, b, 0.6)),
    ("entropy", entropy),
    ("weighted", lambda a, b: torch.nn.functional.binary_cross_entropy_with_logits(a, b.sigmoid().detach(), weight=(b + 3).detach())),
):
    a, b = LOGITS.clone().requires_grad_(), OTHERS.clone().requires_grad_()
    loss = of(a, b)
    loss.backward()
    print(name, f"{loss.item():.9g}")
    for x in (a, b):
        if x.grad is not None:
            print("   ", ", ".join(f"{number:.9g}f" for number in x.grad.flatten().tolist()))

# ADDA: a discriminator tells features apart; the target's learn to be taken for the source's
discriminator = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
with torch.no_grad():
    for number, parameter in enumerate(discriminator.parameters()):
        parameter.copy_(torch.sin(torch.arange(parameter.numel(), dtype=torch.float64) + number).reshape(parameter.shape))
t = TARGET.clone().requires_grad_()
bce = torch.nn.functional.binary_cross_entropy_with_logits
told = bce(discriminator(torch.cat([SOURCE, TARGET]))[:, 0], torch.tensor([1.0] * 4 + [0.0] * 3, dtype=torch.float64))
taken = bce(discriminator(t)[:, 0], torch.ones(3, dtype=torch.float64))
told.backward()
first = discriminator[0].weight.grad.flatten().tolist()
taken.backward()
print("adda", f"{(told + taken).item():.9g}")
print("   ", ", ".join(f"{number:.9g}f" for number in first))
print("   ", ", ".join(f"{number:.9g}f" for number in t.grad.flatten().tolist()))

# DEV of known weights and losses
w = torch.exp(torch.sin(torch.arange(9, dtype=torch.float64)))
l = torch.cos(torch.arange(9, dtype=torch.float64)) ** 2
c = torch.cov(torch.stack([w * l, w]))
eta = -c[0, 1] / c[1, 1]
print("dev", f"{((w * l).mean() + eta * w.mean() - eta).item():.12g}", f"{(w * l).mean().item():.12g}", f"{(w.sum() ** 2 / (w * w).sum()).item():.12g}")
