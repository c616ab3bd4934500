"""Logits and loss of a tiny T5 of version 1.1 (gated gelu, a last map of its own), by PyTorch. Prints the table of EncoderDecoderTests.

Every weight is a sine: of the k-th parameter in the order of the names the i-th number is 0.4 sin(0.7 i + k), a norm's 1 + that.
"""
import math

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
V, D, INNER, HEADS, SIZE, BUCKETS, FARTHEST = 20, 16, 24, 2, 6, 32, 128
SHAPES = {"shared.weight": (V, D), "lm_head.weight": (V, D)}
for stack, layers in (("encoder", 1), ("decoder", 2)):
    SHAPES[f"{stack}.final_layer_norm.weight"] = (D,)
    SHAPES[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"] = (BUCKETS, HEADS)
    for block in range(layers):
        parts = ["SelfAttention"] + (["EncDecAttention"] if stack == "decoder" else [])
        for number, part in enumerate(parts):
            at = f"{stack}.block.{block}.layer.{number}"
            SHAPES[f"{at}.layer_norm.weight"] = (D,)
            for name in "qkv":
                SHAPES[f"{at}.{part}.{name}.weight"] = (HEADS * SIZE, D)
            SHAPES[f"{at}.{part}.o.weight"] = (D, HEADS * SIZE)
        at = f"{stack}.block.{block}.layer.{len(parts)}"
        SHAPES[f"{at}.layer_norm.weight"] = (D,)
        SHAPES[f"{at}.DenseReluDense.wi_0.weight"] = (INNER, D)
        SHAPES[f"{at}.DenseReluDense.wi_1.weight"] = (INNER, D)
        SHAPES[f"{at}.DenseReluDense.wo.weight"] = (D, INNER)
W = {}
for k, name in enumerate(sorted(SHAPES)):
    count = math.prod(SHAPES[name])
    wave = 0.4 * torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + k)
    W[name] = ((1 + wave) if "norm" in name else wave).reshape(SHAPES[name])


def norm(x, name):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * W[name + ".weight"]


def bucket(distance, causal):
    start, count = 0, BUCKETS
    if not causal:
        count //= 2
        start = count if distance > 0 else 0
        distance = abs(distance)
    else:
        distance = max(0, -distance)
    exact = count // 2
    if distance < exact:
        return start + distance
    return start + min(count - 1, exact + int(math.log(distance / exact) / math.log(FARTHEST / exact) * (count - exact)))


def attend(x, source, at, bias):
    q, k, v = (F.linear(y, W[f"{at}.{name}.weight"]).reshape(-1, HEADS, SIZE).transpose(0, 1) for y, name in ((x, "q"), (source, "k"), (source, "v")))
    scores = q @ k.transpose(1, 2)
    if bias is not None:
        scores = scores + bias
    joined = (scores.softmax(-1) @ v).transpose(0, 1).reshape(len(x), HEADS * SIZE)
    return F.linear(joined, W[f"{at}.o.weight"])


def stack(ids, name, layers, encoded=None):
    x = W["shared.weight"][ids]
    n = len(ids)
    causal = encoded is not None
    table = W[f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
    bias = table[torch.tensor([[bucket(key - query, causal) for key in range(n)] for query in range(n)])].permute(2, 0, 1)
    if causal:
        bias = bias + torch.full((n, n), float("-inf")).triu(1)
    for block in range(layers):
        at = f"{name}.block.{block}.layer"
        y = norm(x, f"{at}.0.layer_norm")
        x = x + attend(y, y, f"{at}.0.SelfAttention", bias)
        last = 1
        if causal:
            x = x + attend(norm(x, f"{at}.1.layer_norm"), encoded, f"{at}.1.EncDecAttention", None)
            last = 2
        y = norm(x, f"{at}.{last}.layer_norm")
        dense = f"{at}.{last}.DenseReluDense"
        gate = F.linear(y, W[f"{dense}.wi_0.weight"])
        gelu = 0.5 * gate * (1 + torch.tanh(math.sqrt(2 / math.pi) * (gate + 0.044715 * gate ** 3)))
        x = x + F.linear(gelu * F.linear(y, W[f"{dense}.wi_1.weight"]), W[f"{dense}.wo.weight"])
    return norm(x, f"{name}.final_layer_norm")


labels = torch.tensor([4, 6, 8, 2])
encoded = stack(torch.tensor([3, 5, 7]), "encoder", 1)
states = stack(torch.cat([torch.tensor([0]), labels[:-1]]), "decoder", 2, encoded)
logits = F.linear(states, W["lm_head.weight"])
print("loss", repr(F.cross_entropy(logits, labels).item()))
print("first five of each place", [[round(value, 6) for value in row[:5].tolist()] for row in logits])
