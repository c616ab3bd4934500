"""Makes files of weights in the layouts that people's training programs write, in the folder layouts/ beside this script, and
layouts/expected.json, what their numbers are.

usage: /usr/bin/python3 layouts.py [FOLDER [WEIGHTS]]     (PyTorch 1.13)

Without WEIGHTS the network is a ResNet-20 of which only the names and shapes are true: every number is 0 but one in each tensor, so
that the packed files stay small. With WEIGHTS (a checkpoint of the published ResNet-20) the files are as large as people's.
"""

import argparse
import collections
import datetime
import decimal
import enum
import functools
import json
import os
import pathlib
import random
import sys
import uuid
import zipfile

import numpy
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


class AttributeDict(dict):
    """Stands for the class of that name in PyTorch Lightning: a dictionary of hyperparameters."""


AttributeDict.__module__ = "pytorch_lightning.utilities.parsing"


def register(*classes):
    """Lets pickle find classes where the libraries have them."""
    for one in classes:
        parts = one.__module__.split(".")
        for depth in range(1, len(parts) + 1):
            sys.modules.setdefault(".".join(parts[:depth]), type(sys)(".".join(parts[:depth])))
        setattr(sys.modules[one.__module__], one.__name__, one)


class Colour(enum.Enum):
    RED = 1


class Config:
    """A user's class whose attributes lead back to it."""

    def __init__(self):
        self.parent = self
        self.values = [1, {"a": self}]


class EasyDict(dict):
    pass


class Command:
    def __reduce__(self):
        return os.system, ("touch file-it-ran",)


class Marked(torch.Tensor):
    pass


for own in (Colour, Config, EasyDict, Marked):
    own.__module__ = "own"
register(Colour, Config, EasyDict, Marked)


def neighbours():
    deep = []
    for _ in range(300):
        deep = [deep]
    return {
        "state_dict": {"weight": torch.tensor([1.0, 2.0, 3.0])},
        "args": argparse.Namespace(lr=0.1, arch="resnet20", augment=None), "out": pathlib.PosixPath("runs/a"),
        "windows": pathlib.PureWindowsPath("runs/b"), "when": datetime.datetime(2024, 1, 2, 3, 4), "day": datetime.date(2024, 1, 2),
        "history": collections.defaultdict(list, {"loss": [1.0, 2.0]}), "count": collections.Counter("aab"),
        "ordered": collections.OrderedDict(a=1), "recent": collections.deque([1, 2], maxlen=5), "kinds": {1, 2}, "fixed": frozenset([3]),
        "array": numpy.arange(6).reshape(2, 3), "texts": numpy.array(["a", "bc"]), "objects": numpy.array([{"a": 1}, None], dtype=object),
        "label": numpy.str_("cat"), "complex": 1 + 2j, "wide": numpy.complex64(1 + 2j), "moment": numpy.datetime64("2024-01-01"),
        "flag": numpy.bool_(True), "raw": numpy.bytes_(b"xy"),
        "function": functools.partial(print, 1), "colour": Colour.RED, "config": Config(), "easy": EasyDict(a=1, b=EasyDict(c=2)),
        "price": decimal.Decimal("1.5"), "id": uuid.UUID(int=7), "large": 10 ** 400, "negative": -(1 << 70), "truth": True, "nan": float("nan"),
        "infinite": float("-inf"), "bytes": b"x" * 300, "buffer": bytearray(b"abc"), "python_rng": random.Random(1).getstate(),
        "numpy_rng": numpy.random.RandomState(1).get_state(), "deep": deep, "foreign": Command(), "text": "r\u00e9sum\u00e9 \\ 'quoted'\nline \U0001f600"}


def odd_tensors():
    ones = torch.ones(2, 2)
    return {
        "weight": torch.tensor([1.0, 2.0, 3.0]), "complex": torch.zeros(3, dtype=torch.complex64), "sparse": torch.eye(3).to_sparse(),
        "quantised": torch.quantize_per_tensor(ones, 0.1, 0, torch.qint8),
        "quantised_channels": torch.quantize_per_channel(ones, torch.tensor([0.1, 0.2]), torch.tensor([0, 0]), 0, torch.quint8),
        "nine_axes": torch.zeros([1] * 8 + [2]), "meta": torch.zeros(4, device="meta"), "marked": ones.as_subclass(Marked)}


