"""CutMix's rectangles as timm computes them (cutmix_bbox_and_lam with correct_lam), with NumPy, as ImageMixerTests has them.

    /usr/bin/python3 mixing.py
"""
import numpy as np

for height, width, share, row, column in ((32, 32, 0.3, 3, 30), (24, 40, 0.75, 12, 20), (7, 5, 0.01, 0, 0), (9, 9, 1.0, 4, 4)):
    ratio = np.sqrt(1 - share)
    high, wide = int(height * ratio), int(width * ratio)
    top, bottom = np.clip(row - high // 2, 0, height), np.clip(row + high // 2, 0, height)
    left, right = np.clip(column - wide // 2, 0, width), np.clip(column + wide // 2, 0, width)
    print(height, width, share, row, column, top, bottom, left, right, f"{1 - (bottom - top) * (right - left) / float(height * width):.9g}")
