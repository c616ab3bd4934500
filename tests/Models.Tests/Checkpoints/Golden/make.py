"""Makes the small PyTorch files beside this script and expected.json, what PyTorch itself reads from them.

Written with PyTorch 1.13: /usr/bin/python3 make.py
"""

import collections
import json
import os
import pickle

import numpy
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def tensors():
    torch.manual_seed(7)
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4) / 8
    shared = torch.linspace(-1, 1, 10)
    state = collections.OrderedDict()
    state["float32"] = torch.randn(3, 2)
    state["float64"] = torch.randn(2, 2, dtype=torch.float64)
    state["float16"] = torch.tensor([1.5, -2.25, 65504.0, 6e-8], dtype=torch.float16)
    state["bfloat16"] = torch.tensor([1.5, -2.25, 3e38, 1e-3], dtype=torch.bfloat16)
    state["int64"] = torch.tensor([[-(2**62), 2**62], [0, 1]])
    state["int32"] = torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32)
    state["int16"] = torch.tensor([-32768, 32767], dtype=torch.int16)
    state["int8"] = torch.tensor([-128, 127], dtype=torch.int8)
    state["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
    state["bool"] = torch.tensor([True, False, True])
    state["scalar"] = torch.tensor(5)
    state["empty"] = torch.zeros(0, 3)
    state["transposed"] = base.permute(2, 0, 1)
    state["sliced"] = base[:, 1:, ::2]
    state["expanded"] = torch.tensor([[1.0], [2.0]]).expand(2, 3)
    state["channels_last"] = torch.randn(1, 3, 2, 2).contiguous(memory_format=torch.channels_last)
    state["shared.low"] = shared[:5]
    state["shared.high"] = shared[5:]
    state["parameter"] = torch.nn.Parameter(torch.tensor([0.5, 0.25]))
    return state


def listed(tensor):
    if tensor.dtype == torch.bool:
        tensor = tensor.to(torch.int64)
    elif tensor.dtype.is_floating_point:
        tensor = tensor.detach().to(torch.float32).to(torch.float64)
    return tensor.reshape(-1).tolist()


def main():
    state = tensors()
    checkpoint = {
        "epoch": 12,
        "best_prec1": 91.75,
        "arch": "résumé",
        "lr": numpy.float64(0.125),
        "done": True,
        "milestones": [100, 150],
        "device": torch.device("cuda", 1),
        "dtype": torch.bfloat16,
        "size": torch.Size([3, 4]),
        "storage": torch.ones(3, dtype=torch.int16).storage(),
        "state_dict": state,
        "optimizer": {"state": {0: {"momentum_buffer": torch.ones(2)}}, "param_groups": [{"lr": 0.5, "params": [0]}]},
    }
    for protocol in (2, 4):
        torch.save(checkpoint, os.path.join(HERE, f"zip-protocol{protocol}.pt"), pickle_protocol=protocol)
        torch.save(checkpoint, os.path.join(HERE, f"legacy-protocol{protocol}.pth"), pickle_protocol=protocol,
                   _use_new_zipfile_serialization=False)
    torch.save(torch.tensor([1.0, 2.0]), os.path.join(HERE, "single.pt"))
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    torch.save(model.state_dict(), os.path.join(HERE, "module.pt"))
    torch.save(model, os.path.join(HERE, "whole-module.pt"))
    torch.jit.save(torch.jit.script(model), os.path.join(HERE, "script.pt"))
    torch.jit.save(torch.jit.freeze(torch.jit.script(torch.nn.Sequential(torch.nn.Linear(3, 2)).eval())), os.path.join(HERE, "frozen.pt"))

    class Command:
        def __reduce__(self):
            return os.system, ("touch file-it-ran",)

    torch.save({"weight": torch.ones(1), "run": Command()}, os.path.join(HERE, "hostile-zip.pt"))
    torch.save({"weight": torch.ones(1), "run": Command()}, os.path.join(HERE, "hostile-legacy.pt"),
               _use_new_zipfile_serialization=False)
    with open(os.path.join(HERE, "hostile.pkl"), "wb") as file:
        pickle.dump(Command(), file, protocol=4)
    with open(os.path.join(HERE, "hostile-protocol0.pkl"), "wb") as file:
        file.write(b"cos\nsystem\n(S'touch file-it-ran'\ntR.")

    expected = {key: {"type": str(value.dtype)[len("torch."):], "shape": list(value.shape), "values": listed(value)}
                for key, value in state.items()}
    with open(os.path.join(HERE, "expected.json"), "w") as file:
        json.dump(expected, file, indent=1)
    module = {key: {"type": str(value.dtype)[len("torch."):], "shape": list(value.shape), "values": listed(value)}
              for key, value in model.state_dict().items()}
    with open(os.path.join(HERE, "expected-module.json"), "w") as file:
        json.dump(module, file, indent=1)


if __name__ == "__main__":
    main()
