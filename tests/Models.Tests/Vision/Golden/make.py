"""Makes the golden files beside this script: what torchvision computes with weights that a formula gives.

Written with PyTorch 1.13 and torchvision 0.14: /usr/bin/python3 make.py [name ...]

A file holds, with batch norms in evaluation and in training mode (dropout and stochastic depth off), the logits and the loss of one step,
six numbers for the gradient of each parameter (its norm, its largest entry, two projections on vectors of signs that a formula gives, two
entries) and, after the step in training mode, a projection of each running statistic. The references are in double precision. GoldenWeights.cs
has the same formulas.

A pre-activation within a rounding of a ReLU's kink makes gradients that no two programs agree on. So a file says by how much PyTorch's own single
precision is off, and make.py --search [name ...] looks for a stream of images of which that is little.
"""

import copy
import json
import os
import struct
import sys

import numpy
import torch
import torchvision

HERE = os.path.dirname(os.path.abspath(__file__))
CLASSES = 10
CHUNK = 1 << 22

# name: (number of images; for evaluation and for training mode the images' size and stream, and the middle of the norms' scales and shifts; torchvision's
# arguments, weight of the auxiliary losses). With shifts above 0 few pre-activations of ReLUs that follow statistics of a batch are near the kink.
MODELS = {
    "resnet18": (4, (64, 1, 1, 0), (64, 1, 1, 0), {}, 0),
    "resnet50": (4, (64, 2, 1, 0), (64, 0, 1, 2.5), {}, 0),
    "alexnet": (3, (64, 0, 1, 0), (64, 0, 1, 0), {}, 0),
    "vgg11": (2, (64, 1, 1, 0), (64, 1, 1, 0), {}, 0),
    "vgg11_bn": (2, (64, 0, 1, 0), (64, 0, 1, 0), {}, 0),
    "squeezenet1_0": (3, (64, 0, 1, 0), (64, 0, 1, 0), {}, 0),
    "squeezenet1_1": (3, (64, 0, 1, 0), (64, 0, 1, 0), {}, 0),
    "mobilenet_v2": (4, (64, 4, 1, 0), (64, 10, 1, 2.5), {}, 0),
    "mobilenet_v3_small": (4, (64, 0, 1, 0), (64, 0, 1, 0), {}, 0),
    "mobilenet_v3_large": (4, (64, 0, 1, 0), (64, 0, 1, 0), {}, 0),
    "densenet121": (4, (64, 0, 1, 0), (64, 0, 1, 3.5), {}, 0),
    "efficientnet_b0": (4, (64, 0, 1, 0), (64, 0, 1, 0), {}, 0),
    "efficientnet_v2_s": (4, (64, 0, 0.5, 0), (64, 9, 1, 0), {}, 0),
    "googlenet_aux": (4, (64, 1, 1, 0), (64, 1, 1, 2.5), {"aux_logits": True, "transform_input": True, "init_weights": False}, 0.3),
    "inception_v3": (3, (96, 1, 1, 0), (299, 0, 1, 2.5), {"aux_logits": True, "transform_input": True, "init_weights": False}, 0.4),
    "regnet_y_400mf": (4, (64, 0, 1, 0), (64, 3, 1, 2.5), {}, 0),
    "regnet_x_400mf": (4, (64, 0, 1, 0), (64, 2, 1, 2.5), {}, 0),
}


