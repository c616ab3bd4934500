"""Exports small networks by Debian's PyTorch 1.13 and torchvision 0.14, for WholeGraphTests: run /usr/bin/python3 make_graphs.py here.

With --full FOLDER it exports ResNet-18 and MobileNetV2 at their full size there, which are compared by hand.
"""
import sys

import torch
import torchvision
from torchvision.models.mobilenetv2 import MobileNetV2
from torchvision.models.resnet import BasicBlock, ResNet

torch.set_num_threads(1)


class NarrowResNet(ResNet):
    """ResNet-18 with an eighth of the channels: basic blocks take their width from the stage alone."""

    def __init__(self):
        super().__init__(BasicBlock, [2, 2, 2, 2], num_classes=10)
        self.inplanes = 4
        self.conv1 = torch.nn.Conv2d(3, 4, 7, stride=2, padding=3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(4)
        self.layer1 = self._make_layer(BasicBlock, 4, 2)
        self.layer2 = self._make_layer(BasicBlock, 8, 2, stride=2)
        self.layer3 = self._make_layer(BasicBlock, 12, 2, stride=2)
        self.layer4 = self._make_layer(BasicBlock, 16, 2, stride=2)
        self.fc = torch.nn.Linear(16, 10)


class Attention(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.dense = (torch.nn.Linear(width, width) for _ in range(4))

    def forward(self, x, bias):
        batch, length, width = x.shape

        def split(y):
            return y.view(batch, length, self.heads, width // self.heads).permute(0, 2, 1, 3)

        query, key, value = split(self.query(x)), split(self.key(x)), split(self.value(x))
        scores = query @ key.transpose(-1, -2) / (width // self.heads) ** 0.5 + bias
        mixed = torch.softmax(scores, -1) @ value
        return self.dense(mixed.permute(0, 2, 1, 3).reshape(batch, length, width))


class Block(torch.nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.attention = Attention(width, heads)
        self.first, self.second = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.up, self.down = torch.nn.Linear(width, 2 * width), torch.nn.Linear(2 * width, width)

    def forward(self, x, bias):
        x = self.first(x + self.attention(x, bias))
        return self.second(x + self.down(torch.nn.functional.gelu(self.up(x))))


class Bert(torch.nn.Module):
    """A BERT of two layers, 32 wide, with a head of three classes on its first token."""

    def __init__(self, width=32, heads=4, layers=2, words=60, places=16):
        super().__init__()
        self.words, self.places, self.types = torch.nn.Embedding(words, width), torch.nn.Embedding(places, width), torch.nn.Embedding(2, width)
        self.norm = torch.nn.LayerNorm(width)
        self.blocks = torch.nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.pooler, self.classifier = torch.nn.Linear(width, width), torch.nn.Linear(width, 3)

    def forward(self, input_ids, attention_mask, token_type_ids):
        places = torch.arange(input_ids.shape[1]).unsqueeze(0)
        x = self.norm(self.words(input_ids) + self.types(token_type_ids) + self.places(places))
        bias = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
        for block in self.blocks:
            x = block(x, bias)
        return self.classifier(torch.tanh(self.pooler(x[:, 0])))


def randomise(model):
    """Statistics and biases as training leaves them, not the zeros and ones of the beginning."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    return model


def export_images(model, path, side, training=False):
    mode = torch.onnx.TrainingMode.PRESERVE if training else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(
        model.eval(), torch.zeros(1, 3, side, side), path, opset_version=13, training=mode, do_constant_folding=not training,
        input_names=["images"], output_names=["logits"], dynamic_axes={"images": {0: "batch"}, "logits": {0: "batch"}})


def main():
    torch.manual_seed(5)
    if len(sys.argv) == 3 and sys.argv[1] == "--full":
        export_images(randomise(torchvision.models.resnet18()), f"{sys.argv[2]}/resnet18.onnx", 224)
        export_images(randomise(torchvision.models.mobilenet_v2()), f"{sys.argv[2]}/mobilenet_v2.onnx", 224)
        return
    # with norms of their own, as a network is that will be trained on; and with the norms folded into the convolutions
    export_images(randomise(NarrowResNet()), "resnet18-narrow.onnx", 32, training=True)
    export_images(randomise(NarrowResNet()), "resnet18-narrow-folded.onnx", 32)
    export_images(randomise(MobileNetV2(num_classes=10, width_mult=0.1, round_nearest=2, inverted_residual_setting=[
        [1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 2, 1], [6, 64, 1, 2]])), "mobilenetv2-narrow.onnx", 32, training=True)
    ids = torch.zeros(1, 4, dtype=torch.int64)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    torch.onnx.export(
        Bert().eval(), (ids, ids + 1, ids), "bert-narrow.onnx", opset_version=13, input_names=names, output_names=["logits"],
        dynamic_axes={name: {0: "batch", 1: "length"} for name in names})


main()
