"""Writes src/Text/Tokenisers/Unicode/NormalisationData.cs from Python's Unicode tables: combining classes, decompositions and
compositions of everything but Hangul, which is arithmetic. Run it from the repository's root."""
import base64
import sys
import unicodedata as u
import zlib

TARGET = "src/Text/Tokenisers/Unicode/NormalisationData.cs"
WIDTH = 160


def number(out, value):
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def points():
    return (c for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF and not 0xAC00 <= c <= 0xD7A3)


def classes():
    runs = []
    for c in points():
        k = u.combining(chr(c))
        if not k:
            continue
        if runs and runs[-1][0] + runs[-1][1] == c and runs[-1][2] == k:
            runs[-1][1] += 1
        else:
            runs.append([c, 1, k])
    return runs


out = bytearray()
runs = classes()
number(out, len(runs))
last = 0
for start, length, k in runs:
    number(out, start - last)
    number(out, length)
    out.append(k)
    last = start + length

rows = []
for c in points():
    s = chr(c)
    canonical, compatible = u.normalize("NFD", s), u.normalize("NFKD", s)
    if canonical == s and compatible == s:
        continue
    pair = u.decomposition(s).split()
    composes = len(pair) == 2 and not pair[0].startswith("<") and u.normalize("NFC", s) == s
    rows.append((c, canonical if canonical != s else "", compatible if compatible != canonical else "",
                 [int(x, 16) for x in pair] if composes else []))
number(out, len(rows))
last = 0
for c, canonical, compatible, pair in rows:
    number(out, c - last)
    last = c
    for text in (canonical, compatible):
        number(out, len(text))
        for x in text:
            number(out, ord(x))
    number(out, len(pair))
    for x in pair:
        number(out, x)

packed = base64.b64encode(zlib.compress(bytes(out), 9)[2:-4]).decode()
lines = [packed[i:i + WIDTH] for i in range(0, len(packed), WIDTH)]
with open(TARGET, "w") as file:
    file.write("namespace Graft.Text.Tokenisers;\n\n")
    file.write("/// <summary>Unicode's normalisation data, deflated; written by tests/Text.Tests/Tokenisers/make_normalisation.py.</summary>\n")
    file.write("internal static class NormalisationData\n{\n")
    file.write(f'    public const string UnicodeVersion = "{u.unidata_version}";\n\n')
    file.write(f"    public const int Length = {len(out)};\n\n")
    file.write("    public const string Packed =\n")
    file.write("\n".join(f'        "{line}"' + (" +" if i + 1 < len(lines) else ";") for i, line in enumerate(lines)))
    file.write("\n}\n")
print(len(out), len(packed), len(lines))
