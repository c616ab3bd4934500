"""Makes metrics.json: figures of small cases, derived here from the published rules (SQuAD's scripts, seqeval, scikit-learn's definitions, nDCG).

Python alone: python3 make_metrics.py
"""

import json
import math
import os
import random
import re
import string
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- SQuAD

def normalise(text):
    text = "".join(letter for letter in text.lower() if letter not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def word_f1(predicted, gold, version):
    given, right = normalise(predicted).split(), normalise(gold).split()
    if version == 2 and (not given or not right):
        return float(given == right)
    shared = sum((Counter(given) & Counter(right)).values())
    if shared == 0:
        return 0.0
    precision, recall = shared / len(given), shared / len(right)
    return 2 * precision * recall / (precision + recall)


ANSWERS = [
    "", "the", "The", "a", "an", "Denver Broncos", "The Denver Broncos!", "denver  broncos", "the the cat", "cat", "the cat sat", "a cat, a hat", "1,000",
    "1000", "U.S.", "us", "it's", "its", "co-op", "coop", "a-the", "anthem", "thea", "a b a b", "b a", "été", "Été", "a\u0301", "\u00e1", "İzmir", "i\u0307zmir",
    "ΟΔΟΣ", "οδος", "“quoted”", "quoted", "tab\tand\u00a0space", "tab and space", "the\u3000cat", "cat\u001cdog", "cat dog", "under_score", "underscore",
    "the_cat", "...", "5 %", "5", "a 😀 b", "😀 b", "an²", "a½", "²",
]


def squad_pairs():
    pairs = []
    for predicted in ANSWERS:
        for gold in ANSWERS:
            one, two = word_f1(predicted, gold, 1), word_f1(predicted, gold, 2)
            exact = int(normalise(predicted) == normalise(gold))
            if exact or one or two or predicted == "":
                pairs.append([predicted, gold, exact, one, two])
    return {"normalised": {text: normalise(text) for text in ANSWERS}, "pairs": pairs}


def squad_scores(questions, predictions, no_answer, threshold):
    version = 2 if any(not answers for _, answers in questions) else 1
    exact, f1 = {}, {}
    for name, answers in questions:
        if name not in predictions:
            if version == 1:
                exact[name] = f1[name] = 0.0
            continue
        golds = answers if version == 1 else [answer for answer in answers if normalise(answer)] or [""]
        exact[name] = max(float(normalise(predictions[name]) == normalise(gold)) for gold in golds)
        f1[name] = max(word_f1(predictions[name], gold, version) for gold in golds)
    has_answer = {name: bool(answers) for name, answers in questions}

    def best(scores):
        now = top = sum(1 for name in scores if not has_answer[name])
        at = 0.0
        for name in sorted(no_answer, key=lambda one: no_answer[one]):
            if name not in scores:
                continue
            now += scores[name] if has_answer[name] else -1 if predictions[name] else 0
            if now > top:
                top, at = now, no_answer[name]
        return [top / len(scores), at]

    def counted(scores):
        return {name: float(not has_answer[name]) if no_answer and no_answer[name] > threshold else score for name, score in scores.items()}

    def mean(scores, wanted):
        chosen = [score for name, score in counted(scores).items() if wanted(name)]
        return sum(chosen) / len(chosen) if chosen else None

    result = {"exact": mean(exact, lambda _: True), "f1": mean(f1, lambda _: True), "count": len(exact)}
    if version == 2:
        result["has_answer"] = [mean(exact, has_answer.get), mean(f1, has_answer.get)]
        result["no_answer"] = [mean(exact, lambda name: not has_answer[name]), mean(f1, lambda name: not has_answer[name])]
        if no_answer:
            result["best_exact"], result["best_f1"] = best(exact), best(f1)
    return result


def squad_files(draw):
    files = []
    for case in range(8):
        questions, predictions, no_answer = [], {}, {}
        for number in range(12):
            name = f"q{number}"
            impossible = case >= 3 and draw.random() < 0.4
            answers = [] if impossible else [draw.choice(ANSWERS[1:]) for _ in range(draw.randint(1, 3))]
            questions.append([name, answers])
            if case in (2, 5) and draw.random() < 0.2:
                continue
            predictions[name] = draw.choice(answers) if answers and draw.random() < 0.5 else draw.choice(ANSWERS)
            if case >= 4:
                no_answer[name] = round(draw.random(), 2)
        threshold = 0.5 if case >= 6 else 1.0
        files.append({"questions": questions, "predictions": predictions, "no_answer": no_answer, "threshold": threshold,
                      "expected": squad_scores(questions, predictions, no_answer, threshold)})
    return files


# ---- entities, by seqeval's rules

def lenient(tags):
    entities, before, type_before, begin = [], "O", "", 0
    for at, tag in enumerate(tags + ["O"]):
        mark, kind = tag[0], tag[1:].split("-", 1)[-1] or "_"
        ends = (before in "ES" or (before in "BI" and mark in "BSO") or (before not in "O." and type_before != kind))
        begins = (mark in "BS" or (before in "ESO" and mark in "EI") or (mark not in "O." and type_before != kind))
        if ends:
            entities.append([type_before, begin, at])
        if begins:
            begin = at
        before, type_before = mark, kind
    return entities


def strict(tags, scheme):
    def kind(tag):
        return tag[1:].strip("-") or "_"

    inside = {"IOB2": {("B", "I"), ("I", "I")}, "IOBES": {("B", "I"), ("B", "E"), ("I", "I"), ("I", "E")}}[scheme]
    begins = {"IOB2": "B", "IOBES": "BS"}[scheme]
    entities, at = [], 0
    while at < len(tags):
        if tags[at][0] not in begins:
            at += 1
            continue
        end = at + 1
        while end < len(tags) and (tags[end - 1][0], tags[end][0]) in inside and kind(tags[end]) == kind(tags[end - 1]):
            end += 1
        if scheme == "IOB2" or tags[end - 1][0] in "ES":
            entities.append([kind(tags[at]), at, end])
        at = end
    return entities


SENTENCES = [
    [], ["O"], ["B-PER"], ["I-PER"], ["I-PER", "I-PER"], ["O", "I-PER", "O"], ["B-PER", "I-LOC"], ["B-PER", "I-PER", "I-LOC", "I-LOC"], ["B-PER", "B-PER"],
    ["I-PER", "B-PER", "I-PER"], ["B-PER", "O", "I-PER"], ["I-LOC", "B-PER"], ["B", "I", "O", "B"], ["B-", "I-"], ["B-A-B", "I-A-B", "I-A"], ["I-A", "I-B", "I-A"],
]
CLOSED = [
    ["S-PER"], ["B-PER", "E-PER"], ["B-PER", "I-PER", "E-PER"], ["B-PER", "I-PER"], ["E-PER"], ["I-PER", "E-PER"], ["B-PER", "E-LOC"], ["S-PER", "I-PER"],
    ["S-PER", "S-PER"], ["B-PER", "S-PER"], ["B-PER", "O", "E-PER"], ["E-PER", "E-PER"], ["B-PER", "E-PER", "I-PER", "E-PER"], ["S-PER", "E-PER"], ["B-PER"],
]


def entity_cases(draw):
    cases = []
    for tags in SENTENCES + CLOSED:
        is_iob = all(tag[0] in "BIO" for tag in tags)
        cases.append({"tags": tags, "lenient": lenient(tags), "iob2": strict(tags, "IOB2") if is_iob else None, "iobes": strict(tags, "IOBES")})
    for _ in range(30):
        marks = draw.choice(["BIO", "BIOES"])
        tags = ["O" if mark == "O" else f"{mark}-{draw.choice('XY')}" for mark in (draw.choice(marks) for _ in range(draw.randint(3, 9)))]
        cases.append({"tags": tags, "lenient": lenient(tags), "iob2": strict(tags, "IOB2") if all(tag[0] in "BIO" for tag in tags) else None, "iobes": strict(tags, "IOBES")})
    return cases


def entity_scores(draw):
    results = []
    for scheme in ("lenient", "iob2"):
        expected, predicted = [], []
        for _ in range(20):
            tags = ["O" if mark == "O" else f"{mark}-{draw.choice('XYZ')}" for mark in (draw.choice("BIOO") for _ in range(8))]
            expected.append(tags)
            predicted.append([tag if draw.random() < 0.8 else draw.choice(["O", "B-X", "I-X", "B-W"]) for tag in tags])
        find = lenient if scheme == "lenient" else lambda tags: strict(tags, "IOB2")
        sought = {(at, *entity) for at, tags in enumerate(expected) for entity in find(tags)}
        given = {(at, *entity) for at, tags in enumerate(predicted) for entity in find(tags)}

        def figures(right, found, wanted):
            precision, recall = right / found if found else 0.0, right / wanted if wanted else 0.0
            return [precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0]

        types = {}
        for kind in sorted({entity[1] for entity in sought | given}):
            one, other = {entity for entity in sought if entity[1] == kind}, {entity for entity in given if entity[1] == kind}
            types[kind] = figures(len(one & other), len(other), len(one)) + [len(one)]
        words = [(a, b) for one, other in zip(expected, predicted) for a, b in zip(one, other)]
        results.append({"scheme": scheme, "expected": expected, "predicted": predicted, "overall": figures(len(sought & given), len(given), len(sought)),
                        "types": types, "accuracy": sum(a == b for a, b in words) / len(words)})
    return results


# ---- classification, correlation, ranking

def classification(draw):
    cases = []
    for classes, texts in ((2, 15), (4, 40), (5, 12), (3, 6)):
        expected = [draw.randrange(classes - (classes == 5)) for _ in range(texts)]
        predicted = [one if draw.random() < 0.6 else draw.randrange(classes - (classes == 5)) for one in expected]
        if texts == 6:
            predicted = [0] * texts
        table = [[sum(a == i and b == j for a, b in zip(expected, predicted)) for j in range(classes)] for i in range(classes)]
        figures = []
        for i in range(classes):
            found, wanted = sum(row[i] for row in table), sum(table[i])
            if found + wanted == 0:
                continue
            precision, recall = table[i][i] / found if found else 0.0, table[i][i] / wanted if wanted else 0.0
            figures.append([precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0])
        # Matthews' as the covariance of one-hot columns
        def covariance(one, other):
            return sum(
                sum((a == i) * (b == i) for a, b in zip(one, other)) - sum(a == i for a in one) * sum(b == i for b in other) / texts for i in range(classes))
        spread = math.sqrt(covariance(expected, expected) * covariance(predicted, predicted))
        cases.append({"classes": classes, "expected": expected, "predicted": predicted, "accuracy": sum(a == b for a, b in zip(expected, predicted)) / texts,
                      "macro": [sum(figure[k] for figure in figures) / len(figures) for k in range(3)],
                      "matthews": covariance(expected, predicted) / spread if spread else 0.0})
    return cases


def correlation(draw):
    def pearson(one, other):
        a, b = sum(one) / len(one), sum(other) / len(other)
        return sum((x - a) * (y - b) for x, y in zip(one, other)) / math.sqrt(sum((x - a) ** 2 for x in one) * sum((y - b) ** 2 for y in other))

    def ranks(numbers):
        return [sum(other < one for other in numbers) + (sum(other == one for other in numbers) + 1) / 2 for one in numbers]

    cases = []
    for count in (2, 9, 30):
        left = [draw.randrange(6) / 2 for _ in range(count)] if count > 2 else [1.0, 2.0]
        right = [one / 2 + draw.randrange(5) / 4 for one in left] if count > 2 else [3.0, 1.0]
        cases.append({"left": left, "right": right, "pearson": pearson(left, right), "spearman": pearson(ranks(left), ranks(right))})
    return cases


def ranking(draw):
    rankings, relevant, reciprocal, recall, gain, precision = [], [], [], [], [], []
    for query in range(12):
        order = draw.sample(range(20), 15)
        gains = {} if query == 3 else {item: draw.choice([1.0, 1.0, 2.0, 3.0]) for item in draw.sample(range(20), draw.randint(1, 7))}
        rankings.append(order)
        relevant.append({str(item): value for item, value in gains.items()})
        if not gains:
            continue
        top = order[:5]
        reciprocal.append(next((1 / place for place, item in enumerate(top, 1) if item in gains), 0.0))
        recall.append(sum(item in gains for item in top) / len(gains))
        precise = [sum(item in gains for item in top[:place]) / place for place, item in enumerate(top, 1) if item in gains]
        precision.append(sum(precise) / min(5, len(gains)))
        ideal = sum(value / math.log2(place + 1) for place, value in enumerate(sorted(gains.values(), reverse=True)[:5], 1))
        gain.append(sum(gains.get(item, 0.0) / math.log2(place + 1) for place, item in enumerate(top, 1)) / ideal)
    mean = lambda numbers: sum(numbers) / len(numbers)
    return {"rankings": rankings, "relevant": relevant, "places": 5, "mrr": mean(reciprocal), "recall": mean(recall), "ndcg": mean(gain),
            "map": mean(precision)}


draw = random.Random(7)
golden = {"squad_pairs": squad_pairs(), "squad_files": squad_files(draw), "entities": entity_cases(draw), "entity_scores": entity_scores(draw),
          "classification": classification(draw), "correlation": correlation(draw), "ranking": ranking(draw)}
with open(os.path.join(HERE, "metrics.json"), "w", encoding="utf-8") as file:
    json.dump(golden, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
