/** The largest and the mean over frames, rows and columns. */

import {
  drawn,
  FLOAT_TOLERANCE,
  type KernelCase,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import type { Volume, Windows } from "../volume_conv/op.ts";
import "./op.ts";
import { volumePoolReference } from "./reference.ts";

const POOLS: [name: string, size: Volume, Windows][] = [
  ["fitting", [4, 5, 7], {
    ...{ kernel: [2, 3, 3], stride: [2, 2, 2], front: [0, 0, 0], out: [2, 2, 3] },
  }],
  ["padded", [3, 5, 4], { kernel: [3, 3, 3], stride: [1, 1, 1], front: [1, 1, 1], out: [3, 5, 4] }],
  ["hanging over", [3, 5, 7], {
    ...{ kernel: [2, 2, 2], stride: [2, 2, 2], front: [0, 1, 0], out: [2, 3, 4] },
  }],
];

export const cases: OperationCases = {
  at({ B, C }) {
    return POOLS.flatMap(([name, size, windows]) => {
      const shape = [Math.min(B, 2), ...size, C];
      return (["max", "mean"] as const).map((pooling): KernelCase => {
        const attributes = { ...windows, pooling };
        return {
          name: `WsvadVolumePool ${pooling} ${name}`,
          inputs: { x: drawn("x", shape) },
          attributes,
          expected: ({ x }) => [volumePoolReference(x, shape, attributes)],
          tolerance: pooling === "max" ? 0 : FLOAT_TOLERANCE,
        };
      });
    });
  },
};
