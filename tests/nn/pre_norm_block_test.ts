import { assert } from "@std/assert";
import type { Scope } from "../../src/contract/slot.ts";
import { preNormBlock } from "../../src/nn/pre_norm_block.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart, withPart } from "../support/one_part.ts";
import {
  attended,
  dense,
  each,
  layerNormed,
  plus,
  relu,
  type Rows,
  sequencesOf,
} from "../support/plain_layers.ts";

const [T, C, HEADS] = [3, 4, 2];

onCpu("preNormBlock() adds attention, then its feed-forward part, each behind a layer norm", () => {
  checkPart(
    (scope) => {
      const block = preNormBlock(scope, "block", C, { heads: HEADS, inner: 5, dropout: 0.5 });
      return ({ x }, context) => block(x, context); // evaluated: nothing is dropped
    },
    { x: randomTensor([2, T, C], 9) },
    (of) => {
      const layer = (x: Rows, name: string) =>
        dense(x, of[`block.${name}.weight`], of[`block.${name}.bias`]);
      const norm = (x: Rows, name: string) =>
        layerNormed(x, of[`block.${name}.weight`], of[`block.${name}.bias`]);
      return sequencesOf(of.x, T, C).flatMap((x) => {
        const qkv = layer(norm(x, "norm1"), "attn.qkv");
        const [q, k, v] = [0, C, 2 * C].map((at) => qkv.map((row) => row.slice(at, at + C)));
        const seen = layer(attended(q, k, v, HEADS, (C / HEADS) ** -0.5), "attn.proj");
        const y = plus(x, seen);
        const wide = each(layer(norm(y, "norm2"), "ffn.0"), relu);
        return plus(y, layer(wide, "ffn.2")).flat();
      });
    },
  );
});

onCpu("preNormBlock() drops in training alone", () => {
  const build = (scope: Scope) =>
    preNormBlock(scope, "block", C, { heads: HEADS, inner: 5, dropout: 0.5 });
  withPart(build, (block, context) => {
    const x = randomTensor([2, T, C], 9);
    const [evaluated, trained] = (["eval", "train"] as const)
      .map((mode) => String(block(x, context(mode)).dataSync()));
    assert(evaluated !== trained);
  });
});
