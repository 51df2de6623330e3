/** The text tower of CLIP by itself: golden/clip_text. */

import * as tf from "@tensorflow/tfjs";
import { scopeOf } from "../../model/assemble.ts";
import { clipTextTower } from "../../nn/clip_text_tower.ts";
import { ParameterStore } from "../../nn/parameter_store.ts";
import type { PromptRow } from "../../text/prompts.ts";
import { tokenizerOf } from "../../text/tokenizer.ts";
import { filledParameters } from "../fill.ts";
import { numberOf, type PartRunner } from "../golden_runner.ts";

/** Positions and channels of the first block's output that a case stores. */
const HEAD = [8, 32] as const;

export const clipText: PartRunner = {
  fixed: () => ({ layer_norm_eps: 1e-5 }),
  compute(_, golden) {
    const size = (key: string) => numberOf(golden.hyper, key);
    const tower = {
      width: size("width"),
      layers: size("layers"),
      heads: size("heads"),
      context: size("context"),
      vocabulary: size("vocab"),
    };
    const settings = { clip: null, vocabulary: null, tower, classes: [] };
    const store = new ParameterStore(null);
    const scope = scopeOf("clip_text", store, { guardSqrt: false, attnImpl: "fused" });
    const { encode } = clipTextTower(scope, "", settings, size("embed_dim"));
    store.assign(filledParameters(golden), `${golden.folder}/case.json`);
    const tokenizer = tokenizerOf(settings);
    // The rows as the official code has them, padding included:
    // the case looks behind the end of short texts.
    const rows = (golden.texts ?? []).map((text): PromptRow => {
      const ids = [...tokenizer.row(text, tower.context)];
      return {
        sources: ids.map((token) => ({ token })),
        readOut: ids.indexOf(tokenizer.end),
      };
    });
    const { features, blocks } = encode(rows, undefined, HEAD[0]);
    const head = tf.slice(blocks[0], [0, 0, 0], [rows.length, ...HEAD]);
    store.dispose();
    return { text_features: features, block0_head: head };
  },
};
