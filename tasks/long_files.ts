/** What `wsvad score` and `wsvad eval` are given to be measured on a long video: files of noise. */

import { join } from "node:path";
import { dumpConfig } from "../src/config/resolve_config.ts";
import type { ResolvedConfig } from "../src/config/schema/index.ts";
import { encodeNpyHeader } from "../src/io/npy.ts";
import { assemble } from "../src/model/assemble.ts";
import { modelConfig } from "../src/model/model_config.ts";
import { scoringOnly } from "../src/model/scoring_model.ts";
import { Random } from "../src/random.ts";
import { writeWeights } from "../src/run_folder/checkpoint.ts";
import { CONFIG_KEY, DIM_KEY } from "../src/run_folder/load_checkpoint.ts";

/** Numbers drawn; a file repeats them. */
const DRAWN = 1 << 20;

/** [N, T, D] features of the numbers 0 to 1, as they lie in a file. */
export interface LongFile {
  crops: number;
  snippets: number;
  dim: number;
  float16: boolean;
}

/** Writes a `.npy` file without ever having it in memory. */
export async function writeLongFile(
  path: string,
  { crops, snippets, dim, float16 }: LongFile,
): Promise<void> {
  const random = new Random(0, "bench");
  const drawn = Float32Array.from({ length: DRAWN }, () => random.uniform());
  const values = float16 ? new Float16Array(drawn) : drawn;
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  await writer.write(encodeNpyHeader([crops, snippets, dim], values));
  for (let left = crops * snippets * dim; left > 0; left -= DRAWN) {
    const some = values.subarray(0, Math.min(left, DRAWN));
    await writer.write(new Uint8Array(some.buffer, some.byteOffset, some.byteLength));
  }
}

/** Writes the weights that a training would begin with, as far as scores need them. */
export async function writeUntrained(
  path: string,
  config: ResolvedConfig,
  channels: number,
): Promise<void> {
  const { scoring } = scoringOnly(modelConfig(config.runner, config.data, channels));
  const model = assemble(scoring, 0);
  const random = new Random(0, "bench");
  const weights = new Map(
    model.parameters.all().map(({ name, shape, trained, variable }) => {
      // Tables that a training reads from files, such as a dictionary of normal patterns.
      const data = !trained && shape.length > 1
        ? Float32Array.from({ length: variable.size }, () => random.uniform())
        : variable.dataSync() as Float32Array;
      return [name, { shape, data }] as const;
    }),
  );
  await writeWeights(path, weights, {
    [CONFIG_KEY]: dumpConfig(config),
    [DIM_KEY]: String(channels),
  });
  model.parameters.dispose();
}

/** Writes a test split: the long video of one event, and short ones on either side. */
export async function writeTestSplit(
  folder: string,
  long: LongFile,
  shortOnes: number,
): Promise<void> {
  const lines: string[] = [];
  for (let i = 0; i <= shortOnes; i++) {
    const anomalous = i % 2 === 0, snippets = i === shortOnes >> 1 ? long.snippets : 40 + i;
    const side = anomalous ? "abnormal" : "normal", id = `video${String(i).padStart(2, "0")}`;
    const within = join(folder, "test", side);
    await Deno.mkdir(within, { recursive: true });
    await writeLongFile(join(within, `${id}.npy`), { ...long, snippets });
    const event = anomalous ? `${16 * 10} ${16 * 30}` : "-1 -1";
    lines.push(`${id}  ${anomalous ? "Abnormal" : "Normal"}  ${event}  -1  -1`);
  }
  await Deno.writeTextFile(join(folder, "annotations.txt"), `${lines.join("\n")}\n`);
}
