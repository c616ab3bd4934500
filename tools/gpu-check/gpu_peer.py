"""PyTorch's seconds for what gpu-check measures, on the same card: a line each, the name, a tab, the median.

    python3 gpu_peer.py [--quick]
"""
import contextlib
import statistics
import sys
import time

try:
    import torch
except ImportError as problem:
    print(f"this Python has no PyTorch ({problem})")
    sys.exit(1)
if not torch.cuda.is_available():
    print(f"PyTorch {torch.__version__} sees no card")
    sys.exit(1)

quick = "--quick" in sys.argv
print(f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, {torch.cuda.get_device_name()}")


def median(run):
    together, rounds = (1, 1) if quick else (5, 7)
    for _ in range(3):
        run()
    torch.cuda.synchronize()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        for _ in range(together):
            run()
        torch.cuda.synchronize()
        seconds.append((time.perf_counter() - started) / together)
    return statistics.median(seconds)


def tell(name, run):
    print(f"{name}\t{median(run)!r}", flush=True)


def allow_tensor_float(allowed):
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


for suffix, kind, tensor_float in [("", torch.float32, False), (" tf32", torch.float32, True), (" bf16", torch.bfloat16, False)]:
    allow_tensor_float(tensor_float)
    for rows, depth, columns in [(128, 128, 128)] if quick else [(1024, 1024, 1024), (4096, 4096, 4096), (1024, 768, 3072), (8192, 768, 768)]:
        a, b = torch.rand(rows, depth, device="cuda", dtype=kind), torch.rand(depth, columns, device="cuda", dtype=kind)
        tell(f"gemm {rows}x{depth}x{columns}{suffix}", lambda: a @ b)
allow_tensor_float(False)
tokens = 16 if quick else 512
heads = torch.rand(8, 12, tokens, 64, device="cuda")
tell(f"attention b8 h12 t{tokens} d64", lambda: torch.nn.functional.scaled_dot_product_attention(heads, heads, heads))
if quick:
    sys.exit(0)


def step(name, model, batch, loss):
    optimiser = torch.optim.SGD(model.parameters(), 1e-6, momentum=0.9)

    def run(number=contextlib.nullcontext):
        optimiser.zero_grad(set_to_none=True)
        with number():
            value = loss(model, batch)
        value.backward()
        optimiser.step()

    tell(name, run)
    allow_tensor_float(True)
    tell(f"{name} tf32", run)
    allow_tensor_float(False)
    tell(f"{name} bf16", lambda: run(lambda: torch.autocast("cuda", torch.bfloat16)))


def of_pictures(model, batch):
    return torch.nn.functional.cross_entropy(model(batch), torch.arange(len(batch), device="cuda") * 37 % 1000)


try:
    import torchvision
    step("train resnet50 b32 224x224", torchvision.models.resnet50().cuda().to(memory_format=torch.channels_last),
         torch.rand(32, 3, 224, 224, device="cuda").to(memory_format=torch.channels_last), of_pictures)
except ImportError as problem:
    print(f"no torchvision ({problem})")


class Bert(torch.nn.Module):
    """The size of BERT-base with a classifier, in PyTorch's own layers."""

    def __init__(self):
        super().__init__()
        self.words, self.places = torch.nn.Embedding(30522, 768), torch.nn.Embedding(512, 768)
        layer = torch.nn.TransformerEncoderLayer(768, 12, 3072, 0.0, "gelu", batch_first=True)
        self.layers, self.head = torch.nn.TransformerEncoder(layer, 12), torch.nn.Linear(768, 2)

    def forward(self, ids):
        return self.head(self.layers(self.words(ids) + self.places.weight[:ids.shape[1]])[:, 0])


step("train bert 12x768 b8 t128", Bert().cuda(), torch.randint(0, 30522, (8, 128), device="cuda"),
     lambda model, batch: torch.nn.functional.cross_entropy(model(batch), torch.arange(8, device="cuda") % 2))
