import { distanceTransformer } from "../../src/encoders/distance_transformer.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  attended,
  beside,
  conv,
  dense,
  each,
  gelu,
  layerNormed,
  plus,
  relu,
  type Rows,
  sequencesOf,
  sumOf,
} from "../support/plain_layers.ts";

onCpu(
  "distanceTransformer attends by content and by distance in each head, in value and slope",
  () => {
    const [T, C, HIDDEN, HEADS, D] = [4, 3, 4, 2, 2], INNER = HEADS * D;
    checkSlot(
      distanceTransformer,
      { hidden: HIDDEN, layers: 1, heads: HEADS, head_dim: D, ff_dim: 3, dropout: 0 },
      { sizes: { C }, outputs: ["encoded"] },
      { features: randomTensor([1, 2, T, C], 9) },
      (of) => {
        const layer = (x: Rows, name: string) => dense(x, of[`${name}.weight`], of[`${name}.bias`]);
        const norm = (x: Rows, name: string) =>
          layerNormed(x, of[`${name}.weight`], of[`${name}.bias`]);
        const [first, second] = ["selfatt.layers.0.0", "selfatt.layers.0.1"];
        // exp(-|i - j| / e), divided by what the weights of the other snippets add up to.
        const decay = (i: number, j: number) => Math.exp(-Math.abs(i - j) / Math.E);
        const places = Array.from({ length: T }, (_, t) => t);
        const mass = places.map((j) => sumOf(places.map((k) => decay(j, k))));
        return sequencesOf(of.features, T, C).flatMap((features) => {
          const x = each(
            conv(features, of["embedding.conv_1.0.weight"], of["embedding.conv_1.0.bias"]),
            relu,
          );
          const parts = layer(norm(x, `${first}.norm`), `${first}.fn.to_qkv`);
          const cut = (chunk: number, head: number) =>
            parts.map((row) => row.slice(chunk * INNER + head * D, chunk * INNER + (head + 1) * D));
          const heads = Array.from({ length: HEADS }, (_, head) => {
            const [q, k, v, t] = [0, 1, 2, 3].map((chunk) => cut(chunk, head));
            const near = places.map((i) =>
              t[0].map((_, c) => sumOf(places.map((j) => decay(i, j) / mass[j] * t[j][c])))
            );
            return beside(attended(q, k, v, 1, D ** -0.5), near);
          });
          const y = plus(x, layer(beside(...heads), `${first}.fn.to_out.0`));
          const wide = each(layer(norm(y, `${second}.norm`), `${second}.fn.net.0`), gelu);
          return plus(y, layer(wide, `${second}.fn.net.3`)).flat();
        });
      },
      { mode: "train", tolerance: 1e-5 },
    );
  },
);
