/** Scores of whole videos, one video at a time, at full length. */

import * as tf from "@tensorflow/tfjs";
import type { TestVideo, VideoFeatures } from "../data/video.ts";
import type { Model } from "../model/assemble.ts";
import type { RandomStream } from "../nn/random_stream.ts";
import type { ScoredVideo } from "./evaluation.ts";

/** Above this many snippets, a model that treats crops alike is run crop by crop: a tenth of the memory. */
const WHOLE_VIDEO_SNIPPETS = 1024;

/** Videos whose scores are read back together: a read from a GPU costs 11 ms whatever its size. */
const READ_TOGETHER = 16;

/** Scores [T] of one video on the device, crops averaged. The caller disposes it. */
export function scoreVideo(model: Model, video: VideoFeatures, random: RandomStream): tf.Tensor1D {
  const { crops, snippets, dim, values } = video;
  if (crops === 1 || snippets <= WHOLE_VIDEO_SNIPPETS || !model.cropsApart) {
    return forward(model, values, [1, crops, snippets, dim], random);
  }
  let sum = tf.zeros([snippets]) as tf.Tensor1D;
  for (let crop = 0; crop < crops; crop++) {
    const size = snippets * dim;
    const part = values.subarray(crop * size, (crop + 1) * size);
    const scores = forward(model, part, [1, 1, snippets, dim], random);
    const next = tf.add(sum, scores) as tf.Tensor1D;
    tf.dispose([sum, scores]);
    sum = next;
  }
  return tf.tidy(() => tf.div(sum, crops) as tf.Tensor1D);
}

function forward(
  model: Model,
  values: Float32Array,
  shape: [number, number, number, number],
  random: RandomStream,
): tf.Tensor1D {
  return tf.tidy(() => {
    const batch = {
      video: tf.tensor(values, shape),
      lengths: tf.tensor1d([shape[2]], "int32"),
      classIds: tf.tensor1d([0], "int32"),
      labels: tf.zeros([1, 1]), // nothing that scores reads it
    };
    const { scores } = model.forward(batch, { mode: "eval", random, step: 0, epoch: 0 });
    return tf.reshape(scores, [shape[2]]) as tf.Tensor1D;
  });
}

/**
 * Scores test videos and puts their ground truth beside.
 *
 * @param onVideo told after each video is on its way
 */
export async function scoreTestVideos(
  model: Model,
  videos: TestVideo[],
  random: RandomStream,
  onVideo: (done: number) => void = () => {},
): Promise<ScoredVideo[]> {
  const scored: ScoredVideo[] = [];
  for (let start = 0; start < videos.length; start += READ_TOGETHER) {
    const waiting: { video: TestVideo; snippets: number; scores: tf.Tensor1D }[] = [];
    for (const video of videos.slice(start, start + READ_TOGETHER)) {
      const features = await video.load();
      const scores = scoreVideo(model, features, random);
      waiting.push({ video, snippets: features.snippets, scores });
      onVideo(start + waiting.length);
    }
    const read = await Promise.all(waiting.map(({ scores }) => scores.data()));
    waiting.forEach(({ video, snippets, scores }, i) => {
      scores.dispose();
      scored.push({
        id: video.id,
        className: video.className,
        anomalous: video.anomalous,
        scores: Float32Array.from(read[i]),
        frames: video.groundTruthFrames(snippets),
        groundTruth: video.groundTruth(snippets),
        videoFrames: video.videoFrames,
      });
    });
  }
  return scored;
}
