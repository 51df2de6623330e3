/** Weights of a backbone by its own keys, drawn, and as a file. */

import type { Backbone } from "../../src/contract/backbone.ts";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import { type BackboneWeights, weightShapes } from "../../src/nn/backbone_network.ts";
import { Random } from "../../src/random.ts";

/** Small numbers, variances positive. */
export function drawnWeights<C>(backbone: Backbone<C>, config: C): BackboneWeights {
  return new Map([...weightShapes(backbone, config)].map(([key, shape]) => {
    const random = new Random(3, key);
    const size = shape.reduce((product, length) => product * length, 1);
    const low = key.endsWith("running_var") ? 0.5 : -0.5;
    return [key, {
      shape,
      data: Float32Array.from({ length: size }, () => low + random.uniform()),
    }];
  }));
}

/** The path of a new .safetensors file. */
export function weightsFile(weights: BackboneWeights): string {
  const path = Deno.makeTempFileSync({ suffix: ".safetensors" });
  Deno.writeFileSync(
    path,
    encodeSafetensors(
      new Map([...weights].map(([key, { shape, data }]) => [key, {
        dtype: "F32" as const,
        shape,
        bytes: data,
      }])),
    ),
  );
  return path;
}

/** Values of a matrix [rows, columns] the other way round. */
export function turned(data: Float32Array, [rows, columns]: number[]): Float32Array {
  return Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % rows) * columns + Math.floor(i / rows)],
  );
}
