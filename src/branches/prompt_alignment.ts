/**
 * Branch `prompt_alignment`: snippets are compared with the text of every class, in prompts that
 * are learned and that see the video.
 *
 * Source: VadCLIP, Wu et al., AAAI 2024, arXiv 2308.11681; nwpu-zxr/VadCLIP:src/model.py
 * (encode_textprompt, forward), src/utils/tools.py (get_prompt_text). Differs from the official
 * code: nothing. The text, which depends on the weights alone, is computed once for all videos that
 * are scored together.
 * Golden values: tests/golden/vadclip.
 *
 * Requires features that share a space with text; encoded [B, N, T, C], score_logits [B, N, T, 1]
 * Provides class_logits [B, T, K], crops averaged; text_features [K, C] before the visual prompt
 * enters them
 */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import type { Context, Scope, Slot } from "../contract/slot.ts";
import { frozenClassText } from "../nn/class_text.ts";
import { clipImageShapes } from "../nn/clip_image_shapes.ts";
import { clipTextTower } from "../nn/clip_text_tower.ts";
import { normalWith } from "../nn/initialisers.ts";
import { promptedClasses } from "../nn/prompted_classes.ts";
import { readClassTable } from "../text/class_table.ts";
import { readClipWeights } from "../text/clip_files.ts";
import { clipSettings } from "../text/clip_settings.ts";
import { type PromptRow, surroundedPrompt } from "../text/prompts.ts";
import { tokenizerOf } from "../text/tokenizer.ts";

const config = z.strictObject({
  ...clipSettings,
  prefix: z.int().min(0).default(10).describe(
    "learned vectors before the class name; 0 with postfix=0: the texts are a frozen table, computed once",
  ),
  postfix: z.int().min(0).default(10).describe("learned vectors behind the class name"),
  temperature: z.number().positive().default(0.07).describe("divides the cosines"),
  expansion: z.int().positive().default(4).describe(
    "inner width of the feed-forward part of the text, by its width",
  ),
});

type Config = z.infer<typeof config>;

/** Of the tower's keys in VadCLIP's checkpoints. */
const PREFIX = "clipmodel.";

export const promptAlignment: Slot<Config> = {
  name: "prompt_alignment",
  summary: "snippets compared with the text of each class, in learned prompts that see the video",
  source: "VadCLIP, Wu et al., AAAI 2024; nwpu-zxr/VadCLIP:src/model.py",
  config,
  requires: {
    features: "B N T D : text_aligned",
    encoded: "B N T C",
    score_logits: "B N T 1",
  },
  offers: ["class_logits", "text_features"],
  provides: ({ classes }, { C }) => ({
    class_logits: `B T ${classes.length}`,
    text_features: `${classes.length} ${C}`,
  }),
  readFiles: (settings) =>
    isLearned(settings)
      ? readClipWeights(settings, PREFIX)
      : readClassTable(settings, PREFIX, promptsOf(settings, settings.tower.context)),
  build(settings, scope, { C }) {
    const { temperature, expansion } = settings;
    // CLIP's other half, in official checkpoints.
    scope.unused(`${PREFIX}visual.`, clipImageShapes(C));
    scope.unused(`${PREFIX}logit_scale`, { "": [] });
    const encodeText = classTexts(settings, scope, C);
    const classify = promptedClasses(scope, {
      channels: C,
      expansion,
      temperature,
      who: 'branch "prompt_alignment"',
    });

    return ({ encoded, score_logits: scores }, context) => {
      const text = encodeText(context); // [K, C]
      const logits = classify(text, encoded, scores, context.zeroAt); // [B, N, T, K]
      return { text_features: text, class_logits: tf.mean(logits, 1) };
    };
  },
};

/** Whether there are vectors to learn: without them the text of a class stays what it is. */
function isLearned({ prefix, postfix }: Config): boolean {
  return prefix + postfix > 0;
}

function promptsOf(settings: Config, context: number): PromptRow[] {
  const { prefix, postfix, classes } = settings;
  const tokenizer = tokenizerOf(settings);
  return classes.map((name) => surroundedPrompt(tokenizer, name, { context, prefix, postfix }));
}

/** Text features of the classes, [K, C], not of length 1. */
function classTexts(settings: Config, scope: Scope, C: number): (context: Context) => tf.Tensor {
  if (!isLearned(settings)) {
    const prompts = promptsOf(settings, settings.tower.context);
    return frozenClassText(scope, PREFIX, settings, prompts, C);
  }
  const tower = clipTextTower(scope, PREFIX, settings, C);
  const { context, width } = tower.sizes;
  const learned = scope.parameter(
    "text_prompt_embeddings.weight",
    [context, width],
    normalWith(0.01),
  );
  return tower.encoder(promptsOf(settings, context), learned);
}
