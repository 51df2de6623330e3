"""The networks of wsvad's backbones in PyTorch: seconds of a batch of clips, for pairs with ours.

Reads a request (JSON) from standard input: the backbone, its settings, the shapes of its weights by
key, the shape of the clips, threads and repeats; prints seconds and the first features as JSON.
Weights and clips are the numbers of tasks/pairs/formula.ts. Layers are those of the official codes:
batch norms stand behind their convolutions, as in evaluation mode.
"""

import json
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

from formula import drawn


def weight(key, shape):
    values = drawn(key, shape)
    if key.endswith("running_var"):
        return values + np.float32(1)
    if len(shape) >= 2:  # activations keep their size
        return values * np.float32(np.sqrt(24 / np.prod(shape[1:])))
    one_based = key.endswith("weight") and ("norm" in key or "bn" in key or "ln_" in key
                                            or "batch3d" in key)
    return values * np.float32(0.2) + np.float32(1 if one_based else 0)


def conv(w, key, x, stride=1, padding=0):
    flat = F.conv2d if w[key + ".weight"].dim() == 4 else F.conv3d
    return flat(x, w[key + ".weight"], w.get(key + ".bias"), stride, padding)


def norm(w, key, x, eps=1e-5):
    return F.batch_norm(x, w[key + ".running_mean"], w[key + ".running_var"], w[key + ".weight"],
                        w[key + ".bias"], False, 0, eps)


def linear(w, key, x):
    return F.linear(x, w[key + ".weight"], w.get(key + ".bias"))


def layer_norm(w, key, x, eps):
    return F.layer_norm(x, x.shape[-1:], w[key + ".weight"], w[key + ".bias"], eps)


