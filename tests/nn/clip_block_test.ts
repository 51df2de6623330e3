import { clipBlock } from "../../src/nn/clip_block.ts";
import { attention } from "../../src/ops/attention/op.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import {
  attended,
  dense,
  each,
  layerNormed,
  plus,
  quickGelu,
  type Rows,
  sequencesOf,
} from "../support/plain_layers.ts";

const [T, C, HEADS] = [3, 4, 2];

onCpu("clipBlock() adds attention, then a part with QuickGELU, each behind a layer norm", () => {
  checkPart(
    (scope) => {
      const block = clipBlock(scope, "b", {
        width: C,
        heads: HEADS,
        attend: (q, k, v, scale) =>
          attention(q, k, v, scale, { heads: HEADS, implementation: "fused" }),
      });
      return ({ x }) => block(x);
    },
    { x: randomTensor([2, T, C], 9) },
    (of) => {
      const layer = (x: Rows, name: string) =>
        dense(x, of[`b.${name}.weight`], of[`b.${name}.bias`]);
      const norm = (x: Rows, name: string) =>
        layerNormed(x, of[`b.${name}.weight`], of[`b.${name}.bias`]);
      return sequencesOf(of.x, T, C).flatMap((x) => {
        const qkv = dense(norm(x, "ln_1"), of["b.attn.in_proj_weight"], of["b.attn.in_proj_bias"]);
        const [q, k, v] = [0, C, 2 * C].map((at) => qkv.map((row) => row.slice(at, at + C)));
        const seen = layer(attended(q, k, v, HEADS, (C / HEADS) ** -0.5), "attn.out_proj");
        const y = plus(x, seen);
        const wide = each(layer(norm(y, "ln_2"), "mlp.c_fc"), quickGelu);
        return plus(y, layer(wide, "mlp.c_proj")).flat();
      });
    },
    { tolerance: 5e-6 },
  );
});
