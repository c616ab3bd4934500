"""A side in PyTorch's own Python, told what to do on standard input, a line an answer (SideLoop.cs has the same lines).

    pytorch.py resnet ARCHITECTURE BATCH Evaluate|Train|TrainHead THREADS
    pytorch.py bert WIDTH LAYERS INNER BATCH LENGTH Evaluate|Train THREADS
"""
import math
import resource
import sys
import time

MARK = "@side "


def answer(text):
    print(MARK + text, flush=True)


try:
    import torch
    import torch.nn.functional as functional
    from torch import nn
except ImportError as problem:
    answer(f"missing this Python has no PyTorch ({problem}): let GRAFT_PYTHON name one that has, or run with --without pytorch")
    sys.exit(1)

RATE, MOMENTUM, CLASSES, SIZE = 1e-6, 0.9, 1000, 224
VOCABULARY, HEADS, POSITIONS, TYPES, LABELS, DROPOUT, EPSILON, RANGE = 30522, 12, 512, 2, 2, 0.1, 1e-12, 0.02


class Layer(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.query, self.key, self.value, self.join = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.attention_norm, self.output_norm = nn.LayerNorm(width, EPSILON), nn.LayerNorm(width, EPSILON)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (part(x).view(batch, length, HEADS, -1).transpose(1, 2) for part in (self.query, self.key, self.value))
        shares = self.dropout((q / math.sqrt(width // HEADS) @ k.transpose(-2, -1)).softmax(-1))
        x = self.attention_norm(x + self.dropout(self.join((shares @ v).transpose(1, 2).reshape(batch, length, width))))
        return self.output_norm(x + self.dropout(self.down(functional.gelu(self.up(x)))))


class Bert(nn.Module):
    def __init__(self, width, layers, inner):
        super().__init__()
        self.words, self.positions, self.types = nn.Embedding(VOCABULARY, width, 0), nn.Embedding(POSITIONS, width), nn.Embedding(TYPES, width)
        self.norm, self.dropout = nn.LayerNorm(width, EPSILON), nn.Dropout(DROPOUT)
        self.layers = nn.Sequential(*(Layer(width, inner) for _ in range(layers)))
        self.pooler, self.classifier = nn.Linear(width, width), nn.Linear(width, LABELS)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, RANGE)

    def forward(self, ids):
        x = self.words(ids) + self.types.weight[0] + self.positions.weight[:ids.shape[1]]
        x = self.layers(self.dropout(self.norm(x)))
        return self.classifier(self.dropout(self.pooler(x[:, 0]).tanh()))


def resnet(architecture, batch, task):
    import torchvision
    model = getattr(torchvision.models, architecture)()
    model.train(task == "Train")
    learning = model.parameters()
    if task == "TrainHead":
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        for parameter in model.fc.parameters():
            parameter.requires_grad_(True)
        learning = model.fc.parameters()
    optimiser = None if task == "Evaluate" else torch.optim.SGD(learning, RATE, momentum=MOMENTUM)
    images = torch.rand(int(batch), 3, SIZE, SIZE) * 2 - 1
    return model, images, torch.tensor([i * 37 % CLASSES for i in range(int(batch))]), optimiser


def bert(width, layers, inner, batch, length, task):
    model = Bert(int(width), int(layers), int(inner))
    model.train(task == "Train")
    optimiser = None if task == "Evaluate" else torch.optim.AdamW(model.parameters(), RATE)
    ids = torch.tensor([(1 + i * 7919) % VOCABULARY for i in range(int(batch) * int(length))]).view(int(batch), int(length))
    return model, ids, torch.tensor([i * 37 % LABELS for i in range(int(batch))]), optimiser


def step(model, given, labels, optimiser):
    if optimiser is None:
        with torch.inference_mode():
            return model(given).flatten()[0].item()
    optimiser.zero_grad(set_to_none=True)
    loss = functional.cross_entropy(model(given), labels)
    loss.backward()
    optimiser.step()
    return loss.item()


def main(kind, *arguments):
    torch.manual_seed(1)
    torch.set_num_threads(int(arguments[-1]))
    work = {"resnet": resnet, "bert": bert}[kind](*arguments[:-1])
    answer(f"ready {sum(parameter.numel() for parameter in work[0].parameters())} PyTorch {torch.__version__}")
    for line in sys.stdin:
        if line.strip() == "run":
            started = time.perf_counter()
            result = step(*work)
            answer(f"{(time.perf_counter() - started) * 1000!r} 0 {result!r}")
        elif line.strip() == "peak":
            answer(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
        else:
            answer(f"failed a side was told '{line.strip()}', which it does not know")


try:
    main(*sys.argv[1:])
except Exception as problem:  # whatever a library throws is the harness's to report, in one line
    answer(f"failed {type(problem).__name__}: {' '.join(str(problem).split())}")
    sys.exit(1)
