"""Writes jitter.npz beside this script: what torchvision 0.14 over Pillow 9.4 makes of a small picture of all kinds of colours by turning its hues and by making it grey.

    /usr/bin/python3 jitter.py
"""
import os

import numpy as np
from PIL import Image
from torchvision.transforms import functional

here = os.path.dirname(os.path.abspath(__file__))
random = np.random.RandomState(5)
noise = random.randint(0, 256, (24, 24, 3)).astype(np.uint8)
# greys, pure colours, black and white, and ties between two channels
noise[0] = np.arange(24)[:, None] * 11
noise[1, :, 0], noise[1, :, 1:] = 255, 0
noise[2, :, 1], noise[2, :, 0], noise[2, :, 2] = np.arange(24) * 10, 200, 200
noise[3, :, 2], noise[3, :, 0], noise[3, :, 1] = np.arange(24) * 10, 90, 90
noise[4, :12], noise[4, 12:] = 0, 255
arrays = {"picture": noise, "grey": np.asarray(functional.to_grayscale(Image.fromarray(noise), num_output_channels=3))}
for turn in (-0.5, -0.1, -0.03, 0.0, 0.05, 0.1, 0.5):
    arrays[f"hue/{turn}"] = np.asarray(functional.adjust_hue(Image.fromarray(noise), turn))
np.savez_compressed(os.path.join(here, "jitter.npz"), **arrays)
