"""Writes operations.npz beside this script: what torchvision 0.14 over Pillow 9.4 makes of a small picture and of a square one by each operation of RandAugment
and TrivialAugment, and the magnitudes of their tables.

    /usr/bin/python3 operations.py
"""
import os

import numpy as np
from PIL import Image
from torchvision.transforms import InterpolationMode, autoaugment

here = os.path.dirname(os.path.abspath(__file__))
random = np.random.RandomState(7)
MAGNITUDES = {
    "ShearX": (0.09, -0.99, 0.3), "ShearY": (0.2, -0.3, 0.99), "TranslateX": (4.7, -3.2, 32.0), "TranslateY": (2.5, -6.9),
    "Rotate": (9.0, -13.5, 90.0, -90.0, 135.0, 30.0), "Brightness": (0.27, -0.9, 0.99), "Color": (0.27, -0.9, 0.99), "Contrast": (0.27, -0.9, 0.99),
    "Sharpness": (0.27, -0.9, 0.99), "Posterize": (4.0, 7.0, 2.0), "Solarize": (255.0, 93.5, 0.0), "AutoContrast": (0.0,), "Equalize": (0.0,), "Identity": (0.0,),
}


def pictures():
    y, x = np.mgrid[0:17, 0:23]
    smooth = np.stack([30 + x * 7, 200 - y * 9, 20 + (x + y) * 4], -1)
    yield "wide", np.clip(smooth + random.randint(-25, 25, smooth.shape), 0, 255).astype(np.uint8)
    yield "square", random.randint(40, 180, (16, 16, 3)).astype(np.uint8)


arrays = {}
for name, pixels in pictures():
    arrays[name] = pixels
    for operation, magnitudes in MAGNITUDES.items():
        for magnitude in magnitudes:
            done = autoaugment._apply_op(Image.fromarray(pixels), operation, magnitude, InterpolationMode.NEAREST, None)
            arrays[f"{name}/{operation}/{magnitude}"] = np.asarray(done)
for name, space in (("rand", autoaugment.RandAugment()._augmentation_space(31, (17, 23))), ("trivial", autoaugment.TrivialAugmentWide()._augmentation_space(31))):
    for operation, (magnitudes, signed) in space.items():
        values = magnitudes.double().numpy().reshape(-1).astype(np.float32)
        arrays[f"{name}:{operation}:{int(signed)}"] = values
np.savez_compressed(os.path.join(here, "operations.npz"), **arrays)
