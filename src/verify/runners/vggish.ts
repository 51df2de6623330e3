/** VGGish and its front end: golden/vggish. */

import * as tf from "@tensorflow/tfjs";
import { vggish } from "../../backbones/vggish.ts";
import {
  BANDS,
  hannWindow,
  logMel,
  magnitudes,
  melMatrix,
  SAMPLE_RATE,
} from "../../video/log_mel.ts";
import { runBackbone } from "../backbone_case.ts";
import type { Numbers } from "../compare.ts";
import { fill } from "../fill.ts";
import type { GoldenCase } from "../golden_case.ts";
import type { PartRunner } from "../golden_runner.ts";

/** Rows of the spectrogram that a case keeps, from its beginning and its end, if there are any. */
const FIRST = 4, LAST = 2, PCM = 256;

export const vggishCases: PartRunner = {
  onHost: (golden) => golden.kind === "function" ? frontEnd(golden) : null,
  compute({ examples }, golden) {
    const { channels, fc, pca } = golden.hyper;
    const rows = tf.squeeze(examples, [1]); // [N, 96, 64]
    const postprocess = pca ? "torchvggish" : "none";
    const found = runBackbone(vggish, { channels, fc, postprocess }, rows, golden);
    return { ...found, features: found.embedding };
  },
};

/** 16-bit samples: noise, two tones and one that rises. */
function samplesOf({ inputs: [noise], salt, inputs_salt }: GoldenCase): Float64Array {
  const sine = (hertz: number, t: number) => Math.sin(2 * Math.PI * hertz * t);
  return Float64Array.from(fill(noise, inputs_salt ?? salt), (value, i) => {
    const t = i / SAMPLE_RATE;
    const y = 0.2 * value + 0.3 * sine(440, t) + 0.2 * sine(3000, t) + 0.2 * sine(200 + 500 * t, t);
    return Math.min(32767, Math.max(-32768, Math.floor(32768 * y)));
  });
}

function frontEnd(golden: GoldenCase): Record<string, Numbers> {
  const pcm = samplesOf(golden);
  const spectrogram = magnitudes(pcm.map((value) => value / 32768));
  const table = logMel(spectrogram), matrix = melMatrix(), bins = matrix.length / BANDS;
  const numbers = (data: Float64Array, ...shape: number[]): Numbers => ({
    ...{ shape, data: Float32Array.from(data), integer: false },
  });
  const rows = table.length / BANDS, first = Math.min(FIRST, rows), last = Math.min(LAST, rows);
  const [least, most] = table.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  return {
    pcm_head: numbers(pcm.subarray(0, PCM), PCM),
    window: numbers(hannWindow(), hannWindow().length),
    mel_matrix: numbers(matrix, bins, BANDS),
    spectrogram_head: numbers(spectrogram.subarray(0, first * bins), first, bins),
    spectrogram_tail: numbers(spectrogram.subarray(-last * bins), last, bins),
    log_mel: numbers(table, rows, BANDS),
    log_mel_min_max: numbers(Float64Array.of(least, most), 2),
  };
}
