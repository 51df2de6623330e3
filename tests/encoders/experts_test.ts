import { experts } from "../../src/encoders/experts.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkSlot } from "../support/one_part.ts";
import {
  attended,
  cropMeanOf,
  dense,
  each,
  gelu,
  layerNormed,
  plus,
  relu,
  type Rows,
  rowsOf,
  sequencesOf,
  sigmoid,
} from "../support/plain_layers.ts";

const [B, N, T, C, HIDDEN] = [2, 2, 3, 5, 4];

for (const recompute of [false, true]) {
  onCpu(
    `experts project the mean crop, and each scores it behind its block (recompute=${recompute})`,
    () => {
      checkSlot(
        experts,
        { hidden: HIDDEN, experts: 2, heads: 2, inner: 3, mlp: [3], dropout: 0, recompute },
        { sizes: { C }, outputs: ["encoded", "expert_scores"] },
        { features: randomTensor([B, N, T, C], 9) },
        (of) => {
          const layer = (x: Rows, name: string) =>
            dense(x, of[`${name}.weight`], of[`${name}.bias`]);
          const norm = (x: Rows, name: string) =>
            layerNormed(x, of[`${name}.weight`], of[`${name}.bias`]);
          const encoded = layer(rowsOf(cropMeanOf(of.features, B, N), C), "input_proj");
          const scores = sequencesOf(encoded.flat(), T, HIDDEN).flatMap((x) =>
            [0, 1].flatMap((e) => {
              const block = `experts.${e}.block`;
              const qkv = layer(norm(x, `${block}.norm1`), `${block}.attn.qkv`);
              const [q, k, v] = [0, 1, 2].map((i) =>
                qkv.map((row) => row.slice(i * HIDDEN, (i + 1) * HIDDEN))
              );
              const seen = attended(q, k, v, 2, (HIDDEN / 2) ** -0.5);
              const y = plus(x, layer(seen, `${block}.attn.proj`));
              const wide = each(layer(norm(y, `${block}.norm2`), `${block}.ffn.0`), relu);
              const mixed = plus(y, layer(wide, `${block}.ffn.2`));
              const hidden = each(layer(mixed, `experts.${e}.mlp.0`), gelu);
              return each(layer(hidden, `experts.${e}.mlp.2`), sigmoid).flat();
            })
          );
          return [...encoded.flat(), ...scores];
        },
        { mode: "train", tolerance: 1e-5 },
      );
    },
  );
}