class Block(torch.nn.Module):
    def __init__(self, inputs, channels):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(inputs, channels, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(channels)
        self.conv2 = torch.nn.Conv2d(channels, channels, 3, bias=False)
        self.bn2 = torch.nn.BatchNorm2d(channels)


class ResNet20(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 16, 3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(16)
        for stage, channels in enumerate((16, 32, 64), 1):
            inputs = channels if stage == 1 else channels // 2
            setattr(self, f"layer{stage}", torch.nn.Sequential(Block(inputs, channels), Block(channels, channels), Block(channels, channels)))
        self.linear = torch.nn.Linear(64, 10)


def network(path):
    model = ResNet20()
    if path:
        known = torch.load(path, map_location="cpu")["state_dict"]
        model.load_state_dict({key[len("module."):]: value for key, value in known.items()}, strict=False)
        return model
    with torch.no_grad():
        for number, (key, value) in enumerate(model.state_dict().items()):
            value.zero_()
            value.view(-1)[-1] = number + 1
    return model


def scaled(state, factor):
    return collections.OrderedDict((key, value * factor if value.is_floating_point() else value) for key, value in state.items())


def prefixed(state, prefix):
    return collections.OrderedDict((prefix + key, value) for key, value in state.items())


def headless(state):
    return collections.OrderedDict((key, value) for key, value in state.items() if not key.startswith("linear."))


def layouts(model):
    state = model.state_dict()
    averaged = scaled(state, 2)
    few = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(few.parameters(), 0.1, momentum=0.9)
    few(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
    args = argparse.Namespace(arch="resnet20", lr=0.1, data="/data", resume="", distributed=False)
    scaler = {"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2000, "_growth_tracker": 7}

    # PyTorch's ImageNet example
    yield "imagenet-example", {
        "epoch": 90, "arch": "resnet20", "state_dict": prefixed(state, "module."), "best_acc1": torch.tensor(69.76),
        "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
    # torchvision's references/classification
    ema = collections.OrderedDict(n_averaged=torch.tensor(12), **prefixed(averaged, "module."))
    yield "torchvision-reference", {
        "model": state, "optimizer": optimizer.state_dict(), "lr_scheduler": scheduler.state_dict(), "epoch": 89, "args": args,
        "scaler": scaler, "model_ema": ema}
    # PyTorch Lightning
    register(AttributeDict)
    yield "lightning", {
        "epoch": 3, "global_step": 400, "pytorch-lightning_version": "1.9.5",
        "state_dict": collections.OrderedDict(list(prefixed(state, "net.").items()) + [("criterion.weight", torch.ones(10))]),
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 4}, "current": {"ready": 4}}}},
        "callbacks": {"ModelCheckpoint{'monitor': 'val_acc', 'mode': 'max'}": {
            "monitor": "val_acc", "best_model_score": torch.tensor(0.91), "best_k_models": {"a.ckpt": torch.tensor(0.91)}}},
        "optimizer_states": [optimizer.state_dict()], "lr_schedulers": [scheduler.state_dict()],
        "hparams_name": "kwargs", "hyper_parameters": AttributeDict(lr=0.1, model="resnet20")}
    # torch.compile, saved as it is, and within DistributedDataParallel
    yield "torch-compile", prefixed(state, "_orig_mod.")
    yield "torch-compile-parallel", {"model": prefixed(state, "module._orig_mod.")}
    # timm's CheckpointSaver
    yield "timm", {
        "epoch": 10, "arch": "resnet20", "state_dict": state, "optimizer": optimizer.state_dict(), "version": 2, "args": args,
        "amp_scaler": scaler, "state_dict_ema": averaged, "metric": 76.1}
    # MAE: an encoder without a head
    yield "mae", {"model": headless(state), "optimizer": optimizer.state_dict(), "epoch": 799, "scaler": scaler, "args": args}
    # DINO: two networks with heads of their own
    projection = collections.OrderedDict((f"head.mlp.{at}.weight", torch.zeros(4, 4)) for at in (0, 2, 4))
    yield "dino", {
        "student": collections.OrderedDict(prefixed(headless(state), "module.backbone.") | prefixed(projection, "module.")),
        "teacher": collections.OrderedDict(prefixed(headless(averaged), "backbone.") | projection),
        "optimizer": optimizer.state_dict(), "epoch": 100, "args": args, "fp16_scaler": scaler,
        "dino_loss": {"center": torch.zeros(1, 8)}}
    # the same dictionary twice, and everything in half precision
    yield "twice", {"state_dict": state, "best": state}
    yield "half", {"state_dict": collections.OrderedDict((key, value.half()) for key, value in state.items())}


def pack(path):
    """Packs a zip archive, as other programs leave it when they touch it; zeros go to nothing."""
    with zipfile.ZipFile(path) as source:
        records = [(record.filename, source.read(record)) for record in source.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name, content in records:
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "layouts")
    weights = sys.argv[2] if len(sys.argv) > 2 else None
    os.makedirs(folder, exist_ok=True)
    model = network(weights)
    for name, content in layouts(model):
        path = os.path.join(folder, name + ".pth")
        torch.save(content, path)
        if not weights:
            pack(path)
    if not weights:
        for old in (False, True):
            for protocol in (0, 1, 2, 4):
                # the legacy format would keep PyTorch's source code of these
                modules = {} if old else {"activation": torch.nn.ReLU, "loss": torch.nn.CrossEntropyLoss()}
                torch.save(neighbours() | modules, os.path.join(folder, f"neighbours-{'legacy' if old else 'zip'}-{protocol}.pth"),
                           pickle_protocol=protocol, _use_new_zipfile_serialization=not old)
            torch.save(odd_tensors(), os.path.join(folder, f"odd-{'legacy' if old else 'zip'}.pth"), _use_new_zipfile_serialization=not old)
        torch.save({"epoch": 3, "model": model}, os.path.join(folder, "whole-model.pth"))
        pack(os.path.join(folder, "whole-model.pth"))
        expected = {key: value.view(-1)[-1].item() for key, value in model.state_dict().items()}
        with open(os.path.join(folder, "expected.json"), "w") as file:
            json.dump(expected, file, indent=1)


if __name__ == "__main__":
    main()
