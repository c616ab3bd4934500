"""Writes resample.npz and decode.npz beside this script: what Pillow 9.4, torchvision 0.14 and PyTorch 1.13 make of small
pictures. Run with a Python that has them: python3 make_goldens.py"""
import io
import os
import struct

import numpy as np
import torch
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional

here = os.path.dirname(os.path.abspath(__file__))
random = np.random.RandomState(20)
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def resample():
    noise = random.randint(0, 256, (23, 19, 3)).astype(np.uint8)
    picture = Image.fromarray(noise)
    arrays = {"picture": noise}
    for name, method in (("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)):
        for height, width in ((7, 9), (41, 30), (23, 8), (35, 19), (1, 1), (3, 50), (22, 18), (46, 5)):
            arrays[f"{name}_{height}x{width}"] = np.asarray(picture.resize((width, height), method))
    for height, width in ((10, 10), (11, 8), (23, 19), (30, 25), (26, 6), (4, 24), (12, 12), (1, 2)):
        arrays[f"crop_{height}x{width}"] = np.asarray(transforms.CenterCrop((height, width))(picture))
    # width, height, size of the shorter side, and the width and height that Resize gives
    sizes = []
    for _ in range(300):
        width, height, size = (int(random.randint(1, top)) for top in (700, 700, 300))
        got_height, got_width = functional._compute_resized_output_size((height, width), [size])
        sizes.append((width, height, size, got_width, got_height))
    arrays["sizes"] = np.array(sizes, np.int32)
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 256, 1).expand(1, 256, 3).contiguous().numpy()
    to_tensor = transforms.ToTensor()
    arrays["normalised_imagenet"] = transforms.Normalize(MEAN, DEVIATION)(to_tensor(Image.fromarray(every))).numpy()[:, 0]
    arrays["normalised_half"] = transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))(to_tensor(Image.fromarray(every))).numpy()[:, 0]
    whole = transforms.Compose([
        transforms.Resize(16), transforms.CenterCrop(12), transforms.ToTensor(), transforms.Normalize(MEAN, DEVIATION)])
    arrays["whole"] = whole(picture).numpy()
    # RandomCrop and flip with the corner given: pad by 4, cut at (7, 2), mirror
    padded = functional.pad(picture, [4, 4, 4, 4])
    arrays["padded_crop_7_2"] = np.asarray(functional.hflip(functional.crop(padded, 7, 2, 19, 16)))
    arrays["resized_crop_3_5_11_9"] = np.asarray(functional.resized_crop(picture, 3, 5, 11, 9, [8, 8], functional.InterpolationMode.BILINEAR))
    np.savez_compressed(os.path.join(here, "resample.npz"), **arrays)


def decode():
    y, x = np.mgrid[0:15, 0:19]
    smooth = np.stack([x * 9, y * 12, (x + y) * 5], -1)
    noisy = (smooth + random.randint(-30, 30, smooth.shape)).clip(0, 255).astype(np.uint8)
    picture = Image.fromarray(noisy)
    alpha = random.randint(0, 256, (15, 19, 1)).astype(np.uint8)
    alpha[:5] = 0
    translucent = Image.fromarray(np.concatenate([noisy, alpha], -1))
    turned = Image.Exif()
    turned[0x112] = 6
    files = {}

    def add(name, image, form, **options):
        buffer = io.BytesIO()
        image.save(buffer, form, **options)
        files[name] = buffer.getvalue()

    for subsampling, kind in enumerate(("444", "422", "420")):
        add(f"jpeg_{kind}", picture, "JPEG", quality=75, subsampling=subsampling)
    add("jpeg_progressive", picture, "JPEG", quality=90, progressive=True)
    add("jpeg_grey", picture.convert("L"), "JPEG")
    add("jpeg_cmyk", picture.convert("CMYK"), "JPEG")
    add("jpeg_turned", picture, "JPEG", exif=turned)
    add("png_rgb", picture, "PNG")
    add("png_grey", picture.convert("L"), "PNG")
    add("png_palette", picture.convert("P"), "PNG")
    add("png_bits", picture.convert("1"), "PNG")
    add("png_alpha", translucent, "PNG")
    add("png_grey_alpha", translucent.convert("LA"), "PNG")
    add("png_colour_key", picture, "PNG", transparency=tuple(int(value) for value in noisy[3, 3]))
    add("png_gamma", picture, "PNG", pnginfo=gamma())
    add("bmp_rgb", picture, "BMP")
    add("gif", picture.convert("P", palette=Image.ADAPTIVE, colors=32), "GIF")
    add("webp_lossy", picture, "WEBP", quality=80)
    add("webp_lossless", picture, "WEBP", lossless=True)
    add("webp_alpha", translucent, "WEBP", lossless=True, exact=True)
    add("jpeg_profile", picture, "JPEG", icc_profile=swapped_profile())
    add("png_profile", picture, "PNG", icc_profile=swapped_profile())
    add("ppm", picture, "PPM")
    add("pgm", picture.convert("L"), "PPM")
    files["ppm_100"] = b"P6 # a comment\n3 2\n100\n" + bytes(range(0, 36, 2))
    add("bmp_palette", picture.convert("P"), "BMP")
    add("png_palette_alpha", picture.convert("P", palette=Image.ADAPTIVE, colors=12), "PNG", transparency=3)
    files.update(gifs())
    arrays = {}
    for name, encoded in files.items():
        arrays["file_" + name] = np.frombuffer(encoded, np.uint8)
        arrays["pixels_" + name] = np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))
    np.savez_compressed(os.path.join(here, "decode.npz"), **arrays)


