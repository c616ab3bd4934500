"""Five steps of each optimiser from (1, -2, 0.5), as UpdateRuleTests has them: PyTorch 1.13's, and by the equations of the paper where it has none.

    python3 optimisers.py
"""
import math

import torch

START, SLOPE, STEPS, RATE, DECAY = (1.0, -2.0, 0.5), (0.3, -0.1, 0.7), 5, 0.1, 0.01


def gradient(step):
    sign = step if step % 2 else -step
    return [slope * sign for slope in SLOPE]


def of_torch(make):
    weight = torch.nn.Parameter(torch.tensor(START))
    optimiser = make([weight])
    for step in range(1, STEPS + 1):
        weight.grad = torch.tensor(gradient(step))
        optimiser.step()
    return weight.detach().tolist()


def lion(beta1=0.9, beta2=0.99):
    weights, momenta = list(START), [0.0] * 3
    for step in range(1, STEPS + 1):
        for i, slope in enumerate(gradient(step)):
            direction = beta1 * momenta[i] + (1 - beta1) * slope
            weights[i] -= RATE * (math.copysign(1, direction) + DECAY * weights[i])
            momenta[i] = beta2 * momenta[i] + (1 - beta2) * slope
    return weights


for name, numbers in (
    ("nesterov", of_torch(lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9, weight_decay=DECAY, nesterov=True))),
    ("adam", of_torch(lambda p: torch.optim.Adam(p, lr=RATE, weight_decay=DECAY))),
    ("rmsprop", of_torch(lambda p: torch.optim.RMSprop(p, lr=RATE, momentum=0.9, weight_decay=DECAY))),
    ("adagrad", of_torch(lambda p: torch.optim.Adagrad(p, lr=RATE, lr_decay=0.1, weight_decay=DECAY))),
    ("lion", lion()),
):
    print(name, ", ".join(f"{number:.9g}f" for number in numbers))
