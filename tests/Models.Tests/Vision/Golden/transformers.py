#!/usr/bin/python3
"""Writes transformers.json: what torchvision 0.14 makes of ConvNeXt, ViT and Swin with weights that a formula gives, in double precision.

The formulas are those of GoldenWeights.cs, bit by bit. No dropout and no stochastic depth, so that training computes what evaluation does;
the script says so if it does not. Run: /usr/bin/python3 transformers.py"""
import json
import pathlib

import numpy as np
import torch
import torchvision

torch.set_num_threads(1)
MASK = (1 << 64) - 1


def hash_of(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def words(text, count):
    with np.errstate(over="ignore"):
        z = np.uint64(hash_of(text)) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def uniform(text, count, middle, bound):
    return (middle + bound * ((words(text, count) >> np.uint64(40)).astype(np.float64) / 8388608.0 - 1)).astype(np.float32)


def fill(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            count = parameter.numel()
            if parameter.dim() >= 2:
                values = uniform(name, count, 0, np.sqrt(6.0 / (count // parameter.shape[0])))
            elif name.endswith(".weight"):
                values = uniform(name, count, 1, 0.1)
            else:
                values = uniform(name, count, 0, 0.1)
            parameter.copy_(torch.from_numpy(values.astype(np.float64)).reshape(parameter.shape))


def summary(key, gradient):
    numbers = gradient.detach().double().reshape(-1).numpy()
    drawn = words("signs " + key, len(numbers))
    first = np.where((drawn >> np.uint64(63)) == 0, 1.0, -1.0) @ numbers
    second = np.where(((drawn >> np.uint64(62)) & np.uint64(1)) == 0, 1.0, -1.0) @ numbers
    entries = words("entries " + key, 2) % np.uint64(len(numbers))
    return [float(f"{value:.9g}") for value in (np.sqrt(numbers @ numbers), np.abs(numbers).max(), first, second, *numbers[entries.astype(np.int64)])]


def golden(name, model, size, count=2):
    model = model.double()
    fill(model)
    images = torch.from_numpy(uniform(f"images {name}", count * 3 * size * size, 0, 1.7).astype(np.float64)).reshape(count, 3, size, size)
    labels = torch.tensor([(3 * image + 1) % 10 for image in range(count)])
    model.eval()
    evaluated = model(images).detach()
    model.train()
    logits = model(images)
    assert torch.allclose(evaluated, logits, rtol=1e-9, atol=1e-9), name
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    names = [key for key in model.state_dict() if not key.endswith("relative_position_index")]
    return {
        "size": size,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "keys": f"{hash_of(chr(10).join(sorted(names))):016x}",
        "logits": [float(f"{value:.9g}") for value in logits.detach().reshape(-1).tolist()],
        "loss": float(f"{loss.item():.9g}"),
        "gradients": {key: summary(key, parameter.grad) for key, parameter in model.named_parameters()},
    }


def main():
    models = torchvision.models
    goldens = {
        "convnext_tiny": golden("convnext_tiny", models.convnext_tiny(num_classes=10, stochastic_depth_prob=0.0), 64),
        "vit_b_16": golden("vit_b_16", models.VisionTransformer(
            image_size=48, patch_size=16, num_layers=2, num_heads=12, hidden_dim=768, mlp_dim=3072, num_classes=10), 48),
        "swin_t": golden("swin_t", models.SwinTransformer(
            patch_size=[4, 4], embed_dim=96, depths=[2, 2, 6, 2], num_heads=[3, 6, 12, 24], window_size=[7, 7], stochastic_depth_prob=0.0, num_classes=10), 72),
    }
    path = pathlib.Path(__file__).with_name("transformers.json")
    lines = []
    for name, values in goldens.items():
        gradients = ",\n".join(f"      {json.dumps(key)}: {json.dumps(numbers)}" for key, numbers in values.pop("gradients").items())
        rest = ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in values.items())
        lines.append(f"  {json.dumps(name)}: {{\n{rest},\n    \"gradients\": {{\n{gradients}\n    }}\n  }}")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
