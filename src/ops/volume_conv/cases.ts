/** Convolution over frames, rows and columns. */

import {
  drawn,
  FLOAT_TOLERANCE,
  type KernelCase,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import "./op.ts";
import type { Volume, VolumeConvAttributes } from "./op.ts";
import { volumeConvReference } from "./reference.ts";

/** The taps and steps of published networks, small ones, at odd sizes. */
const CONVS: [name: string, size: Volume, Omit<VolumeConvAttributes, "activation">][] = [
  ["1x1x1", [3, 5, 6], { kernel: [1, 1, 1], stride: [1, 1, 1], front: [0, 0, 0], out: [3, 5, 6] }],
  ["1x1x1 apart", [2, 5, 6], {
    ...{ kernel: [1, 1, 1], stride: [1, 2, 2], front: [0, 0, 0], out: [2, 3, 3] },
  }],
  ["3x3x3", [3, 5, 4], { kernel: [3, 3, 3], stride: [1, 1, 1], front: [1, 1, 1], out: [3, 5, 4] }],
  ["5x3x2 hanging over", [5, 6, 5], {
    ...{ kernel: [5, 3, 2], stride: [2, 2, 2], front: [2, 1, 0], out: [3, 4, 3] },
  }],
  ["places unread", [4, 5, 7], {
    ...{ kernel: [2, 2, 2], stride: [2, 2, 3], front: [0, 0, 0], out: [1, 2, 2] },
  }],
  ["wide frames", [3, 17, 16], {
    ...{ kernel: [3, 3, 3], stride: [1, 1, 1], front: [1, 1, 1], out: [3, 17, 16] },
  }],
  ["wide frames over time", [4, 17, 16], {
    ...{ kernel: [3, 1, 1], stride: [2, 1, 1], front: [1, 0, 0], out: [2, 17, 16] },
  }],
];

/** Channels above which plain loops take too long. */
const MOST_CHANNELS = 40, MOST_OF_WIDE = 5;

export const cases: OperationCases = {
  at({ B, C, O }) {
    return CONVS.flatMap(([name, size, windows]) => {
      const most = name.startsWith("wide") ? MOST_OF_WIDE : MOST_CHANNELS;
      const channels = Math.min(C, most), outputs = Math.min(O, most), N = Math.min(B, 2);
      const taps = windows.kernel.reduce((product, length) => product * length, 1);
      const shape = [N, ...size, channels];
      return (["relu", "none"] as const).map((activation): KernelCase => {
        const attributes = { ...windows, activation };
        const bias = activation === "relu" ? drawn("bias", [outputs]) : undefined;
        return {
          name: `WsvadVolumeConv ${name} ${activation}`,
          inputs: {
            x: drawn("x", shape),
            weight: drawn("weight", [taps * channels, outputs]),
            bias,
          },
          attributes,
          expected: ({ x, weight, bias }) => [
            volumeConvReference(x, weight, bias, shape, outputs, attributes),
          ],
          tolerance: FLOAT_TOLERANCE,
        };
      });
    });
  },
};
