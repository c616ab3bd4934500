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
