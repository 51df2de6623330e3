/**
 * Detection mAP from files to the number, for every method that names classes: features, a list and
 * annotations of UCF-Crime's form in, the mAP of `wsvad eval` out, against the same models run by
 * hand.
 */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { runEvaluation } from "../../src/commands/run_evaluation.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { detectionMap } from "../../src/metrics/detection_map.ts";
import { modelOf } from "../../src/run_folder/load_checkpoint.ts";
import { loadCheckpoint } from "../../src/run_folder/load_checkpoint.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { silent } from "../../src/progress.ts";
import { ucfClasses } from "../../src/sets/ucf_crime.ts";
import { smallCheckpoint } from "../support/small_exports.ts";
import { batchOf } from "../support/small_model.ts";
import { withDevice } from "../support/with_device.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** One window of the encoder each, so that a video is one pass. */
const SNIPPETS = 18, DIM = 32, FRAMES = 16 * SNIPPETS;
const VIDEOS = ["Abuse001_x264", "Arrest002_x264", "Normal_Videos_003_x264"];
const classes: readonly string[] = ucfClasses;
const classOf = (id: string) => id.startsWith("Normal") ? "Normal" : id.replace(/\d.*/, "");

function featuresOf(video: number): Float32Array {
  return Float32Array.from({ length: SNIPPETS * DIM }, (_, i) => Math.sin(i * (video + 2) + i * i));
}

/** Class probabilities [T, K] of a video by the model itself. */
async function probabilitiesOf(checkpoint: string): Promise<Float64Array[]> {
  const loaded = await loadCheckpoint({ checkpoint, overrides: [], configDirs: [] });
  const rows: Float64Array[] = [];
  await withDevice(() => {
    const model = modelOf(loaded), random = new RandomStream(0);
    VIDEOS.forEach((_, v) =>
      tf.tidy(() => {
        const video = tf.tensor4d(featuresOf(v), [1, 1, SNIPPETS, DIM]);
        const context = { mode: "eval" as const, random, step: 0, epoch: 0 };
        const values = model.forward(batchOf(video), context);
        const given = values.class_probabilities ?? tf.softmax(values.class_logits);
        rows.push(Float64Array.from(given.dataSync()));
      })
    );
    model.parameters.dispose();
    random.dispose();
  });
  return rows;
}

/** Frames of the snippets in which a class stands highest above its lowest, as VadCLIP counts. */
function longestRun(rows: Float64Array, classId: number): [start: number, end: number] {
  const K = classes.length;
  const column = Array.from({ length: SNIPPETS }, (_, t) => rows[t * K + classId]);
  const [most, least] = [Math.max(...column), Math.min(...column)];
  const peak = column.indexOf(most);
  const above = (t: number) => column[t] > most - 0.6 * (most - least);
  let first = peak, last = peak;
  while (first > 0 && above(first - 1)) first--;
  while (last + 1 < SNIPPETS && above(last + 1)) last++;
  return [16 * first, 16 * (last + 1)];
}

for (const method of ["vadclip", "dsanet"]) {
  Deno.test(`${method}: eval gives the detection mAP of its class probabilities and the annotated events`, () =>
    withFolder(async (folder) => {
      const checkpoint = join(folder, "own.safetensors");
      await smallCheckpoint(method, checkpoint);
      const probabilities = await probabilitiesOf(checkpoint);
      const events = VIDEOS.map((id, v) => {
        const classId = classes.indexOf(classOf(id));
        return classId > 0 ? longestRun(probabilities[v], classId) : null;
      });
      for (const [v, id] of VIDEOS.entries()) {
        await Deno.writeFile(join(folder, `${id}.npy`), encodeNpy([SNIPPETS, DIM], featuresOf(v)));
      }
      const text = (lines: string[]) => lines.join("\n") + "\n";
      await Deno.writeTextFile(join(folder, "test.list"), text(VIDEOS.map((id) => `${id}.npy`)));
      const annotations = VIDEOS.map((id, v) =>
        `${id}.mp4  ${classOf(id)}  ${(events[v] ?? [-1, -1]).join("  ")}  -1  -1`
      );
      await Deno.writeTextFile(join(folder, "events.txt"), text(annotations));
      const { evaluation: { detection, metrics } } = await runEvaluation({
        checkpoint,
        overrides: [
          ...["data=features", `data.root=${folder}`, "data.test=test.list", "data.features=clip"],
          ...["data.annotations=events.txt", "data.test_crop=null", "data.train=null"],
        ],
        ...{ configDirs: [], overwrite: false, progress: silent },
        device: { device: "cpu", blas: "off" },
      });
      const videos = VIDEOS.map((id, v) => ({
        id,
        probabilities: probabilities[v],
        segments: events[v] === null
          ? [{ start: 0, end: FRAMES, label: "A" }]
          : [{ start: events[v]![0], end: events[v]![1], label: classOf(id) }],
      }));
      const expected = detectionMap(videos, [...classes], 16);
      assertEquals(detection!.map_fixed, expected.map_fixed);
      assertEquals(detection!.map_official, expected.map_official);
      assertEquals(metrics.map_fixed, expected.map_fixed!.average);
      // The events are where the classes stand highest: something is found.
      assert(metrics.map_fixed! > 0, `${metrics.map_fixed}`);
    }));
}
