/**
 * Branch `class_prompts`: a frozen table of what each class is called, each row the mean of the
 * text features of a few concepts. It is for losses alone; scores do without it.
 *
 * Source: PEL4VAD, Pu et al., IEEE TIP 2024, arXiv 2306.14451; yujiangpu20/PEL4VAD
 * (list/ucf/ucf-prompt.npy and its like), whose rows are made so, in half precision. Golden values:
 * tests/golden/pel4vad.
 *
 * Requires snippet_embedding [B, N, T, E], whose channels the table must have; labels [B, K]
 * Provides prompt_features [K, E], not of length 1
 *
 * @throws {RangeError} another number of classes than the data has
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { fault } from "../fault.ts";
import type { Slot } from "../contract/slot.ts";
import type { FileValue } from "../io/file_value.ts";
import { readNpy, toFloat32 } from "../io/npy.ts";
import { builtInFeatures } from "../text/built_in_tower.ts";
import { CLASS_TABLE, readClassTable, tokensOf } from "../text/class_table.ts";
import { ucfClasses } from "../sets/ucf_crime.ts";
import { BUILT_IN, clipSettings } from "../text/clip_settings.ts";
import { plainPrompt } from "../text/prompts.ts";
import { tokenizerOf } from "../text/tokenizer.ts";
import { zeros } from "../nn/initialisers.ts";

const { classes: _, ...towerSettings } = clipSettings;

const config = z.strictObject({
  ...towerSettings,
  concepts: z.array(z.array(z.string().min(1)).min(1)).min(2).default(
    ucfClasses.map((name) => [name]),
  ).describe("texts of each class by class id, Normal first; their features are averaged"),
  file: z.string().min(1).nullable().default(null).describe(
    "the table itself as a .npy file [classes, channels], such as the official ucf-prompt.npy; goes before clip",
  ),
  file_rows: z.array(z.int().min(0)).nullable().default(null).describe(
    "row of the file for each class by class id; null: its own order. Official XD-Violence: [0, 4, 6, 5, 1, 2, 3]",
  ),
});
type Config = z.infer<typeof config>;

const TABLE = "prompt_features";

export const classPrompts: Slot<Config> = {
  name: "class_prompts",
  summary: "a frozen table of what each class is called, for losses",
  source: "PEL4VAD, Pu et al., IEEE TIP 2024; yujiangpu20/PEL4VAD",
  config,
  requires: { snippet_embedding: "B N T E", labels: "B K" },
  offers: [TABLE],
  provides({ concepts }, { E, K }) {
    if (concepts.length !== K) {
      throw fault(
        RangeError,
        `branch "class_prompts" has concepts of ${concepts.length} classes, the data has ${K}; set runner.branch.concepts to lists for the data's classes, Normal first`,
      );
    }
    return { [TABLE]: `${K} ${E}` };
  },
  trainingOnly: { parameters: [TABLE] },
  readFiles: (settings) => readTable(settings),
  build(settings, scope, { E, K }) {
    const builtIn = settings.clip === BUILT_IN && settings.file === null;
    const initial = () => averaged(settings, builtInTable(settings, E), E);
    const table = scope.frozen(TABLE, [K, E], builtIn ? initial : zeros);
    return (): Record<string, tf.Tensor> => ({ [TABLE]: table });
  },
};

function rowsOf(settings: Config) {
  const tokenizer = tokenizerOf({ ...settings, classes: [] });
  const { context } = settings.tower;
  return settings.concepts.flat().map((text) => plainPrompt(tokenizer, text, context));
}

function builtInTable(settings: Config, channels: number): Float32Array {
  const features = builtInFeatures(rowsOf(settings).map(tokensOf), channels);
  return Float32Array.from(features.flatMap((row) => [...row]));
}

/**
 * Features of all concepts, [concepts, channels], to their means over each class, [K, channels].
 */
function averaged({ concepts }: Config, features: Float32Array, channels: number): Float32Array {
  const table = new Float32Array(concepts.length * channels);
  let first = 0;
  concepts.forEach((texts, k) => {
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = 0; i < texts.length; i++) sum += features[(first + i) * channels + c];
      table[k * channels + c] = sum / texts.length;
    }
    first += texts.length;
  });
  return table;
}

/** The frozen table from the file that the settings name, or from CLIP's weights. */
async function readTable(settings: Config): Promise<FileValue[]> {
  if (settings.file !== null) return [await fromFile(settings, settings.file)];
  const [features] = await readClassTable({ ...settings, classes: [] }, "", rowsOf(settings));
  if (!features) return []; // the built-in tower's, which its initial values make
  if (features.name !== CLASS_TABLE) throw new Error(`a table named ${features.name}`);
  const channels = features.shape[1], { concepts: { length: K } } = settings;
  const data = averaged(settings, features.data, channels);
  return [{ name: TABLE, shape: [K, channels], data, path: features.path }];
}

async function fromFile({ concepts, file_rows: order }: Config, path: string): Promise<FileValue> {
  const array = await readNpy(path);
  const [rows, channels] = array.shape, K = concepts.length;
  const chosen = order ?? concepts.map((_, k) => k);
  if (
    array.shape.length !== 2 || chosen.length !== K || chosen.some((row) => row >= rows) ||
    (order === null && rows !== K)
  ) {
    throw fault(
      TypeError,
      `Cannot use the prompts "${path}": expected a row for each of ${K} classes, found [${array.shape}]${
        order === null ? "" : ` and rows [${order}]`
      }; set runner.branch.file_rows to a row of the file for each class`,
    );
  }
  const values = toFloat32(array, path);
  const data = new Float32Array(K * channels);
  chosen.forEach((row, k) =>
    data.set(values.subarray(row * channels, (row + 1) * channels), k * channels)
  );
  return { name: TABLE, shape: [K, channels], data, path };
}
