"""Makes sequence_metrics.json: BLEU, chrF, ROUGE, word and character error rates of small cases, derived here from the published rules (sacreBLEU 2,
rouge-score 0.1.2, JiWER 4). The stems are NLTK's own.

Debian's python3-nltk, unpacked anywhere: PYTHONPATH=DIR/usr/lib/python3/dist-packages python3 make_sequence_metrics.py
"""

import importlib.util
import itertools
import json
import math
import os
import random
import re
import string
import sys
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- BLEU

def mteval(line):
    line = line.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        line = line.replace(entity, sign)
    line = f" {line} "
    line = re.sub(r"([!-&(-+:-@/[-`{-~ ])", r" \1 ", line)
    line = re.sub(r"([^0-9])([.,])", r"\1 \2 ", line)
    line = re.sub(r"([.,])([^0-9])", r" \1 \2", line)
    line = re.sub(r"([0-9])(-)", r"\1 \2 ", line)
    return line.split()


CUTS = {"13a": mteval, "none": str.split, "char": lambda line: [letter for letter in line if not letter.isspace()]}


def grams(tokens, order):
    return Counter(tuple(tokens[at:at + order]) for at in range(len(tokens) - order + 1))


def bleu(hypotheses, references, cut="13a", lower=False, smooth="exp", value=None, orders=4, effective=False):
    prepare = lambda line: CUTS[cut](line.lower() if lower else line)
    hits, totals, given, sought = [0.0] * orders, [0.0] * orders, 0, 0
    for hypothesis, several in zip(hypotheses, references):
        words = prepare(hypothesis)
        others = [prepare(one) for one in several if one]
        given += len(words)
        sought += min((abs(len(one) - len(words)), len(one)) for one in others)[1]
        for order in range(orders):
            most = Counter()
            for one in others:
                most |= grams(one, order + 1)
            own = grams(words, order + 1)
            hits[order] += sum((own & most).values())
            totals[order] += sum(own.values())
    penalty = 1.0 if given >= sought else math.exp(1 - sought / given) if given else 0.0
    shares = [0.0] * orders
    score = 0.0
    if sum(hits):
        value = value if value is not None else {"floor": 0.1, "add-k": 1}.get(smooth, 0)
        used, zeros = orders, 0
        for order in range(orders):
            if smooth == "add-k" and order:
                hits[order] += value
                totals[order] += value
            if not totals[order]:
                break
            if effective:
                used = order + 1
            if hits[order]:
                shares[order] = 100 * hits[order] / totals[order]
            elif smooth == "exp":
                zeros += 1
                shares[order] = 100 / 2 ** zeros / totals[order]
            elif smooth == "floor":
                shares[order] = 100 * value / totals[order]
        score = penalty * math.prod(shares[:used]) ** (1 / used) if all(shares[:used]) else 0.0
    return {"score": score, "precisions": shares, "counts": hits, "totals": totals, "bp": penalty, "given": given, "sought": sought}


# ---- chrF

def chrf(hypotheses, references, letters=6, words=0, beta=2, lower=False, spaces=False, epsilon=False):
    def pieces(text):
        text = text.lower() if lower else text
        kept = text if spaces else "".join(text.split())
        apart = []
        for word in text.split():
            if len(word) > 1 and word[-1] in string.punctuation:
                apart += [word[:-1], word[-1]]
            elif len(word) > 1 and word[0] in string.punctuation:
                apart += [word[0], word[1:]]
            else:
                apart.append(word)
        return [grams(kept, order + 1) for order in range(letters)] + [grams(apart, order + 1) for order in range(words)]

    def f_score(rows):
        precision = [shared / own if own else 1e-16 for own, _, shared in rows]
        recall = [shared / right if right else 1e-16 for _, right, shared in rows]
        f = lambda p, r: (1 + beta * beta) * p * r / (beta * beta * p + r) if beta * beta * p + r > 0 else 0.0
        if epsilon:
            return 100 * sum(f(p, r) if p or r else 1e-16 for p, r in zip(precision, recall)) / len(rows)
        both = [at for at, (own, right, _) in enumerate(rows) if own and right]
        return 100 * f(sum(precision[at] for at in both) / len(both), sum(recall[at] for at in both) / len(both)) if both else 0.0

    total = [(0, 0, 0)] * (letters + words)
    for hypothesis, several in zip(hypotheses, references):
        own = pieces(hypothesis)
        rows = []
        for one in several:
            if one:
                right = pieces(one)
                rows.append([(sum(a.values()) if b else 0, sum(b.values()), sum((a & b).values())) for a, b in zip(own, right)])
        best = max(rows, key=f_score)
        total = [tuple(map(sum, zip(*pair))) for pair in zip(total, best)]
    return f_score(total)


