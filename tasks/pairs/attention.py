"""Attention's forward and gradient in PyTorch, for pairs with ours.

Reads a request (JSON) from standard input: rows, snippets, heads, channels of a head, threads and
repeats; prints seconds and the first numbers of the gradients as JSON.
"""

import json
import resource
import sys
import time

import torch

from formula import drawn


def main():
    request = json.load(sys.stdin)
    torch.set_num_threads(request["threads"])
    rows, snippets = request["rows"], request["time"]
    heads, channels = request["heads"], request["channels"]
    q, k, v, dy = (torch.from_numpy(drawn(name, [rows, snippets, heads * channels]))
                   for name in ("q", "k", "v", "dy"))
    inputs = [x.requires_grad_() for x in (q, k, v)]

    def split(x):
        return x.view(rows, snippets, heads, channels).transpose(1, 2)

    seconds = []
    for _ in range(request["repeats"] + 1):
        start = time.perf_counter()
        logits = torch.matmul(split(q), split(k).transpose(-1, -2)) * channels**-0.5
        y = torch.matmul(logits.softmax(-1), split(v))
        gradients = torch.autograd.grad(y.transpose(1, 2).reshape(dy.shape), inputs, dy)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "seconds": seconds[1:],
        "gradients": [x for each in gradients for x in each.flatten()[:64].tolist()],
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "by": f"PyTorch {torch.__version__}",
    }))


main()
