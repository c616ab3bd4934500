"""Adapters by the equations of their papers, in double precision by PyTorch 1.13: prints AdapterTable.cs.

    python3 adapters.py > ../Adapters/AdapterTable.cs

Inputs follow from a formula: element i of stream s is sin(s + 0.7 i).
"""
import math

import torch

torch.set_default_dtype(torch.float64)
TABLE = {}


def numbers(stream, *shape, scale=1.0, offset=0.0, grad=False):
    count = math.prod(shape)
    values = torch.tensor([offset + scale * math.sin(stream + 0.7 * i) for i in range(count)]).reshape(shape)
    return values.requires_grad_(grad)


def keep(name, tensor):
    TABLE[name] = tensor.detach().reshape(-1).tolist()


def dora(name, x, weight, bias, a, b, m, scaling, own, low):
    """DoRA (Liu et al. 2024), equation 5 with the norm held constant (4.3)."""
    outputs = weight.shape[0]
    whole = weight + scaling * (b.reshape(outputs, -1) @ a.reshape(a.shape[0], -1)).reshape(weight.shape)
    norm = whole.detach().reshape(outputs, -1).norm(dim=1)
    factor = m.reshape(-1) / norm
    shape = (-1,) if x.dim() == 2 else (1, -1, 1, 1)
    y = factor.reshape(shape) * (own(x, weight) + scaling * low(x, a, b)) + bias.reshape(shape)
    loss = (y * numbers(9, *y.shape)).sum()
    loss.backward()
    keep(f"{name}.y", y)
    for key, tensor in (("a", a), ("b", b), ("m", m), ("x", x)):
        keep(f"{name}.d{key}", tensor.grad)
    keep(f"{name}.merged", (whole.reshape(outputs, -1) * (m.reshape(-1) / norm)[:, None]).reshape(weight.shape))


def linear():
    dora("dora-linear", numbers(1, 4, 3, grad=True), numbers(2, 2, 3), numbers(3, 2), numbers(4, 2, 3, grad=True), numbers(5, 2, 2, grad=True),
         numbers(6, 2, scale=0.3, offset=1.5, grad=True), 4.0, lambda x, w: x @ w.T, lambda x, a, b: x @ a.T @ b.T)


def convolution():
    conv = torch.nn.functional.conv2d
    dora("dora-conv", numbers(1, 2, 2, 4, 4, grad=True), numbers(2, 3, 2, 3, 3), numbers(3, 3), numbers(4, 2, 2, 3, 3, grad=True), numbers(5, 3, 2, 1, 1, grad=True),
         numbers(6, 1, 3, 1, 1, scale=0.3, offset=1.5, grad=True), 2.0, lambda x, w: conv(x, w, padding=1), lambda x, a, b: conv(conv(x, a, padding=1), b))


def blends():
    """PEFT's combinations of two LoRAs of a layer of 3 inputs and 2 outputs; of the singular values the product is kept, as vectors have signs."""
    (a1, b1, s1), (a2, b2, s2), weights = (numbers(1, 2, 3), numbers(2, 2, 2), 2.0), (numbers(3, 2, 3), numbers(4, 2, 2), 0.5), (0.7, 0.4)
    roots = [math.sqrt(w * s) for w, s in zip(weights, (s1, s2))]
    keep("blend-linear", (roots[0] * b1 + roots[1] * b2) @ (roots[0] * a1 + roots[1] * a2))
    whole = weights[0] * s1 * b1 @ a1 + weights[1] * s2 * b2 @ a2
    keep("blend-cat", whole)
    u, s, v = torch.linalg.svd(whole, full_matrices=False)
    keep("blend-svd-1", s[0] * u[:, :1] @ v[:1])


linear()
convolution()
blends()

print("namespace Graft.Transfer.Tests;\n")
print("/// <summary>What Golden/adapters.py prints.</summary>")
print("internal static class AdapterTable\n{")
print("    public static IReadOnlyDictionary<string, double[]> Numbers { get; } = new Dictionary<string, double[]>\n    {")
for key, values in TABLE.items():
    print(f'        ["{key}"] =\n        [')
    for start in range(0, len(values), 8):
        print("            " + ", ".join(f"{value:.9g}" for value in values[start:start + 8]) + ",")
    print("        ],")
print("    };\n}")
