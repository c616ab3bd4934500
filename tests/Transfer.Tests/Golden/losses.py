"""What ClassificationLossTests has: losses of three rows of four logits and their gradients, by PyTorch 1.13.

    /usr/bin/python3 losses.py
"""
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
LOGITS = [[1.0, -0.5, 2.0, 0.25], [-1.5, 0.75, 0.5, -0.25], [3.0, 1.0, -2.0, 0.5]]
OTHERS = [[0.5, -0.25, 1.0, 0.75], [-1.0, 1.25, 0.5, -0.5], [2.0, 1.5, -1.0, 0.25]]
LABELS = torch.tensor([2, 0, 1])
WEIGHTS = torch.tensor([0.5, 2.0, 1.25, 0.75])
SOFT = torch.tensor([[0.1, 0.2, 0.6, 0.1], [0.7, 0.0, 0.3, 0.0], [0.0, 0.5, 0.25, 0.25]])


def focal(logits, gamma, weights):
    p = logits.softmax(1)[torch.arange(3), LABELS]
    w = weights[LABELS]
    return -(w * (1 - p) ** gamma * p.log()).sum() / w.sum()


def r_drop(logits):
    other = torch.tensor(OTHERS)
    one = F.kl_div(F.log_softmax(logits, 1), F.softmax(other, 1), reduction="batchmean")
    two = F.kl_div(F.log_softmax(other, 1), F.softmax(logits, 1), reduction="batchmean")
    return (one + two) / 2


def distilled(logits, temperature):
    target = (torch.tensor(OTHERS) / temperature).softmax(1)
    return F.kl_div(F.log_softmax(logits / temperature, 1), target, reduction="batchmean") * temperature ** 2


for name, of in (
    ("weighted", lambda x: F.cross_entropy(x, LABELS, weight=WEIGHTS)),
    ("weighted, smoothed", lambda x: F.cross_entropy(x, LABELS, weight=WEIGHTS, label_smoothing=0.1)),
    ("soft", lambda x: F.cross_entropy(x, SOFT)),
    ("focal 2", lambda x: focal(x, 2.0, torch.ones(4))),
    ("focal 0.5, weighted", lambda x: focal(x, 0.5, WEIGHTS)),
    ("r-drop", r_drop),
    ("distilled 1", lambda x: distilled(x, 1.0)),
    ("distilled 4", lambda x: distilled(x, 4.0)),
):
    x = torch.tensor(LOGITS, requires_grad=True)
    loss = of(x)
    loss.backward()
    print(name, f"{loss.item():.9g}", ", ".join(f"{number:.9g}f" for number in x.grad.flatten().tolist()))