# ---- ROUGE

def stemmer():
    spec = importlib.util.find_spec("nltk")
    if spec is None:
        sys.exit(__doc__)
    path = os.path.join(spec.submodule_search_locations[0], "stem", "porter.py")
    source = open(path).read().replace("from nltk.stem.api import StemmerI", "StemmerI = object")
    scope = {"__name__": "porter"}
    exec(compile(source, path, "exec"), scope)
    return scope["PorterStemmer"]().stem


STEM = stemmer()


def rouge_words(text, stemmed):
    words = re.findall("[a-z0-9]+", text.lower())
    return [STEM(word) if stemmed and len(word) > 3 else word for word in words]


def triple(shared, given, sought):
    precision, recall = shared / max(given, 1), shared / max(sought, 1)
    return [precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0]


def lengths(left, right):
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for row, column in itertools.product(range(len(left)), range(len(right))):
        table[row + 1][column + 1] = table[row][column] + 1 if left[row] == right[column] else max(table[row][column + 1], table[row + 1][column])
    return table


def read_out(left, right):
    table, row, column, found = lengths(left, right), len(left), len(right), set()
    while row and column:
        if left[row - 1] == right[column - 1]:
            row, column = row - 1, column - 1
            found.add(row)
        elif table[row][column - 1] > table[row - 1][column]:
            column -= 1
        else:
            row -= 1
    return found


def rouge(hypothesis, reference, stemmed=False):
    given, sought = rouge_words(hypothesis, stemmed), rouge_words(reference, stemmed)
    result = {}
    for order in (1, 2):
        own, right = grams(given, order), grams(sought, order)
        result[f"rouge{order}"] = triple(sum((own & right).values()), sum(own.values()), sum(right.values()))
    result["rougeL"] = triple(lengths(sought, given)[-1][-1], len(given), len(sought))
    theirs = [rouge_words(line, stemmed) for line in reference.split("\n") if line]
    ours = [rouge_words(line, stemmed) for line in hypothesis.split("\n") if line]
    left_theirs, left_ours, shared = Counter(itertools.chain(*theirs)), Counter(itertools.chain(*ours)), 0
    for sentence in theirs:
        for at in sorted(set().union(*(read_out(sentence, other) for other in ours))):
            if left_theirs[sentence[at]] > 0 and left_ours[sentence[at]] > 0:
                left_theirs[sentence[at]] -= 1
                left_ours[sentence[at]] -= 1
                shared += 1
    result["rougeLsum"] = triple(shared, sum(map(len, ours)), sum(map(len, theirs)))
    return result


# ---- error rates

