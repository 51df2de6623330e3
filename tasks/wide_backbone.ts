/**
 * A backbone for measurements of memory: as many numbers as I3D makes of ten crops, [T, 10, 2048],
 * at no cost. `deno task memory:video` uses it.
 */

import type { Plugin } from "../mod.ts";

const SIDE = 16, FRAMES = 16, DIM = 2048;

const plugin: Plugin = ({ tf, z, video }) => ({
  backbone: [{
    name: "wide",
    summary: "the first numbers of ten small crops, as many as a large network gives",
    source: "this file",
    config: z.strictObject({}),
    facts: () => ({
      ...{ dim: DIM, unit: "snippet", snippet: FRAMES, input: [FRAMES, SIDE, SIDE, 3] },
      ...{ modality: "rgb", textAligned: false, lineage: "wide", values: "RGB in 0..1" },
      widest: FRAMES * SIDE * SIDE * 3,
    }),
    preprocessing: () => ({
      ...video.preprocessings.motion,
      summary: "20x20 by bilinear, ten crops of 16, x / 255",
      sizeOf: () => ({ width: 20, height: 20 }),
      side: SIDE,
      crops: {
        ten: () =>
          Array.from({ length: 10 }, (_, i) => ({ mirrored: i > 4, top: i % 5, left: i % 5 })),
      },
    }),
    build: () => (clips) => {
      return tf.slice(tf.reshape(clips, [-1, FRAMES * SIDE * SIDE * 3]), [0, 0], [-1, DIM]);
    },
    placeOf: () => null,
  }],
});
export default plugin;