def attended(qkv, heads):
    n, tokens, width = qkv.shape
    q, k, v = qkv.reshape(n, tokens, 3, heads, -1).permute(2, 0, 3, 1, 4)
    scores = torch.matmul(q * (width // 3 // heads) ** -0.5, k.transpose(-2, -1))
    seen = torch.matmul(scores.softmax(-1), v)
    return seen.transpose(1, 2).reshape(n, tokens, width // 3)


def clip(w, s, x):
    x = x[:, :, 0]
    x = F.conv2d(x, w["conv1.weight"], stride=s["patch"])
    x = x.flatten(2).transpose(1, 2)
    first = w["class_embedding"].expand(x.shape[0], 1, -1)
    x = torch.cat([first, x], 1) + w["positional_embedding"]
    x = layer_norm(w, "ln_pre", x, 1e-5)
    for i in range(s["layers"]):
        b = f"transformer.resblocks.{i}."
        qkv = F.linear(layer_norm(w, b + "ln_1", x, 1e-5), w[b + "attn.in_proj_weight"],
                       w[b + "attn.in_proj_bias"])
        x = x + linear(w, b + "attn.out_proj", attended(qkv, s["heads"]))
        y = linear(w, b + "mlp.c_fc", layer_norm(w, b + "ln_2", x, 1e-5))
        y = F.gelu(y) if s["activation"] == "gelu" else y * torch.sigmoid(1.702 * y)
        x = x + linear(w, b + "mlp.c_proj", y)
    return layer_norm(w, "ln_post", x[:, 0], 1e-5) @ w["proj"]


def videomae(w, s, x):
    kernel = (s["tubelet"], s["patch"], s["patch"])
    x = conv(w, "patch_embed.proj", x, kernel).flatten(2).transpose(1, 2)
    tokens, width = x.shape[1:]
    j = np.arange(width)
    angle = np.arange(tokens)[:, None] / np.power(10000, 2 * (j // 2) / width)
    table = np.where(j % 2 == 0, np.sin(angle), np.cos(angle)).astype(np.float32)
    x = x + torch.from_numpy(table)
    eps = s["layer_norm_eps"]
    for i in range(s["depth"]):
        b = f"blocks.{i}."
        bias = torch.cat([w[b + "attn.q_bias"], torch.zeros(width), w[b + "attn.v_bias"]])
        qkv = F.linear(layer_norm(w, b + "norm1", x, eps), w[b + "attn.qkv.weight"], bias)
        x = x + linear(w, b + "attn.proj", attended(qkv, s["heads"]))
        y = F.gelu(linear(w, b + "mlp.fc1", layer_norm(w, b + "norm2", x, eps)))
        x = x + linear(w, b + "mlp.fc2", y)
    return layer_norm(w, "norm", x, eps).mean(1)


BLOCKS_WITH_TIME = [(1, 1, 1), (1, 0, 1, 0), (1, 0, 1, 0, 1, 0), (0, 1, 0)]


def residual(w, names, x, t, stride):
    (c1, c2, c3), (n1, n2, n3), cut, cut_norm = names
    y = F.relu(norm(w, n1, conv(w, c1, x, 1, (t, 0, 0))))
    y = F.relu(norm(w, n2, conv(w, c2, y, (1, stride, stride), (0, 1, 1))))
    y = norm(w, n3, conv(w, c3, y))
    if cut + ".weight" in w:
        x = norm(w, cut_norm, conv(w, cut, x, (1, stride, stride)))
    return F.relu(x + y)


def non_local(w, b, x):
    m = F.max_pool3d(x, (1, 2, 2))
    theta, phi, g = (conv(w, b + part, of).flatten(2)
                     for part, of in ((".theta", x), (".phi", m), (".g", m)))
    share = (torch.matmul(theta.transpose(1, 2), phi) * theta.shape[1] ** -0.5).softmax(-1)
    y = torch.matmul(g, share.transpose(1, 2)).reshape(x.shape[0], -1, *x.shape[2:])
    return x + norm(w, b + ".bn", conv(w, b + ".out", y))


def i3d_gowtham(w, s, x):
    x = F.relu(norm(w, "bn1", conv(w, "conv1", x, 2, (2, 3, 3))))
    x = F.max_pool3d(x, (2, 3, 3), (2, 2, 2))
    for layer, blocks in enumerate(s["layers"]):
        for block in range(blocks):
            b = f"layer{layer + 1}.{block}"
            names = ([f"{b}.conv{i}" for i in (1, 2, 3)], [f"{b}.bn{i}" for i in (1, 2, 3)],
                     b + ".downsample.0", b + ".downsample.1")
            stride = 2 if layer > 0 and block == 0 else 1
            x = residual(w, names, x, BLOCKS_WITH_TIME[layer][block], stride)
            if b + ".nl.theta.weight" in w:
                x = non_local(w, b + ".nl", x)
        if layer == 0:
            x = F.max_pool3d(x, (2, 1, 1))
    return x.mean((2, 3, 4))


def i3d_pytorchvideo(w, s, x):
    x = F.relu(norm(w, "blocks.0.norm", conv(w, "blocks.0.conv", x, (1, 2, 2), (2, 3, 3))))
    x = F.max_pool3d(x, (1, 3, 3), (1, 2, 2), (0, 1, 1))
    for stage, blocks in enumerate(s["layers"]):
        for block in range(blocks):
            b = f"blocks.{1 if stage == 0 else stage + 2}.res_blocks.{block}"
            names = ([f"{b}.branch2.conv_{i}" for i in "abc"],
                     [f"{b}.branch2.norm_{i}" for i in "abc"],
                     b + ".branch1_conv", b + ".branch1_norm")
            stride = 2 if stage > 0 and block == 0 else 1
            x = residual(w, names, x, BLOCKS_WITH_TIME[stage][block], stride)
        if stage == 0:
            x = F.max_pool3d(x, (2, 1, 1))
    return F.avg_pool3d(x, tuple(s["head_pool"]), 1).mean((2, 3, 4))


def same(x, kernel, stride):
    pads = []
    for size, k, s in reversed(list(zip(x.shape[2:], kernel, stride))):
        total = max(k - s, 0) if size % s == 0 else max(k - size % s, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads)


def i3d_inception(w, s, x):
    """Both codes pad alike at 16 x 224 x 224; names and epsilon differ."""
    official = s["lineage"] == "piergiaj"
    bn, eps = ("bn", 1e-3) if official else ("batch3d", 1e-5)

    def unit(name, x, kernel=1, stride=1):
        x = same(x, (kernel,) * 3, (stride,) * 3)
        x = F.conv3d(x, w[name + ".conv3d.weight"], None, stride)
        return F.relu(norm(w, f"{name}.{bn}", x, eps))

    def pool(x, kernel, stride):
        return F.max_pool3d(same(x, kernel, stride), kernel, stride)

    def mixed(name, x):
        b = [f"{name}.{part}" for part in (
            ("b0", "b1a", "b1b", "b2a", "b2b", "b3b") if official else
            ("branch_0", "branch_1.0", "branch_1.1", "branch_2.0", "branch_2.1", "branch_3.1"))]
        return torch.cat([
            unit(b[0], x), unit(b[2], unit(b[1], x), 3), unit(b[4], unit(b[3], x), 3),
            unit(b[5], pool(x, (3, 3, 3), (1, 1, 1))),
        ], 1)

    stem, block = ("Conv3d_", "Mixed_") if official else ("conv3d_", "mixed_")
    x = pool(unit(stem + "1a_7x7", x, 7, 2), (1, 3, 3), (1, 2, 2))
    x = unit(stem + "2c_3x3", unit(stem + "2b_1x1", x), 3)
    x = pool(x, (1, 3, 3), (1, 2, 2))
    for name in ("3b", "3c", 3, "4b", "4c", "4d", "4e", "4f", 2, "5b", "5c"):
        x = pool(x, (name,) * 3, (2, 2, 2)) if isinstance(name, int) else mixed(block + name, x)
    return F.avg_pool3d(x, tuple(s["avg_pool"]), 1).flatten(1)


def c3d(w, s, x):
    stages = (("conv1",), ("conv2",), ("conv3a", "conv3b"), ("conv4a", "conv4b"),
              ("conv5a", "conv5b"))
    for i, names in enumerate(stages):
        for name in names:
            x = F.relu(conv(w, name, x, 1, 1))
        kernel = (1, 2, 2) if i == 0 else (2, 2, 2)
        if i < 4:
            x = F.max_pool3d(x, kernel, kernel)
        elif s["lineage"] == "port":
            x = F.max_pool3d(x, kernel, kernel, (0, 1, 1))
        else:
            x = F.max_pool3d(x, kernel, kernel, ceil_mode=True)
    return F.relu(linear(w, "fc6", x.flatten(1)))


def vggish(w, s, x):
    x = x[:, None]
    for index, pooled in ((0, 1), (3, 1), (6, 0), (8, 1), (11, 0), (13, 1)):
        x = F.relu(conv(w, f"features.{index}", x, 1, 1))
        if pooled:
            x = F.max_pool2d(x, 2)
    x = x.permute(0, 2, 3, 1).flatten(1)
    for index in (0, 2, 4):
        x = F.relu(linear(w, f"embeddings.{index}", x))
    return x


NETWORKS = {
    "clip": clip, "videomae": videomae, "i3d_gowtham": i3d_gowtham, "i3d_tushar": i3d_gowtham,
    "i3d_pytorchvideo": i3d_pytorchvideo, "i3d_inception": i3d_inception, "c3d": c3d,
    "vggish": vggish,
}


def main():
    request = json.load(sys.stdin)
    torch.set_num_threads(request["threads"])
    network, settings = NETWORKS[request["backbone"]], request["settings"]
    w = {key: torch.from_numpy(weight(key, shape)) for key, shape in request["weights"].items()}
    clips = torch.from_numpy(drawn("clips", request["clips"]) * np.float32(2))
    if clips.dim() == 5:  # channels before frames, as PyTorch has them
        clips = clips.permute(0, 4, 1, 2, 3).contiguous()
    seconds = []
    with torch.no_grad():
        for _ in range(request["repeats"] + 1):
            start = time.perf_counter()
            features = network(w, settings, clips)
            seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "seconds": seconds[1:],
        "features": features.flatten()[:64].tolist(),
        "largest": features.abs().max().item(),
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "by": f"PyTorch {torch.__version__}",
    }))


main()
