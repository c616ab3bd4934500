"""Speaks the recordings of this sample with espeak-ng: ten of a new keyword to learn from, others to be tested on, and speech that is not the keyword.

Debian's package: apt-get install espeak-ng; python3 make_recordings.py OUT
"""

import os
import random
import subprocess
import sys

KEYWORD = "hey graft"
OTHERS = [
    "good morning", "turn on the light", "what time is it", "play some music", "seven hundred and two", "open the window", "the train is late", "hello there",
    "stop the alarm", "call my sister", "it is raining again", "thank you very much", "where is the station", "a cup of tea", "read the news", "set a timer",
    "they are at home", "close the door", "how far is it", "the quick brown fox", "send a message", "never mind", "next song please", "volume down",
]
TESTED = [
    "hey", "graft", "hey craft", "hey grandma", "a graph", "they laughed", "hey google", "okay garden", "grass", "hey greg", "the craft of words", "hey there",
    "what is the weather", "remind me tomorrow", "nineteen eighty four", "switch off the heating", "tell me a story", "good night", "left or right", "who won the match",
    "find my keys", "once upon a time", "pay the craftsman", "may I ask", "say it again", "hail and storm", "great shaft", "a draft", "add milk to the list", "louder",
]
LEARNT_VOICES = ["en-gb", "en-us", "en-gb-scotland", "en-gb-x-rp", "en-029"]
LEARNT_KINDS = ["", "+f2", "+m3", "+f4", "+m7"]
TESTED_VOICES = ["en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us", "en-gb", "en-029"]
TESTED_KINDS = ["+f1", "+m1", "+f3", "+m4", "+m6", "+f5"]


def speak(path, text, voice, draw):
    subprocess.run(
        ["espeak-ng", "-v", voice, "-s", str(draw.randint(130, 190)), "-p", str(draw.randint(30, 70)), "-a", "120", "-w", path, text], check=True)


def main():
    out, draw = sys.argv[1], random.Random(1)
    for folder in ("train/keyword", "train/other", "test/keyword", "test/other"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)
    voices = [voice + kind for voice in LEARNT_VOICES for kind in LEARNT_KINDS]
    tested = [voice + kind for voice in TESTED_VOICES for kind in TESTED_KINDS]
    for number, voice in enumerate(draw.sample(voices, 10)):
        speak(os.path.join(out, f"train/keyword/{number:03}.wav"), KEYWORD, voice, draw)
    for number in range(120):
        speak(os.path.join(out, f"train/other/{number:03}.wav"), OTHERS[number % len(OTHERS)], draw.choice(voices), draw)
    for number in range(120):
        speak(os.path.join(out, f"test/keyword/{number:03}.wav"), KEYWORD, tested[number % len(tested)], draw)
    for number in range(300):
        speak(os.path.join(out, f"test/other/{number:03}.wav"), TESTED[number % len(TESTED)], draw.choice(tested), draw)


main()
