"""What RegulariserTests and AverageTests have: a linear map from 2 to 2 that learns from two batches of two rows, by PyTorch 1.13, with the equations of
the papers where it has none.

    /usr/bin/python3 regularisers.py
"""
import torch

torch.set_num_threads(1)
WEIGHT, BIAS = [[1.0, -2.0], [0.5, 3.0]], [0.5, -1.0]
ROWS = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [3.0, -2.0], [0.25, 1.0]])
LABELS = torch.tensor([1, 0, 1, 0])
BATCHES = [(ROWS[:2], LABELS[:2]), (ROWS[2:], LABELS[2:])]
RATE, MOMENTUM, EPOCHS = 0.1, 0.9, 3


def new_model():
    model = torch.nn.Linear(2, 2)
    with torch.no_grad():
        model.weight.copy_(torch.tensor(WEIGHT))
        model.bias.copy_(torch.tensor(BIAS))
    return model


def show(name, model):
    numbers = model.weight.detach().flatten().tolist() + model.bias.detach().tolist()
    print(name, ", ".join(f"{number:.9g}f" for number in numbers))


def loss_of(model, batch):
    return torch.nn.functional.cross_entropy(model(batch[0]), batch[1])


def penalised(alpha=None, beta=None):
    """L2-SP as a part of the loss, of the weight alone."""
    model = new_model()
    start = model.weight.detach().clone()
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    for _ in range(EPOCHS):
        for batch in BATCHES:
            loss = loss_of(model, batch)
            if alpha is not None:
                loss = loss + alpha / 2 * (model.weight - start).square().sum()
            if beta is not None:
                loss = loss + beta / 2 * model.weight.square().sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return model


def sharpness_aware(rho):
    """Two backwards of each batch: up the gradient, and the step from below with the gradient from there."""
    model = new_model()
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=0.0)
    for _ in range(EPOCHS):
        for batch in BATCHES:
            optimiser.zero_grad()
            loss_of(model, batch).backward()
            with torch.no_grad():
                norm = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
                ways = [p.grad * (rho / (norm + 1e-12)) for p in model.parameters()]
                for p, way in zip(model.parameters(), ways):
                    p.add_(way)
            optimiser.zero_grad()
            loss_of(model, batch).backward()
            with torch.no_grad():
                for p, way in zip(model.parameters(), ways):
                    p.sub_(way)
            optimiser.step()
    return model


def averaged(lowest):
    """Four epochs of which the last two are averaged, each at its end, the rate 0.5 there or falling from it."""
    model = new_model()
    mean = torch.optim.swa_utils.AveragedModel(model)
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE)
    for epoch in range(4):
        for step, batch in enumerate(BATCHES):
            share = (step + 1) / len(BATCHES)
            optimiser.param_groups[0]["lr"] = RATE * (1 if epoch < 2 else (1 - share) * 0.5 + share * lowest)
            optimiser.zero_grad()
            loss_of(model, batch).backward()
            optimiser.step()
        if epoch >= 2:
            mean.update_parameters(model)
    return mean.module


def exponential():
    """timm's decay with warm-up: 1 - (1 + s)^(-2/3) at its step s = 0, 1, ..., at most 0.6."""
    model, mean = new_model(), new_model()
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE)
    update = 0
    for _ in range(EPOCHS):
        for batch in BATCHES:
            optimiser.zero_grad()
            loss_of(model, batch).backward()
            optimiser.step()
            decay = 0.0 if update == 0 else max(min(1 - (1 + update / 1.0) ** -(2 / 3), 0.6), 0.0)
            update += 1
            with torch.no_grad():
                for average, value in zip(mean.parameters(), model.parameters()):
                    average.lerp_(value, 1 - decay)
    return mean


def norm_statistics():
    """update_bn of a norm over three batches: mean and variance."""
    norm = torch.nn.BatchNorm2d(1)
    batches = [torch.tensor([[1.0, 2.0], [4.0, -1.0]]).reshape(2, 1, 1, 2), torch.tensor([[0.5, 3.0], [2.0, 2.0]]).reshape(2, 1, 1, 2),
               torch.tensor([[-3.0, 1.0], [0.0, 5.0]]).reshape(2, 1, 1, 2)]
    torch.optim.swa_utils.update_bn(batches, norm)
    return norm.running_mean.item(), norm.running_var.item()


show("start penalty", penalised(alpha=0.5))
show("head penalty", penalised(beta=0.5))
show("sharpness-aware", sharpness_aware(0.5))
show("averaged constant", averaged(0.5))
show("averaged falling", averaged(0.1))
show("exponential", exponential())
print("norm", *(f"{number:.9g}" for number in norm_statistics()))
