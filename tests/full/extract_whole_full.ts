/** Inception over a whole video: its parts together are one pass of the network. */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { i3dInception } from "../../src/backbones/i3d_inception.ts";
import { openSource } from "../../src/extract/extract_video.ts";
import { planExtractor } from "../../src/extract/extractor.ts";
import { buildNetwork } from "../../src/nn/backbone_network.ts";
import { extracted } from "../extract/extracted.ts";
import { drawnWeights } from "../support/backbone_weights.ts";
import { hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { withDevice } from "../support/with_device.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test({
  name: "features of a video in parts are those of one pass, at any remainder of its length",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder((folder) =>
      withDevice(async () => {
        const settings = { lineage: "piergiaj", avg_pool: [2, 1, 1] };
        const plan = await planExtractor({
          ...{ backbone: "i3d_inception", settings, weights: null, jpeg: false, segments: null },
          dtype: "float32",
        });
        const config = i3dInception.config.parse(settings);
        const weights = drawnWeights(i3dInception, config);
        for (const [key, { data }] of weights) {
          // As weights are drawn by their inputs: activations keep their size through the layers.
          if (key.endsWith("conv3d.weight")) {
            const { shape: [, ...inputs] } = weights.get(key)!;
            const scale = Math.sqrt(24 / inputs.reduce((a, b) => a * b, 1));
            for (let i = 0; i < data.length; i++) data[i] *= scale;
          }
        }
        const built = buildNetwork(i3dInception, config, weights, { source: "drawn" });
        const side = 32;
        const facts = { ...plan.facts, input: [16, side, side, 3] };
        const seen: number[] = [];
        const network = (clips: tf.Tensor) => {
          seen.push(clips.shape[1]!);
          return built.network(clips);
        };
        const extractor = { ...plan, facts, network, dispose() {} };
        try {
          for (const frames of [203, 208]) {
            const size = { width: 240, height: 230, frames };
            const path = testClip(folder, `${frames}.mkv`, size);
            const source = await openSource(join(path), extractor);
            const whole = await extracted(source, extractor, { batch: 20 });
            const parts = await extracted(source, extractor, { batch: 9 });
            assertEquals(seen.splice(0)[0], frames);
            assertEquals(
              [whole.shape, parts.shape],
              Array(2).fill([Math.ceil(frames / 8) - 1, 1, 1024]),
            );
            const most = whole.values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
            const apart = whole.values.reduce(
              (a, b, i) => Math.max(a, Math.abs(b - parts.values[i])),
              0,
            );
            assert(most > 0.1 && apart < 1e-5 * most, `${frames}: ${apart} of ${most}`);
          }
        } finally {
          built.dispose();
        }
      })
    ),
});
