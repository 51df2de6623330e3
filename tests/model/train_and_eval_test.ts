/**
 * What differs between training and evaluation, method by method: running statistics, dropout,
 * noise, masks; how crops become one score; any number of snippets.
 */

import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { listGroup } from "../../src/config/groups.ts";
import type { Model } from "../../src/model/assemble.ts";
import { overwrite } from "../../src/ops/kernel/overwrite.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { gradientsOf, outputOf, withModel } from "../support/small_model.ts";
import { withDevice } from "../support/with_device.ts";
import { smallRunner } from "./combinations.ts";

/** The facts of the methods' pages. */
interface Differences {
  /** Whether there are running statistics, which training moves and evaluation uses. */
  statistics: boolean;
  /**
   * What random numbers change in training: scores (dropout, noise), the loss alone (the
   * selection's mask), nothing.
   */
  random: "scores" | "loss" | "nothing";
  /** What is averaged over the crops. */
  crops: "scores" | "features";
  /**
   * Evaluation draws noise as training does, each crop its own: one pass over all crops is not one
   * over each.
   */
  noiseInEvaluation?: true;
  /**
   * The encoder works on windows of one length, into which scoring cuts a video:
   * score_windows_test.ts.
   */
  windows?: true;
}

const METHODS: Record<string, Differences> = {
  mil: { statistics: false, random: "scores", crops: "features" },
  rtfm: { statistics: true, random: "scores", crops: "scores" },
  mgfn: { statistics: true, random: "loss", crops: "scores" },
  ur_dmu: { statistics: false, random: "scores", crops: "scores" },
  bn_wvad: { statistics: true, random: "nothing", crops: "scores" },
  s3r: { statistics: true, random: "scores", crops: "scores" },
  gs_moe: { statistics: false, random: "scores", crops: "features" },
  clip_tsa: { statistics: true, random: "scores", crops: "scores", noiseInEvaluation: true },
  vadclip: { statistics: false, random: "nothing", crops: "scores", windows: true },
  tpwng: { statistics: false, random: "nothing", crops: "features" },
  prodisc: { statistics: false, random: "scores", crops: "scores" },
  dsanet: { statistics: false, random: "nothing", crops: "scores", windows: true },
  pel4vad: { statistics: false, random: "scores", crops: "scores" },
};

Deno.test("the differences of every method are known", () => {
  assertEquals(Object.keys(METHODS).sort(), listGroup("runner", []).map(({ name }) => name));
});

const [VIDEOS, CROPS, SNIPPETS, DIM] = [4, 3, 18, 32];

function assertNotEquals(a: ArrayLike<number>, b: ArrayLike<number>): void {
  assert(Array.from(a).some((value, i) => value !== b[i]), "equal in all values");
}

/** Values of running means and variances. */
function statisticsOf(model: Model): number[] {
  return model.parameters.all().filter(({ trained }) => !trained)
    .filter(({ name }) => /running_(mean|var)$/.test(name))
    .flatMap(({ variable }) => [...variable.dataSync()]);
}

const onDevice = (name: string, body: () => void) =>
  Deno.test(name, () => withDevice(() => tf.tidy(body)));

