"""Speaks this sample's sounds with espeak-ng: phrases of common words by voices of one family to learn from first, and rows of digits by voices of another, a few to
learn from and many, by voices that neither has, to be tested on. Each folder gets its metadata.csv.

Debian's package: apt-get install espeak-ng; python3 make_speech.py OUT [SOURCE [FEW [TEST]]]
"""

import array
import csv
import os
import random
import subprocess
import sys
import wave

DIGITS = "zero one two three four five six seven eight nine".split()
# no digit among them, and every letter of the digits
WORDS = """wine sun heaven tree free fort sticks weight gate night view fox box zebra hero frozen nose river finger seat sight vine write hotel
wonder under evening forest storm through weather green nothing right great fire horse house teeth zone exit swim sugar voice thin wish unit
tiger honest seven-fold-less first fixed window error never often giant shower threw ghost giver invite oxen towers""".replace("seven-fold-less", "forever").split()
SOURCE_VOICES = [voice + kind for voice in ("en-us", "en-gb", "en-gb-x-rp") for kind in ("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7")]
FEW_VOICES = [voice + kind for voice in ("en-gb-scotland", "en-029") for kind in ("+f1", "+f2", "+f3")]
TEST_VOICES = [voice + kind for voice in ("en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029") for kind in ("+f4", "+f5", "+m8")]


def noisy(path, draw):
    """Adds white noise, 15 to 30 dB below the speech."""
    with wave.open(path) as file:
        settings, samples = file.getparams(), array.array("h", file.readframes(file.getnframes()))
    power = sum(sample * sample for sample in samples) / max(1, len(samples))
    spread = (power / 10 ** (draw.uniform(15, 30) / 10)) ** 0.5
    samples = array.array("h", (max(-32768, min(32767, round(sample + draw.gauss(0, spread)))) for sample in samples))
    with wave.open(path, "wb") as file:
        file.setparams(settings)
        file.writeframes(samples.tobytes())


def speak(folder, words, voices, count, shortest, longest, draw):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "metadata.csv"), "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "text", "voice"])
        for number in range(count):
            text = " ".join(draw.choice(words) for _ in range(draw.randint(shortest, longest)))
            voice, name = voices[number % len(voices)], f"{number:05}.wav"
            path = os.path.join(folder, name)
            subprocess.run(
                ["espeak-ng", "-v", voice, "-s", str(draw.randint(140, 200)), "-p", str(draw.randint(30, 70)), "-w", path, text], check=True)
            noisy(path, draw)
            table.writerow([name, text, voice])


def main():
    out, counts = sys.argv[1], [int(count) for count in sys.argv[2:]]
    source, few, test = counts + [3000, 60, 200][len(counts):]
    missing = set("".join(DIGITS)) - set("".join(WORDS))
    assert not missing and not set(DIGITS) & set(WORDS), missing
    draw = random.Random(1)
    speak(os.path.join(out, "source"), WORDS, SOURCE_VOICES, source, 1, 3, draw)
    speak(os.path.join(out, "source-test"), WORDS, SOURCE_VOICES, max(1, source // 20), 1, 3, draw)
    speak(os.path.join(out, "digits"), DIGITS, FEW_VOICES, few, 2, 5, draw)
    speak(os.path.join(out, "digits-test"), DIGITS, TEST_VOICES, test, 2, 5, draw)


main()