def edits(hypothesis, reference):
    """Hits, substitutions, deletions, insertions; of shortest ways from the ends: to delete first, then to insert (RapidFuzz)."""
    start = 0
    while start < min(len(hypothesis), len(reference)) and hypothesis[start] == reference[start]:
        start += 1
    end = 0
    while end < min(len(hypothesis), len(reference)) - start and hypothesis[-1 - end] == reference[-1 - end]:
        end += 1
    hits = start + end
    hypothesis, reference = hypothesis[start:len(hypothesis) - end], reference[start:len(reference) - end]
    table = {}
    for i, j in itertools.product(range(len(reference) + 1), range(len(hypothesis) + 1)):
        table[i, j] = i + j if not i or not j else min(
            table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (reference[i - 1] != hypothesis[j - 1]))
    i, j, counts = len(reference), len(hypothesis), [hits, 0, 0, 0]
    while i or j:
        if i and table[i, j] == table[i - 1, j] + 1:
            counts[2] += 1
            i -= 1
        elif not i or (j > 1 and table[i, j - 1] == table[i - 1, j - 1] - 1):
            counts[3] += 1
            j -= 1
        else:
            i, j = i - 1, j - 1
            counts[int(reference[i] != hypothesis[j])] += 1
    return counts


def word_edits(hypothesis, reference):
    words = lambda text: [word for word in re.sub(r"\s\s+", " ", text).strip().split(" ") if word]
    return edits(words(hypothesis), words(reference))


def character_edits(hypothesis, reference):
    return edits(list(hypothesis.strip()), list(reference.strip()))


# ---- cases

LINES = [
    "", "a", "the cat", "the the the the", "Hello, world!", "He paid $1,234.56 in 2016-17.", "U.S.A. is  large", "don't stop; it's 5-4", "l'été 3.000,50 €",
    "&quot;Hi&quot; &amp;lt; x<y", "a-\nb c\nd", "<skipped>one two", "ein Mann fährt Fahrrad .", "Ein Mann fährt mit dem Fahrrad.", "日本語 の テスト", "日本語のテスト。",
    "smile 😀 now", "smile 😀, now!", "e\u0301te", "été", "tab\tand\u00a0space\u3000here", "x\u001cy", "İstanbul ΟΔΟΣ", "a b a b a b a b", "(hi) ''quoted''", "1,2,3 4.5. .6",
    "-1 +2 ~3 {a} [b] ^c _d `e", "...", "!!", " lead and trail  ", "the cat sat on the mat", "the cat sat on a mat", "on the mat sat the cat the cat",
    "A man in a blue shirt is standing on a ladder cleaning a window.", "A man wearing blue is up a ladder and cleans windows.",
]

SUMMARIES = [
    "", "/", "testing one two", "testing", "The quick brown fox jumps over the lazy dog", "The quick brown dog jumps on the log.", "w1 w2 w3 w4 w5",
    "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "police killed the gunman\nthe gunman was shot", "the gunman was killed by police.\n\npolice shot him", "a a a a b", "b a a",
    "Runners are running; the happily married generals argued", "runner ran happy marriage, a general argument", "été café İs K9", "ete caf is k9", "x\ny\nz", "z\ny\nx",
]

WORDS = """caresses ponies ties caress cats feed agreed disabled matting mating meeting milling messing meetings flies dies mules denied died agreed owned humbled sized
plastered bled motoring sing conflated troubled hopping tanned falling hissing fizzed failing filing happy sky enjoy spy flying dying lying tying news innings outing
canning proceed exceed succeed relational conditional rational valency hesitancy digitizer conformably radically differently vilely analogously vietnamization
predication operator feudalism decisiveness hopefulness callousness formality sensitivity sensibility hopefully geology theology biology archaeology triplicate
formative formalize electricity electrical hopeful goodness revival allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment
dependent adoption homologous communism activate angularity effective bowdlerize probate rate cease controll roll are ice ore use eve generalizations oscillators
itemization tradition reference colonizer plotted rocket syzygy toy yyyy yes boyish employment skies howe ability possibly really actually totally wholly fully skilfully
abilities university 2016s w1 ab a ing ed sting string bring king red bed need indeed speed spied tied lied cried oed aing yed youyed""".split()