def gifs():
    """Frames that are transparent, interlaced, smaller than the screen, beside it or beyond it; and a full table of codes."""
    def saved(image, **options):
        buffer = io.BytesIO()
        image.save(buffer, "GIF", **options)
        return bytearray(buffer.getvalue())

    def placed(encoded, screen, left=0, top=0):
        """The same file with another screen and its first frame elsewhere."""
        encoded = bytearray(encoded)
        encoded[6:10] = struct.pack("<HH", *screen)
        at = 13 + (3 << ((encoded[10] & 7) + 1) if encoded[10] & 128 else 0)
        while encoded[at] == 0x21:
            at += 2
            while encoded[at]:
                at += encoded[at] + 1
            at += 1
        assert encoded[at] == 0x2C
        encoded[at + 1:at + 5] = struct.pack("<HH", left, top)
        return encoded

    noise = Image.fromarray(random.randint(0, 256, (50, 90)).astype(np.uint8), "P")
    noise.putpalette([int(value) for value in random.randint(0, 256, 768)])
    few = Image.fromarray(random.randint(0, 4, (33, 40)).astype(np.uint8), "P")
    few.putpalette([10, 200, 30, 255, 0, 0, 0, 0, 255, 90, 80, 70])
    files = {
        "gif_noise": saved(noise),
        "gif_interlaced": saved(few, interlace=1),
        "gif_progressive_order": saved(few, interlace=0),
        "gif_transparent": saved(few, transparency=2),
        "gif_grey": saved(Image.fromarray(random.randint(0, 256, (20, 21)).astype(np.uint8))),
        "gif_animated": saved(few, save_all=True, append_images=[few.transpose(Image.FLIP_LEFT_RIGHT)], loop=0, duration=100),
        "gif_partial": placed(saved(few), (60, 50)),
        "gif_offset": placed(saved(few), (60, 50), 11, 5),
        "gif_offset_transparent": placed(saved(few, transparency=1), (60, 50), 11, 5),
        "gif_beyond": placed(saved(few), (30, 20), 3, 4),
    }
    # the palette of the frame alone
    whole = files["gif_progressive_order"]
    palette = 3 << ((whole[10] & 7) + 1)
    local = whole[:13] + whole[13 + palette:13 + palette + 10] + whole[13:13 + palette] + whole[13 + palette + 10:]
    local[13 + 9] = 0x80 | (whole[10] & 7)
    local[10] &= 0x7F
    files["gif_local_palette"] = local
    return {name: bytes(encoded) for name, encoded in files.items()}


def gamma():
    from PIL import PngImagePlugin
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", (100000).to_bytes(4, "big"))
    return info


def swapped_profile():
    """sRGB with red and green exchanged: whoever manages colours gets another picture."""
    from PIL import ImageCms
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red:red + 4], profile[green:green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


resample()
decode()