def fnv(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def words(key, start, count):
    """64 random bits for each of the numbers from start on of a stream."""
    with numpy.errstate(over="ignore"):
        z = numpy.arange(start + 1, start + count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15) + numpy.uint64(fnv(key))
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        return z ^ (z >> numpy.uint64(31))


def uniform(key, count, middle, bound):
    """float32 numbers within middle +- bound."""
    result = numpy.empty(count, dtype=numpy.float32)
    for start in range(0, count, CHUNK):
        part = words(key, start, min(CHUNK, count - start)) >> numpy.uint64(40)
        result[start:start + len(part)] = middle + bound * (part.astype(numpy.float64) / (1 << 23) - 1)
    return result


def weights(key, shape, scale, shift):
    count = int(numpy.prod(shape))
    if len(shape) >= 2:
        return uniform(key, count, 0, numpy.sqrt(6.0 / (count // shape[0]))).reshape(shape)
    if key.endswith("running_var"):
        return uniform(key, count, 1, 0.5)
    if key.endswith(".weight"):
        return uniform(key, count, scale, 0.1)
    return uniform(key, count, 0 if key.endswith("running_mean") else shift, 0.1)


def fill(model, scale, shift):
    for key, tensor in model.state_dict().items():
        if tensor.dim() > 0:
            tensor.copy_(torch.from_numpy(weights(key, tuple(tensor.shape), scale, shift)))


def projections(key, values):
    """The products with two vectors of signs, which are the top bits of the key's stream."""
    sums = numpy.zeros(2)
    for start in range(0, len(values), CHUNK):
        part = values[start:start + CHUNK]
        bits = words("signs " + key, start, len(part))
        for i in range(2):
            sums[i] += numpy.dot(part, 1 - 2 * ((bits >> numpy.uint64(63 - i)) & numpy.uint64(1)).astype(numpy.float64))
    return sums


def summary(key, gradient):
    values = gradient.detach().reshape(-1).numpy().astype(numpy.float64)
    entries = values[(words("entries " + key, 0, 2) % numpy.uint64(len(values))).astype(numpy.int64)]
    return [numpy.linalg.norm(values), numpy.abs(values).max(), *projections(key, values), *entries]


def make(name, arguments, scale, shift, silent=True):
    model = getattr(torchvision.models, name.replace("_aux", ""))(weights=None, num_classes=CLASSES, **arguments)
    fill(model, scale, shift)
    for module in model.modules():
        if silent and isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
    return model


def probabilities(modules, kind):
    return " ".join(f"{module.p:.5f}" for module in modules if isinstance(module, kind) and module.p > 0)


def images(count, size, stream):
    return torch.from_numpy(uniform(f"images {stream}", count * 3 * size * size, 0, 1.7).reshape(count, 3, size, size))


def step(model, mode, count, x, auxiliary):
    model.train(mode == "train")
    model.zero_grad(set_to_none=True)
    output, others = model(x), []
    labels = torch.tensor([(3 * i + 1) % CLASSES for i in range(count)])
    if isinstance(output, tuple):
        output, *others = output
    loss = torch.nn.functional.cross_entropy(output, labels)
    for other in others:
        loss = loss + auxiliary * torch.nn.functional.cross_entropy(other, labels)
    loss.backward()
    gradients = {key: parameter.grad for key, parameter in model.named_parameters() if parameter.grad is not None}
    return torch.cat([output, *others]).detach().numpy(), loss.item(), gradients


def deviation(exact, single):
    """By how much a gradient in single precision is off, as a part of its norm; of gradients that are nothing but roundings, of others' norms."""
    norms = {key: gradient.norm().item() for key, gradient in exact.items()}
    floors = [0.02 * numpy.median([norm for key, norm in norms.items() if (exact[key].dim() == 1) == flat] or [0]) for flat in (False, True)]
    return max(((single[key].double() - exact[key]).norm().item() / (norms[key] + floors[exact[key].dim() == 1]), key) for key in exact)


def search(name, most=16):
    count, *sides, arguments, auxiliary = MODELS[name]
    for mode, (size, _, scale, shift) in zip(("eval", "train"), sides):
        model = make(name, arguments, scale, shift)
        best = (1, "", 0)
        for stream in range(most):
            x = images(count, size, stream)
            _, _, exact = step(copy.deepcopy(model).double(), mode, count, x.double(), auxiliary)
            worst = (0, "")
            for way in range(2):
                single = copy.deepcopy(model)
                with torch.backends.mkldnn.flags(enabled=way == 0):
                    if way == 1:
                        single, y = single.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
                    worst = max(worst, deviation(exact, step(single, mode, count, x if way < 1 else y, auxiliary)[2]))
                if worst[0] > best[0]:
                    break
            best = min(best, (*worst, stream))
            if best[0] < 5e-5:
                break
        print(name, mode, "stream", best[2], f"off {best[0]:.2g} at {best[1]}", flush=True)


def write(path, tensors, metadata):
    header, at = {"__metadata__": metadata}, 0
    for key, values in tensors.items():
        header[key] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [at, at + 4 * values.size]}
        at += 4 * values.size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.astype("<f4").tobytes())


def main(names):
    for name in names:
        count, *sides, arguments, auxiliary = MODELS[name]
        tensors, metadata = {}, {"images": str(count)}
        for mode, (size, stream, scale, shift) in zip(("eval", "train"), sides):
            model = make(name, arguments, scale, shift).double()
            x = images(count, size, stream)
            single = step(make(name, arguments, scale, shift), mode, count, x, auxiliary)[2]
            logits, loss, gradients = step(model, mode, count, x.double(), auxiliary)
            off, where = deviation(gradients, single)
            print(name, mode, f"single precision is off {off:.2g} at {where}", flush=True)
            metadata[mode] = f"{size} {stream} {scale} {shift} {off:.2g}"
            tensors[f"{mode}.logits"] = logits
            tensors[f"{mode}.loss"] = numpy.array([loss])
            tensors[f"{mode}.gradients"] = numpy.array([summary(key, gradients[key]) for key in sorted(gradients)])
        state = model.state_dict()
        statistics = sorted(key for key in state if key.endswith(("running_mean", "running_var")))
        if statistics:
            tensors["train.statistics"] = numpy.array([projections(key, state[key].numpy())[0] for key in statistics])
        plain = make(name, arguments, 1, 0, silent=False)
        metadata["dropout"] = probabilities(plain.modules(), torch.nn.Dropout)
        # depth is stochastic only where there is a residual
        blocks = [module.stochastic_depth for module in plain.modules() if getattr(module, "use_res_connect", False) and hasattr(module, "stochastic_depth")]
        metadata["depth"] = probabilities(blocks, torchvision.ops.StochasticDepth)
        metadata["keys"] = f"{fnv(chr(10).join(sorted(state))):016x}"
        write(os.path.join(HERE, name + ".safetensors"), tensors, metadata)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--search"]:
        for chosen in sys.argv[2:] or MODELS:
            search(chosen)
    else:
        main(sys.argv[1:] or list(MODELS))
