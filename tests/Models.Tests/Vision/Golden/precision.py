"""Makes precision.json beside this script: log-probabilities of ResNets in double precision, and by how much PyTorch's own single precision is off.

Weights and images are those of make.py's formulas. Written with PyTorch 1.13 and torchvision 0.14: /usr/bin/python3 precision.py
"""

import json
import os

import torch

import make

IMAGES, SIZE = 2, 224


def main():
    make.CLASSES = 100
    torch.set_num_threads(1)
    x, rows = make.images(IMAGES, SIZE, 0), []
    # the middle of the norms' scales: with 1 each block adds as much as there was, so that logits are huge
    for name, scale in (("resnet50", 0.7), ("resnet50", 1), ("resnet101", 0.7), ("resnet101", 1)):
        model = make.make(name, {}, scale, 0).eval()
        with torch.no_grad():
            single = torch.log_softmax(model(x), 1).double()
            exact = torch.log_softmax(model.double()(x.double()), 1)
        error = ((single - exact).abs().max() / exact.abs().max()).item()
        print(f"{name}, {scale}: single precision is off by {error:.2g} of {exact.abs().max():.4g}")
        rows.append({"name": name, "scale": scale, "error": error, "log_probabilities": exact.reshape(-1).tolist()})
    with open(os.path.join(make.HERE, "precision.json"), "w") as file:
        json.dump(rows, file)
        file.write("\n")


if __name__ == "__main__":
    main()
