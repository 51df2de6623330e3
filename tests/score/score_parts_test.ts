import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import type { FeaturePart, FeatureParts, VideoFeatures } from "../../src/data/video.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { assemble } from "../../src/model/assemble.ts";
import { scoringOnly } from "../../src/model/scoring_model.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { cropMean } from "../../src/ops/crop_mean/op.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { meanOfCrops } from "../../src/score/mean_of_crops.ts";
import { scoreParts, scoreVideo, type SnippetScores } from "../../src/score/score_video.ts";
import { ScoringMemo } from "../../src/score/scoring_memo.ts";
import { smallRunner } from "../model/combinations.ts";
import { randomTensor } from "../support/on_cpu.ts";

await loadForms("cpu");

/** More snippets than are scored with all crops together. */
const [CROPS, SNIPPETS, DIM] = [2, 1030, 32];
/** Crops of windows that are run together. */
const WINDOWS = 16;

function randomVideo(): VideoFeatures {
  const values = Float32Array.from(randomTensor([CROPS * SNIPPETS * DIM], 1).dataSync());
  return { crops: CROPS, snippets: SNIPPETS, dim: DIM, values, length: SNIPPETS };
}

/** Features in memory as if they were read, and the most values that were asked for at once. */
function readFrom({ crops, snippets, dim, values }: VideoFeatures) {
  const asked = { most: 0 };
  const parts: FeatureParts = {
    ...{ crops, snippets, dim },
    read({ crop, from = 0, to = snippets }: FeaturePart) {
      const chosen = crop === undefined ? Array.from({ length: crops }, (_, n) => n) : [crop];
      const size = (to - from) * dim, part = new Float32Array(chosen.length * size);
      chosen.forEach((n, i) => {
        const at = (n * snippets + from) * dim;
        part.set(values.subarray(at, at + size), i * size);
      });
      asked.most = Math.max(asked.most, part.length);
      const length = to - from;
      return Promise.resolve({ crops: chosen.length, snippets: length, dim, values: part, length });
    },
  };
  return { parts, asked };
}

async function valuesOf(found: SnippetScores): Promise<number[][]> {
  const read = await Promise.all(Object.values(found).map((tensor) => tensor!.data()));
  tf.dispose({ ...found });
  return read.map((values) => [...values]);
}

/** Methods that need all crops of all snippets at once. */
const WHOLE = ["clip_tsa"];

for (const name of Object.keys(EMBEDDED.runner)) {
  Deno.test(`scoreParts() of ${name} scores a video as it is read, to the same bits`, async () => {
    const { backend } = await openCpu({ blas: "off" });
    const random = new RandomStream(5), video = randomVideo();
    const model = assemble(scoringOnly(smallRunner(name)).scoring, 5);
    using memo = new ScoringMemo();
    try {
      const scoring = { memo, replays: null };
      const whole = await valuesOf(scoreVideo(model, video, random, scoring));
      const { numTensors } = tf.memory(), { used } = backend.budget;
      const { parts, asked } = readFrom(video);
      assertEquals(await valuesOf(await scoreParts(model, parts, random, scoring)), whole);
      assertEquals([tf.memory().numTensors, backend.budget.used], [numTensors, used]);
      const crop = SNIPPETS * DIM, all = CROPS * crop;
      if (WHOLE.includes(name)) assertEquals(asked.most, all);
      else if (model.window) assert(asked.most <= WINDOWS * model.window.snippets * DIM);
      else if (model.cropsApart) assertEquals(asked.most, crop);
      else assert(model.cropsAveraged);
    } finally {
      model.parameters.dispose();
      random.dispose();
    }
  });
}

Deno.test("scoreParts() frees what it made when a part cannot be read", async () => {
  await openCpu({ blas: "off" });
  const random = new RandomStream(5), model = assemble(smallRunner("rtfm"), 5);
  using memo = new ScoringMemo();
  try {
    const { parts } = readFrom(randomVideo());
    const before = tf.memory().numTensors;
    const read = (part: FeaturePart) =>
      part.crop === 1 ? Promise.reject(new Error("gone")) : parts.read(part);
    const found = scoreParts(model, { ...parts, read }, random, { memo, replays: null });
    assertEquals(await found.catch(({ message }) => message), "gone");
    assertEquals(tf.memory().numTensors, before);
  } finally {
    model.parameters.dispose();
    random.dispose();
  }
});

Deno.test("meanOfCrops() gives in stretches what the mean over all is", async () => {
  await openCpu({ blas: "off" });
  const video = randomVideo(), { parts, asked } = readFrom(video);
  const stretch = 100 * CROPS * DIM;
  const mean = await meanOfCrops(parts, 4 * stretch);
  assertEquals(asked.most, stretch);
  const whole = tf.tidy(() =>
    cropMean(tf.tensor(video.values, [1, CROPS, SNIPPETS, DIM])).dataSync()
  );
  assertEquals([...mean.values], [...whole]);
  assertEquals([mean.crops, mean.snippets, mean.length], [1, SNIPPETS, SNIPPETS]);
});
