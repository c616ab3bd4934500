"""What ViewLossTests has: losses of two views of three examples and their gradients, by PyTorch 1.13 from the papers' equations.

    /usr/bin/python3 views.py
"""
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
FIRST = torch.sin(torch.arange(12, dtype=torch.float64)).reshape(3, 4)
SECOND = torch.cos(torch.arange(12, dtype=torch.float64) * 0.9).reshape(3, 4)


def contrastive(a, b, t):
    z = F.normalize(torch.cat([a, b]), dim=1)
    s = z @ z.T / t
    n = len(a)
    loss = 0
    for i in range(2 * n):
        others = torch.cat([s[i, :i], s[i, i + 1:]])
        loss = loss - s[i, (i + n) % (2 * n)] + torch.logsumexp(others, 0)
    return loss / (2 * n)


def barlow(a, b, weight):
    def standard(x):
        return F.batch_norm(x, None, None, training=True, eps=1e-5)
    c = standard(a).T @ standard(b) / len(a)
    on = (torch.diagonal(c) - 1).pow(2).sum()
    off = c.pow(2).sum() - torch.diagonal(c).pow(2).sum()
    return on + weight * off


def byol(a, b):
    return (2 - 2 * F.cosine_similarity(a, b.detach())).mean()


for name, of in (("contrastive 0.5", lambda a, b: contrastive(a, b, 0.5)), ("contrastive 0.1", lambda a, b: contrastive(a, b, 0.1)),
                 ("barlow", lambda a, b: barlow(a, b, 0.005)), ("byol", byol)):
    a, b = FIRST.clone().requires_grad_(), SECOND.clone().requires_grad_()
    loss = of(a, b)
    loss.backward()
    print(name, f"{loss.item():.9g}")
    for x in (a, b):
        print("   ", "none" if x.grad is None else ", ".join(f"{number:.9g}f" for number in x.grad.flatten().tolist()))
