/** Golden cases from frames to the feature file: preprocessing, grid, ten crops, network. */

import * as tf from "@tensorflow/tfjs";
import { prepareFrames } from "../video/prepare_frames.ts";
import { preprocessings } from "../video/preprocessing.ts";
import { snippetCount, snippetFrames, snippetGrids } from "../video/snippet_grid.ts";
import { fill } from "./fill.ts";
import type { GoldenCase } from "./golden_case.ts";

const SNIPPET = 16, CROPS = 10;

/** Crops that go through the network together: I3D's stem then fits into 128 MiB. */
const TOGETHER = 5;

/** The source frames of a case, RGB bytes [height, width, 3] each: noise on a moving pattern. */
function sourceFrames({ inputs, salt, inputs_salt }: GoldenCase) {
  const input = inputs.find(({ name }) => name === "rgb")!;
  const [count, height, width] = input.shape;
  const noise = fill(input, inputs_salt ?? salt), length = height * width * 3;
  const frames = Array.from({ length: count }, (_, j) =>
    Uint8Array.from({ length }, (_, i) => {
      const pixel = Math.floor(i / 3), x = pixel % width, y = Math.floor(pixel / width);
      const pattern = 128 + 127 * Math.sin((x + 3 * j) / 7) * Math.cos((y + 2 * j) / 5);
      const value = Math.floor(0.25 * noise[j * length + i] + 0.75 * pattern);
      return Math.min(255, Math.max(0, value));
    }));
  return { size: { width, height }, frames };
}

/**
 * The feature file of a case: [snippets, crops, dim].
 *
 * @param features of clips [5, 16, side, side, 3]
 */
export function extractedFeatures(
  golden: GoldenCase,
  features: (clips: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const lineage = preprocessings[golden.hyper.lineage as "gowtham" | "tushar" | "pytorchvideo"];
  const { size, frames } = sourceFrames(golden);
  const preparer = prepareFrames(size, lineage, { crops: "ten" });
  const { side } = preparer, grid = snippetGrids[lineage.grid!];
  const resized = frames.map((frame) => preparer.resize(frame));
  const snippets = Array.from(
    { length: snippetCount(grid, frames.length, SNIPPET) },
    (_, i) =>
      tf.tidy(() => {
        const frame = side * side * 3;
        const length = SNIPPET * frame, clips = new Float32Array(CROPS * length);
        snippetFrames(grid, i, frames.length, SNIPPET).forEach((at, k) => {
          for (let crop = 0; crop < CROPS; crop++) {
            preparer.write(resized[at], crop, clips, (crop * SNIPPET + k) * frame, k);
          }
        });
        const parts = Array.from({ length: CROPS / TOGETHER }, (_, part) => {
          const own = clips.slice(part * TOGETHER * length, (part + 1) * TOGETHER * length);
          return tf.tidy(() => features(tf.tensor(own, [TOGETHER, SNIPPET, side, side, 3])));
        });
        return tf.concat(parts, 0); // [crops, dim]
      }),
  );
  return tf.stack(snippets);
}
