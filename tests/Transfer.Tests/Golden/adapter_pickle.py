"""An adapter_model.bin as earlier versions of PEFT saved it (torch.save of the keys and tensors), in base 64 for AdapterPickleTests.

    python3 adapter_pickle.py
"""
import base64
import io
import math
from collections import OrderedDict

import torch

KEY = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_"


def numbers(stream, *shape):
    return torch.tensor([math.sin(stream + 0.7 * i) for i in range(math.prod(shape))], dtype=torch.float64).float().reshape(shape)


file = io.BytesIO()
torch.save(OrderedDict([(KEY + "A.weight", numbers(1, 2, 16)), (KEY + "B.weight", numbers(2, 16, 2))]), file)
text = base64.b64encode(file.getvalue()).decode()
for start in range(0, len(text), 160):
    print(text[start:start + 160])
