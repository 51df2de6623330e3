/** A text tower of a few channels, as a file under OpenAI's keys. */

import { encodeSafetensors, type TensorToStore } from "../../src/io/safetensors.ts";
import { Random } from "../../src/random.ts";
import { towerParameters } from "../../src/text/tower_parameters.ts";

export const smallTower = { width: 64, layers: 2, heads: 1, context: 5, vocabulary: 7 };
export const smallEmbed = 3;

export type Tensors = Map<string, { shape: number[]; data: Float32Array }>;

/** Halves of small integers: exact as float16 too. */
export function smallTowerWeights(seed = 1): Tensors {
  return new Map(
    [...towerParameters({ ...smallTower, embed: smallEmbed })].map(([name, shape]) => {
      const random = new Random(seed, name);
      const size = shape.reduce((a, b) => a * b, 1);
      const data = Float32Array.from({ length: size }, () => random.integer(64) / 2 - 16);
      return [name, { shape, data }];
    }),
  );
}

/**
 * Writes tensors as model.safetensors of a new folder, which it returns, with others that a text
 * tower leaves there.
 */
export function towerFolder(tensors: Tensors, prefix = "", kind: "F32" | "F16" = "F32"): string {
  const folder = Deno.makeTempDirSync();
  const stored = new Map<string, TensorToStore>(
    [...tensors].map(([name, { shape, data }]) => [prefix + name, {
      dtype: kind,
      shape,
      bytes: kind === "F32" ? data : Float16Array.from(data),
    }]),
  );
  stored.set(`${prefix}visual.proj`, { dtype: "F32", shape: [2], bytes: new Float32Array(2) });
  stored.set(`${prefix}logit_scale`, { dtype: "F32", shape: [], bytes: new Float32Array(1) });
  Deno.writeFileSync(`${folder}/model.safetensors`, encodeSafetensors(stored));
  return folder;
}
