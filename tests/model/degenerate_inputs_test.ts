/**
 * The rows of docs/degenerate_inputs.md: what meets 0, what the official code makes of it (NaN or
 * not), the guard, and the words that a training run would say.
 */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { assemble, type Model } from "../../src/model/assemble.ts";
import type { ModelConfig } from "../../src/model/chain.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { disposePass, runPass } from "../../src/train/step.ts";
import { zerosMet } from "../../src/train/zeros_met.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { batchOf } from "../support/small_model.ts";
import { withDevice } from "../support/with_device.ts";
import { smallRunner } from "./combinations.ts";

const SHAPE = [4, 2, 18, 32]; // videos, crops, snippets, channels

/** Whether loss and gradients of a training pass are finite, and the places that met 0. */
async function passOf(
  config: ModelConfig,
  video: tf.Tensor,
  change: (model: Model) => void = () => {},
): Promise<{ finite: boolean; places: string[] }> {
  const model = assemble(config, 3), random = new RandomStream(3);
  change(model);
  const batch = batchOf(video);
  const context = { mode: "train" as const, random, step: 0, epoch: 1 };
  // Before the pass, which moves running statistics.
  const met = await zerosMet((zeroAt) => {
    model.loss(model.forward(batch, { ...context, zeroAt }), { ...context, zeroAt });
  });
  const pass = runPass(model, batch, context);
  const numbers = [pass.loss, ...pass.gradients.values()].flatMap((x) => [...x.dataSync()]);
  disposePass(pass);
  tf.dispose([batch.lengths, batch.classIds, batch.labels]);
  model.parameters.dispose();
  random.dispose();
  return { finite: numbers.every(Number.isFinite), places: met.map(({ place }) => place) };
}

/** Sets all parameters whose name matches. */
function fill(model: Model, pattern: RegExp, value: number): void {
  const found = model.parameters.all().filter(({ name }) => pattern.test(name));
  assert(found.length > 0, `no parameter ${pattern}`);
  for (const { variable } of found) {
    tf.tidy(() => variable.assign(tf.fill(variable.shape, value)));
  }
}

/**
 * Features that stay what they are in every sense: all 0; all channels equal; the same in all
 * snippets and videos.
 */
const degenerate: [string, () => tf.Tensor][] = [
  ["all-zero snippets", () => tf.zeros(SHAPE)],
  ["snippets whose channels are all equal", () => tf.ones(SHAPE)],
  [
    "channels that never change",
    () => tf.tidy(() => tf.tile(randomTensor([1, 1, 1, 32], 1), [4, 2, 18, 1])),
  ],
];

for (const name of Object.keys(EMBEDDED.runner)) {
  Deno.test(`${name} with its starting weights: loss and gradients of degenerate features`, () =>
    withDevice(async () => {
      for (const [what, make] of degenerate) {
        for (const guard of [false, true]) {
          const video = make();
          const { finite } = await passOf(smallRunner(name, { guard_sqrt: guard }), video);
          video.dispose();
          assert(finite, `${what}${guard ? " with the guard" : ""}`);
        }
      }
    }));
}

/** Where the official code comes to NaN: the runner, what makes it so, and the words for it. */
const broken: [string, string, (model: Model) => void, string][] = [
  [
    "mgfn",
    "all channels equal: no biases, all-zero snippets",
    (model) => fill(model, /^(to_tokens|to_mag)\.bias$|layers\.\d\.0\.bias$/, 0),
    'channel norm "stages.0.0.layers.0.1.norm" took the root of a variance of 0, of snippets whose channels are all equal',
  ],
  [
    "ur_dmu",
    "encoded snippets of 0",
    (model) => fill(model, /^(embedding|selfatt)\./, 0),
    'loss "memory_triplet": the anchor is divided by its length of 0',
  ],
  [
    "bn_wvad",
    "a feature equal to the running mean",
    (model) => fill(model, /^normal_head\.conv[12]\./, 0),
    'head "batch_norm_criterion" took the root of a distance of 0, of a feature equal to the running mean of "normal_head.bn1"',
  ],
  [
    "bn_wvad",
    "a running variance of 0",
    (model) => {
      fill(model, /^normal_head\.conv[12]\.weight$/, 0);
      fill(model, /^normal_head\.bn[12]\.running_var$/, 0);
    },
    'head "batch_norm_criterion" divided by a running variance of 0 of "normal_head.bn1"',
  ],
  [
    "vadclip",
    "a text of length 0",
    (model) => fill(model, /text_projection$/, 0),
    'loss "text_contrast": the text of a class is divided by its length of 0',
  ],
  [
    "vadclip",
    "a visual prompt of length 0",
    (model) => fill(model, /^classifier\./, 0),
    'branch "prompt_alignment": the visual prompt is divided by its length of 0',
  ],
];

for (const [name, what, change, place] of broken) {
  Deno.test(`${name}: ${what}: NaN as in the official code, finite with guard_sqrt, and the place is named`, () =>
    withDevice(async () => {
      for (const guard of [false, true]) {
        const video = tf.zeros(SHAPE);
        const { finite, places } = await passOf(
          smallRunner(name, { guard_sqrt: guard }),
          video,
          change,
        );
        video.dispose();
        assertEquals(finite, guard, guard ? "with the guard" : "without it");
        assert(places.includes(place), places.join("; "));
      }
    }));
}
