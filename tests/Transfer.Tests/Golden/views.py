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
# how far normal distributions are from the standard one, and pictures cut into patches, each less its mean and through its deviation (AutoencoderTests)
mean, spread = FIRST.clone().requires_grad_(), (SECOND * 0.5).clone().requires_grad_()
normal = torch.distributions.Normal(mean, torch.exp(spread / 2))
loss = torch.distributions.kl_divergence(normal, torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))).sum(1).mean()
loss.backward()
print("divergence", loss.item(), mean.grad.flatten().tolist(), spread.grad.flatten().tolist())
picture = torch.sin(torch.arange(1 * 3 * 4 * 4, dtype=torch.float64) * 1.7).reshape(1, 3, 4, 4)
patches = torch.einsum("nchpwq->nhwpqc", picture.reshape(1, 3, 2, 2, 2, 2)).reshape(4, 12)
normalised = (patches - patches.mean(-1, keepdim=True)) / (patches.var(-1, keepdim=True) + 1e-6) ** 0.5
print("patches", normalised.flatten().tolist())
