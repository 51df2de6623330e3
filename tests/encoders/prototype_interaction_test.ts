import { prototypeInteraction } from "../../src/encoders/prototype_interaction.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  dense,
  dot,
  each,
  gelu,
  layerNormed,
  rowsOf,
  softmaxOf,
  sumOf,
} from "../support/plain_layers.ts";

const C = 4;

onCpu(
  "prototypeInteraction joins each snippet with the answer of the prototypes it is like",
  () => {
    checkSlot(
      prototypeInteraction,
      { prototypes: 3, dropout: 0 },
      { sizes: { C }, outputs: ["prototype_weights", "encoded"] },
      { features: randomTensor([2, 2, 3, C], 9) },
      (of) => {
        const named = (name: string) => of[`prototype_layer.${name}`];
        const x = rowsOf(of.features, C);
        const [keys, values] = ["keys", "values"]
          .map((part) => rowsOf(named(`normal_prototypes_${part}`), C));
        const weights = x.map((row) => softmaxOf(keys.map((key) => dot(row, key) / Math.sqrt(C))));
        const joined = x.map((row, i) =>
          row.map((value, c) => 10 * value + 5 * sumOf(weights[i].map((w, p) => w * values[p][c])))
        );
        const normed = layerNormed(joined, named("norm.weight"), named("norm.bias"));
        const projected = dense(normed, named("output_proj.weight"), named("output_proj.bias"));
        return [...weights.flat(), ...each(projected, gelu).flat()];
      },
      { mode: "train", tolerance: 1e-5 },
    );
  },
);
