"""Makes ctc.json: PyTorch 1.13's ctc_loss and its gradient by the logits, of logits that a formula gives.

/usr/bin/python3 make_ctc.py
"""

import json
import os

import torch

torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
B, T, V = 5, 7, 5
LABELS = [[1, 2, 3], [2, 2, 2], [], [4, 1, 1, 3], [1, 1, 1, 1, 1]]
LENGTHS = [7, 7, 3, 6, 7]


def logits():
    index = torch.arange(B * T * V, dtype=torch.float64)
    return (2 * torch.sin(index * 0.7 + 0.3 * (index % 11))).reshape(B, T, V).float()


cases = []
for blank in (0, 4):
    for reduction in ("mean", "sum", "none"):
        for zero in (True, False):
            rows = range(B) if zero else range(B - 1)
            labels = [[(label if blank == 0 else label - 1) for label in LABELS[row]] for row in rows]
            lengths = [LENGTHS[row] for row in rows]
            x = logits()[list(rows)].requires_grad_()
            loss = torch.nn.functional.ctc_loss(
                x.log_softmax(-1).transpose(0, 1), torch.tensor([label for row in labels for label in row], dtype=torch.long),
                torch.tensor(lengths), torch.tensor([len(row) for row in labels]), blank, reduction, zero)
            (loss.sum() if reduction == "none" else loss).backward()
            cases.append({
                "blank": blank, "reduction": reduction, "zero": zero, "labels": labels, "lengths": lengths,
                "loss": [float(f"{value:.7g}") for value in loss.detach().reshape(-1)], "gradient": [float(f"{value:.6g}") for value in x.grad.reshape(-1)]})
with open(os.path.join(HERE, "ctc.json"), "w", encoding="ascii") as file:
    json.dump(cases, file, separators=(",", ":"))
    file.write("\n")
