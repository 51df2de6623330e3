import { contextAggregation } from "../../src/encoders/context_aggregation.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  dense,
  dot,
  each,
  gelu,
  layerNormed,
  plus,
  type Rows,
  sequencesOf,
  sigmoid,
  softmaxOf,
  sumOf,
} from "../support/plain_layers.ts";

const [T, C, HIDDEN] = [4, 4, 3];

/** With or without the signed root, whose slope near 0 is too steep for differences. */
function check(powerNorm: boolean): void {
  checkSlot(
    contextAggregation,
    { hidden: HIDDEN, out: 3, window: 3, power_norm: powerNorm, dropout: 0 },
    { sizes: { C }, outputs: ["snippet_embedding", "encoded"] },
    { features: randomTensor([1, 2, T, C], 9) },
    (given) => {
      const of = (name: string) => given[`self_attention.${name}`];
      const layer = (x: Rows, name: string) => dense(x, of(`${name}.weight`), of(`${name}.bias`));
      const [w, b] = ["w", "b"].map((name) => of(`loc_adj.${name}`)[0]);
      const share = sigmoid(of("self_attn.alpha")[0]);
      return sequencesOf(given.features, T, C).map((x) => {
        const [q, k, v] = ["q", "k", "v"].map((part) => layer(x, `self_attn.${part}`));
        const attend = (reach: number) =>
          q.map((query, t) => {
            const weights = softmaxOf(k.map((key, s) =>
              Math.abs(t - s) > reach
                ? -Infinity
                : dot(query, key) / Math.sqrt(HIDDEN) + Math.exp(-Math.abs(w * (t - s) ** 2 - b))
            ));
            return v[0].map((_, c) =>
              sumOf(weights.map((weight, s) => weight * v[s][c]))
            );
          });
        const far = attend(T), near = attend(1);
        const sum = far.map((row, t) => row.map((y, c) => share * y + (1 - share) * near[t][c]));
        const roots = each(sum, (y) => Math.sign(y) * Math.sqrt(Math.abs(y)));
        const lengths = roots[0].map((_, c) => Math.hypot(...roots.map((row) => row[c])));
        const mixed = powerNorm ? roots.map((row) => row.map((y, c) => y / lengths[c])) : sum;
        const y = layerNormed(
          plus(x, layer(mixed, "self_attn.o")),
          of("norm.weight"),
          of("norm.bias"),
        );
        const embedding = each(layer(y, "linear1"), gelu);
        return [embedding, each(layer(embedding, "linear2"), gelu)];
      }).reduce<number[][]>((all, pair) => pair.map((rows, i) => [...all[i], ...rows.flat()]), [
        [],
        [],
      ])
        .flat();
    },
    { mode: "train", tolerance: 1e-5, sloped: !powerNorm },
  );
}

onCpu("contextAggregation mixes attention to all and to neighbours, in value and slope", () => {
  check(false);
});

onCpu("contextAggregation takes signed roots and brings each channel to length 1 over time", () => {
  check(true);
});
