"""What FeatureMapPenaltyTests has: DELTA's penalty of feature maps [2, 3, 2, 2] and its gradient, by PyTorch 1.13 as the paper's code has it but for the mean over the batch.

    /usr/bin/python3 feature_maps.py
"""
import torch

torch.set_num_threads(1)
index = torch.arange(24, dtype=torch.float32).reshape(2, 3, 2, 2)
START, ATTENTION = torch.cos(index), torch.tensor([0.2, 0.5, 0.3])


def penalty(maps, weights):
    b, c, h, w = maps.shape
    distance = torch.norm((maps - START).reshape(b, c, -1), 2, 2)
    return 0.5 * (c * weights * distance ** 2 / (h * w)).sum() / b


for name, weights in (("attention", ATTENTION), ("uniform", torch.full((3,), 1 / 3))):
    maps = torch.sin(index).requires_grad_()
    loss = penalty(maps, weights)
    loss.backward()
    print(name, f"{loss.item():.9g}", ", ".join(f"{number:.9g}f" for number in maps.grad.flatten().tolist()[:12]))
