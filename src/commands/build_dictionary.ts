/** `wsvad dictionary`: normal patterns from the normal training videos. */

import { dirname } from "node:path";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { openDataset } from "../data/open_dataset.ts";
import type { Video } from "../data/video.ts";
import { fault } from "../fault.ts";
import { refuseTarget, removeStaleTemporaries, writeWhole } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import { encodeNpy } from "../io/npy.ts";
import { encodeSafetensors } from "../io/safetensors.ts";
import { type Progress, tellSlow } from "../progress.ts";
import { learnDictionary, matchingPursuit, type Rows } from "../dictionary/learn_dictionary.ts";

export interface DictionaryRequest {
  config: ResolvedConfig;
  /** File to write, .npy or .safetensors. */
  out: string;
  overwrite: boolean;
  /** codes: the official recipe; means: the mean features of videos themselves. */
  method: "codes" | "means";
  /** Share of the normal training videos that become slots, in percent. */
  percent: number;
  /** Batches of the learning. */
  iterations: number;
  seed: number;
  progress: Progress;
}

export interface DictionaryResult {
  path: string;
  slots: number;
  channels: number;
  /** Normal training videos. */
  videos: number;
  method: string;
  /** Settings that make a training use it. */
  settings: string[];
}

/** Entries of each column of the codes that are not 0, in louisYen/S3R:dictionary. */
const NON_ZERO = 2;
const BATCH = 32;
const ALPHA = 1; // scikit-learn's default

/** Each takes a row of as many numbers as the features have; the official ones have hundreds. */
const MOST_SLOTS = 100_000;

/**
 * Reads the normal training videos, as the configuration prepares them, and writes a dictionary
 * [slots, channels].
 *
 * @throws fault: no normal training video, data that cannot be read, a file that cannot be written
 */
export async function buildDictionary(request: DictionaryRequest): Promise<DictionaryResult> {
  const { config, out, overwrite, method, percent, progress } = request;
  await refuseTarget(out, overwrite);
  const dataset = await openDataset(
    { ...config.data, train_crops: "together" },
    { features: config.runner.features, tell: tellSlow(progress) },
  );
  const normal = dataset.train.filter(({ anomalous }) => !anomalous);
  if (normal.length === 0) {
    throw fault(
      RangeError,
      "Cannot build a dictionary: the data has no normal training video; set data.train",
    );
  }
  const C = dataset.dim;
  const slots = Math.max(1, Math.round(normal.length * percent / 100));
  if (slots > MOST_SLOTS) {
    throw fault(
      RangeError,
      `Cannot build a dictionary: --percent ${percent} of ${normal.length} normal videos would be ` +
        `more than ${MOST_SLOTS} slots; give a smaller one (official: 50 or 90)`,
    );
  }
  const steps = method === "codes" ? request.iterations : 0;
  progress.start(normal.length + steps);
  const means: Rows = [];
  for (const video of normal) {
    means.push(await meanFeatures(video, C));
    progress.step({ step: means.length, doing: "reading videos" });
  }
  const values = method === "means" ? evenly(means, slots) : officialCodes(means, slots, request);
  progress.stop();
  const data = new Float32Array(slots * C);
  values.forEach((row, s) => data.set(row, s * C));
  const shape = [slots, C];
  const bytes = out.endsWith(".safetensors")
    ? encodeSafetensors(new Map([["dictionary", { dtype: "F32", shape, bytes: data }]]), {})
    : encodeNpy(shape, data);
  await makeFolder(dirname(out));
  await removeStaleTemporaries(dirname(out));
  await writeWhole(out, bytes, { overwrite });
  return {
    path: out,
    slots,
    channels: C,
    videos: normal.length,
    method,
    settings: [`runner.encoder.dictionary=${out}`, `runner.encoder.slots=${slots}`],
  };
}

/** Mean over crops and snippets: [C]. */
async function meanFeatures(video: Video, C: number): Promise<Float64Array> {
  const { crops, snippets, length, dim, values } = await video.load();
  const mean = new Float64Array(C);
  for (let n = 0; n < crops; n++) {
    for (let t = 0; t < length; t++) {
      const from = (n * snippets + t) * dim;
      for (let c = 0; c < C; c++) mean[c] += values[from + c];
    }
  }
  return mean.map((sum) => sum / (crops * length));
}

/** As many rows, at even distances. */
function evenly(rows: Rows, count: number): Rows {
  return Array.from({ length: count }, (_, i) => rows[Math.floor(i * rows.length / count)]);
}

/**
 * The official array: each channel, a sample with one value a video, is explained by two atoms;
 * what is kept are the weights of the atoms, [slots, C], with two entries a column, not the atoms.
 */
function officialCodes(
  means: Rows,
  slots: number,
  { iterations, seed, progress }: DictionaryRequest,
): Rows {
  const samples = transposed(means); // [C, V]
  const atoms = learnDictionary(samples, {
    atoms: slots,
    iterations,
    batchSize: BATCH,
    alpha: ALPHA,
    seed,
    onBatch: (done) => progress.step({ step: means.length + done, doing: "learning atoms" }),
  });
  return transposed(matchingPursuit(samples, atoms, NON_ZERO)); // [S, C]
}

function transposed(rows: Rows): Rows {
  return Array.from(rows[0], (_, c) => Float64Array.from(rows, (row) => row[c]));
}
