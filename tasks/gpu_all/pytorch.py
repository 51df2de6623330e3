"""What PyTorch makes of the same card: a product of N^3 in single precision, with TF32 and in half,
and a copy, as JSON. Where it cannot, it says why and ends well.
"""

import json
import statistics
import sys
import time

REPEATS = 5
SECONDS = 0.2


def main():
    try:
        import torch
    except ImportError as error:
        return {"absent": f"{sys.executable} has no PyTorch ({error}); PYTHON names another"}
    if not torch.cuda.is_available():
        return {"absent": f"PyTorch {torch.__version__} sees no CUDA device"}

    def seconds_of(work):
        def timed(runs):
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(runs):
                work()
            torch.cuda.synchronize()
            return (time.perf_counter() - start) / runs

        timed(3)
        runs = max(1, round(SECONDS / timed(3)))
        return statistics.median(timed(runs) for _ in range(REPEATS))

    size = int(sys.argv[1])
    a, b = (torch.rand(size, size, device="cuda") * 2 - 1 for _ in range(2))
    flops = 2 * size**3 / 1e9
    backend = torch.backends.cuda.matmul
    backend.allow_tf32 = False
    single = flops / seconds_of(lambda: torch.mm(a, b))
    backend.allow_tf32 = True
    tf32 = flops / seconds_of(lambda: torch.mm(a, b))
    half_a, half_b = a.half(), b.half()
    half = flops / seconds_of(lambda: torch.mm(half_a, half_b))
    source = torch.rand(1 << 26, device="cuda")
    target = torch.empty_like(source)
    copy = seconds_of(lambda: target.copy_(source))
    return {
        "by": f"PyTorch {torch.__version__}",
        "cuda": torch.version.cuda,
        "device": torch.cuda.get_device_name(),
        "bytes": torch.cuda.get_device_properties(0).total_memory,
        "size": size,
        "single": single,
        "tf32": tf32,
        "half": half,
        "gigabytesPerSecond": 2 * 4 * source.numel() / copy / 1e9,
    }


print(json.dumps(main()))
