/**
 * The dictionary of normal patterns for cells that need one: built once for each data, beside the
 * cells.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { buildDictionary } from "./build_dictionary.ts";
import { readNpy } from "../io/npy.ts";
import type { Progress } from "../progress.ts";

/**
 * Slots per hundred normal videos, batches of the learning and seed, as `wsvad dictionary` has
 * them.
 */
const RECIPE = { method: "codes", percent: 50, iterations: 100, seed: 42 } as const;

/**
 * The configuration with a dictionary in it, where its encoder needs one and none is named.
 *
 * @param folder the matrix folder, absolute
 * @param progress told of a dictionary that is built; null builds none
 * @throws fault as `wsvad dictionary`
 */
export async function withDictionary(
  config: ResolvedConfig,
  folder: string,
  progress: Progress | null,
): Promise<ResolvedConfig> {
  const { name, dictionary, learned } = config.runner.encoder;
  if (name !== "dictionary_streams" || dictionary !== null || learned === true) return config;
  const path = join(folder, `dictionary-${await dataKey(config)}.npy`);
  if (!existsSync(path)) {
    if (progress === null) return config;
    progress.note(`building the dictionary of ${config.runner.name} from the normal videos`);
    await buildDictionary({ ...RECIPE, config, out: path, overwrite: false, progress });
  }
  const { shape: [slots] } = await readNpy(path);
  const encoder = { ...config.runner.encoder, dictionary: path, slots };
  return { ...config, runner: { ...config.runner, encoder } };
}

/**
 * What the dictionary depends on: the videos as prepared, and the sizes that the method asks for.
 */
async function dataKey({ data, runner }: ResolvedConfig): Promise<string> {
  const { batch_size: _, prefetch: __, cache_mb: ___, pack: ____, pack_mb: _____, ...videos } =
    data;
  const text = JSON.stringify([videos, runner.features]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).slice(0, 4).toHex();
}