for (const [name, differences] of Object.entries(METHODS)) {
  const { statistics, random, crops, noiseInEvaluation, windows } = differences;
  const draws = noiseInEvaluation ? "the noise of its step" : "nothing";
  onDevice(`${name}: evaluation draws ${draws} and leaves the running statistics`, () => {
    withModel(smallRunner(name), (model, context) => {
      const video = randomTensor([1, CROPS, SNIPPETS, DIM], 1);
      const before = statisticsOf(model);
      assertEquals(before.length > 0, statistics);
      const first = outputOf(model, video, context("eval", 0));
      assertEquals(outputOf(model, video, context("eval", 0)), first);
      const other = outputOf(model, video, context("eval", 9));
      (noiseInEvaluation ? assertNotEquals : assertEquals)(other, first);
      assertEquals(statisticsOf(model), before);
    });
  });

  onDevice(`${name}: in training random numbers change ${random}`, () => {
    withModel(smallRunner(name), (model, context) => {
      const video = randomTensor([VIDEOS, CROPS, SNIPPETS, DIM], 2);
      const buffers = model.parameters.all().filter(({ trained }) => !trained);
      const begun = buffers.map(({ variable }) => variable.dataSync().slice() as Float32Array);
      const [scores, others] = [0, 1].map((step) => {
        // scores may look at running statistics, which the first pass moves
        buffers.forEach(({ variable }, i) => overwrite(variable, begun[i]));
        return outputOf(model, video, context("train", step));
      });
      if (random === "nothing") {
        assertEquals(others, scores);
        return;
      }
      (random === "scores" ? assertNotEquals : assertEquals)(others, scores);
      const losses = [0, 1].map((step) => gradientsOf(model, video, context("train", step)).loss);
      assert(losses[0] !== losses[1], `both losses are ${losses[0]}`);
    });
  });

  onDevice(`${name}: training moves running statistics, and evaluation uses them`, () => {
    withModel(smallRunner(name), (model, context) => {
      const video = randomTensor([VIDEOS, CROPS, SNIPPETS, DIM], 3);
      const one = randomTensor([1, CROPS, SNIPPETS, DIM], 4);
      // gains that start at 0 would hide them
      for (const { name, variable } of model.parameters.trained()) {
        if (/non_local|W\.1\.weight|alter\.1\.weight/.test(name) && variable.rank === 1) {
          variable.assign(tf.onesLike(variable));
        }
      }
      const before = statisticsOf(model), scores = outputOf(model, one, context("eval"));
      outputOf(model, video, context("train"));
      const after = statisticsOf(model);
      (statistics ? assertNotEquals : assertEquals)(after, before);
      const moved = outputOf(model, one, context("eval"));
      (statistics ? assertNotEquals : assertEquals)(moved, scores);
    });
  });

  onDevice(`${name}: the ${crops} of crops are averaged`, () => {
    withModel(smallRunner(name), (model, context) => {
      assertEquals(model.cropsApart, crops === "scores" && !noiseInEvaluation);
      if (noiseInEvaluation) return;
      const video = randomTensor([1, CROPS, SNIPPETS, DIM], 5);
      const found = outputOf(model, video, context("eval"));
      const alone = Array.from(
        { length: CROPS },
        (_, n) =>
          outputOf(model, tf.slice(video, [0, n, 0, 0], [1, 1, SNIPPETS, DIM]), context("eval")),
      );
      const ofMean = outputOf(model, tf.mean(video, 1, true), context("eval"));
      found.forEach((score, t) => {
        const mean = alone.reduce((sum, scores) => sum + scores[t], 0) / CROPS;
        // float32 of a few layers
        assertAlmostEquals(score, crops === "scores" ? mean : ofMean[t], 1e-5 * Math.max(1, score));
      });
      const other = crops === "scores" ? ofMean : alone[0];
      assert(found.some((score, t) => Math.abs(score - other[t]) > 1e-6), "the other rule differs");
    });
  });

  onDevice(`${name}: evaluation takes ${windows ? "a window" : "any number"} of snippets`, () => {
    withModel(smallRunner(name), (model, context) => {
      for (const T of windows ? [SNIPPETS] : [1, 2, 3, 17, 33, 70]) {
        const scores = outputOf(model, randomTensor([1, CROPS, T, DIM], T), context("eval"));
        assertEquals(scores.length, T);
        assert(scores.every(Number.isFinite), `${T} snippets`);
      }
    });
  });
}

onDevice(
  "bn_wvad: training draws nothing: two passes differ by the running statistics alone",
  () => {
    withModel(smallRunner("bn_wvad"), (model, context) => {
      const video = randomTensor([VIDEOS, CROPS, SNIPPETS, DIM], 6);
      const probability = (step: number) =>
        outputOf(model, video, context("train", step), "probability");
      assertEquals(probability(0), probability(1));
    });
  },
);
