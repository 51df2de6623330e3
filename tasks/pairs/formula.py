"""Numbers by a formula that tasks/pairs/formula.ts has too."""

import numpy as np


def drawn(name, shape):
    """Numbers in [-0.5, 0.5) by the name and the place, as formula.ts has them."""
    seed = 0
    for byte in name.encode():
        seed = (seed * 31 + byte) & 0xFFFFFFFF
    size = int(np.prod(shape)) if len(shape) else 1
    x = np.arange(size, dtype=np.uint32) + np.uint32(seed)
    for _ in range(2):
        x = ((x >> np.uint32(16)) ^ x) * np.uint32(0x45D9F3B)
    x = (x >> np.uint32(16)) ^ x
    return (x.astype(np.float64) / 2**32 - 0.5).astype(np.float32).reshape(shape)
