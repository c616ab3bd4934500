"""Makes features.json: what torchaudio 0.13, PyTorch 1.13 and NumPy make of a sound that a formula gives, for the front end's tests.

Debian's packages: apt-get install python3-torchaudio; /usr/bin/python3 make_features.py
"""

import json
import os

import numpy as np
import torch
import torchaudio

torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))


def sound(length):
    i = np.arange(length)
    return (0.4 * np.sin(0.05 * i) + 0.2 * np.sin(0.31 * i + 1) + 0.1 * ((i * 7919 % 1000) / 500 - 1)).astype(np.float32)


def numbers(values):
    return [float(f"{value:.8g}") for value in np.asarray(values, dtype=np.float64).ravel()]


def tensorflow_mfcc(x, window, hop, transform, bands, low, high, coefficients, rate=16000):
    mel = lambda f: 1127 * np.log1p(np.asarray(f) / 700)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    frames = np.stack([x[at:at + window].astype(np.float64) * hann for at in range(0, len(x) - window + 1, hop)])
    spectrum = np.abs(np.fft.rfft(frames, transform))
    bins = mel(np.arange(1, transform // 2 + 1) * rate / transform)
    edges = np.linspace(mel(low), mel(high), bands + 2)
    up = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    weights = np.vstack([np.zeros(bands), np.maximum(0, np.minimum(up, down))])
    log = np.log(np.maximum(spectrum @ weights, 1e-12))
    cosines = np.sqrt(2 / bands) * np.cos(np.pi / bands * np.outer(np.arange(coefficients), np.arange(bands) + 0.5))
    return log @ cosines.T


def whisper(x, bands):
    x = torch.from_numpy(x)
    power = torch.stft(x, 400, 160, window=torch.hann_window(400), return_complex=True)[..., :-1].abs() ** 2
    filters = torchaudio.functional.melscale_fbanks(201, 0, 8000, bands, 16000, norm="slaney", mel_scale="slaney")
    log = torch.clamp(filters.T @ power, min=1e-10).log10()
    return ((torch.maximum(log, log.max() - 8.0) + 4.0) / 4.0).T


cases = {}
x = torch.from_numpy(sound(1600))
cases["spectrogram"] = torchaudio.transforms.Spectrogram(n_fft=400)(x).T[:3]
cases["spectrogram_whole_512_400_160"] = (torch.stft(x, 512, 160, 400, torch.hann_window(400), center=False, return_complex=True).abs()).T[:2]
cases["hamming_480"] = (torch.stft(x, 480, 160, window=torch.hamming_window(480), return_complex=True).abs() ** 2).T[:2]
cases["mel"] = torchaudio.transforms.MelSpectrogram(16000)(x).T
cases["mfcc"] = torchaudio.transforms.MFCC(16000)(x).T
cases["whisper80"] = whisper(sound(1600), 80)
cases["whisper128"] = whisper(sound(1600), 128)
cases["tensorflow"] = tensorflow_mfcc(sound(1600), 400, 160, 512, 40, 20, 4000, 13)
cases["keyword"] = tensorflow_mfcc(sound(1600), 480, 160, 512, 80, 20, 7600, 40)
for old, new in ((44100, 16000), (8000, 16000), (48000, 16000), (16000, 11025), (22050, 22049), (3, 2)):
    cases[f"resample {old} {new}"] = torchaudio.functional.resample(x.double(), old, new)[:700]
cases["resample kaiser 44100 16000"] = torchaudio.functional.resample(
    x.double(), 44100, 16000, lowpass_filter_width=16, rolloff=0.85, resampling_method="kaiser_window", beta=8.555504641634386)

with open(os.path.join(HERE, "features.json"), "w", encoding="ascii") as file:
    json.dump({name: {"shape": list(np.shape(values)), "values": numbers(values)} for name, values in cases.items()}, file, separators=(",", ":"))
    file.write("\n")
