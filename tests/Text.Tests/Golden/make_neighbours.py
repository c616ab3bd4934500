"""Makes neighbours.json: nearest words and analogies (3CosAdd) of the published euclidean_vectors.bin, by NumPy in double precision.

python3 make_neighbours.py (NumPy alone; the file lies in ../shared/data/word-vectors beside the repository)
"""

import json
import os
import sys

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "../../../../shared/data/word-vectors/euclidean_vectors.bin")
if len(sys.argv) > 1:
    FILE = sys.argv[1]

with open(FILE, "rb") as file:
    count, width = map(int, file.readline().split())
    words, rows = [], []
    for _ in range(count):
        word = bytearray()
        while (letter := file.read(1)) != b" ":
            word += letter
        words.append(word.lstrip(b"\n").decode("utf-8"))
        rows.append(numpy.frombuffer(file.read(4 * width), "<f4"))
vectors = numpy.array(rows, dtype=numpy.float64)
units = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)


def similar(positive, negative, top=5):
    asked = [words.index(word) for word in positive + negative]
    signs = [1.0] * len(positive) + [-1.0] * len(negative)
    direction = sum(sign * units[row] for sign, row in zip(signs, asked))
    cosines = units @ (direction / numpy.linalg.norm(direction))
    order = [row for row in numpy.argsort(-cosines) if row not in asked][:top]
    return [[words[row], float(cosines[row])] for row in order]


questions = [([words[row]], []) for row in (0, 17, 100, 999, 2746)]
questions += [([words[a], words[b]], [words[c]]) for a, b, c in ((3, 8, 5), (40, 41, 42), (500, 1500, 2500), (7, 7, 9))]
questions += [([words[1], words[2], words[4]], []), ([], [words[6]])]
golden = [{"positive": positive, "negative": negative, "nearest": similar(positive, negative)} for positive, negative in questions]
with open(os.path.join(HERE, "neighbours.json"), "w", encoding="utf-8") as file:
    json.dump(golden, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