def cases():
    made = random.Random(13)
    vocabulary = ["a", "b", "c", "d.", "e,", "5", "the", "The", "é"]
    sentence = lambda most: " ".join(made.choice(vocabulary) for _ in range(made.randrange(most)))
    full = [line for line in LINES if line]
    corpora = [
        {"hypotheses": ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."],
         "references": [["The dog bit the man.", "The dog had bit the man."], ["It was not unexpected.", "No one was surprised."],
                        ["The man bit him first.", "The man had bitten the dog."]]},
        {"hypotheses": ["", "", ""], "references": [["one"], ["two words"], ["and three words"]]},
        {"hypotheses": full, "references": [[line] for line in full]},
        {"hypotheses": LINES[:-1], "references": [[line] for line in LINES[1:]]},
        {"hypotheses": ["a b", "a b c d"], "references": [["", "a b c"], ["a b c", ""]]},
    ]
    for left, right in [("the the the the", "the cat"), ("a b c", "a b c"), ("a b", "a b"), ("a", "a"), ("a", "b"), ("", "b"), (LINES[-2], LINES[-1]), (LINES[-5], LINES[-4])]:
        corpora.append({"hypotheses": [left], "references": [[right]]})
    for _ in range(12):
        count = made.randrange(1, 5)
        corpora.append({"hypotheses": [sentence(12) for _ in range(count)],
                        "references": [[sentence(12) or "x" for _ in range(made.randrange(1, 4))] for _ in range(count)]})
    bleus, chrfs = [], []
    for at, corpus in enumerate(corpora):
        settings = [{}, {"smooth": "none"}, {"smooth": "floor"}, {"smooth": "add-k"}, {"effective": True}, {"lower": True, "cut": "none"}, {"cut": "char"}]
        if at % 3 == 0:
            settings += [{"smooth": "floor", "value": 0.5, "effective": True}, {"smooth": "add-k", "value": 2}, {"orders": 2}]
        bleus += [{"corpus": at, "options": one, **bleu(**corpus, **one)} for one in settings]
        chrfs += [{"corpus": at, "options": one, "score": chrf(**corpus, **one)}
                  for one in ({}, {"words": 2}, {"epsilon": True}, {"spaces": True, "lower": True}, {"beta": 3, "letters": 4, "words": 1})]
    pairs = [(left, right) for left in LINES for right in LINES if left == right or made.random() < 0.15]
    pairs += [(sentence(9), sentence(9)) for _ in range(60)]
    pairs += [("a" * 70 + "b" * 70, "b" * 70 + "a" * 70), (" ".join("abcabd" * 15), " ".join("bcdabc" * 14))]
    return {
        "cut": [[line, mteval(line), CUTS["char"](line)] for line in LINES],
        "corpora": corpora, "bleu": bleus, "chrf": chrfs,
        "rouge": [[left, right, stemmed, rouge(left, right, stemmed)] for left in SUMMARIES for right in SUMMARIES for stemmed in (False, True)
                  if left == right or made.random() < 0.35],
        "stems": {word: STEM(word) for word in WORDS},
        "edits": [[left, right, word_edits(left, right), character_edits(left, right)] for left, right in pairs],
    }


def check_against_published():
    """Values that the projects' own tests name."""
    close = lambda value, published, most: abs(value - published) < most or sys.exit(f"{value} is not {published}")
    reference, line = "producţia de zahăr brut se exprimă în zahăr alb;", "Producția de zahăr primă va fi exprimată în ceea ce privește zahărul alb;"
    for options, published in (({}, 8.493), ({"smooth": "floor"}, 4.51688), ({"smooth": "add-k"}, 14.882), ({"cut": "none"}, 7.347), ({"cut": "char"}, 40.8759)):
        close(bleu([line], [[reference]], effective=True, **options)["score"], published, 1e-3)
    close(chrf(["Nebo prostě nemají vybavení, které by jim pomohlo, uvedli lékaři."],
               [["A někdy nemáme ani potřebný materiál, abychom jim pomohli, popsali lékaři."]], epsilon=True), 31.22557079, 1e-4)


if __name__ == "__main__":
    check_against_published()
    with open(os.path.join(HERE, "sequence_metrics.json"), "w") as file:
        json.dump(cases(), file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")
