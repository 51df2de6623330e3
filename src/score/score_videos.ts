/**
 * Scores of whole videos, one video at a time, at full length; the next ones are read meanwhile.
 */

import * as tf from "@tensorflow/tfjs";
import { inOrder } from "../data/prefetch.ts";
import type { TestVideo, VideoFeatures } from "../data/video.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import type { RandomStream } from "../nn/random_stream.ts";
import type { Context, Window } from "../contract/slot.ts";
import { softmax } from "../ops/softmax/op.ts";
import { type OnPart, partsOf, type Told } from "./long_videos.ts";
import type { ScoredVideo } from "../metrics/evaluation.ts";
import type { Scoring } from "./scoring.ts";
import { batchOf, type ScoringReplays } from "./scoring_replays.ts";
import { windowsOf, windowValues } from "./windows.ts";

/**
 * Above this many snippets, a model that treats crops alike is run crop by crop: a tenth of the
 * memory.
 */
const WHOLE_VIDEO_SNIPPETS = 1024;

/** Crops of windows that are run together. */
const WINDOWS_TOGETHER = 16;

/** Videos whose scores are read back together: a read from a GPU costs 11 ms whatever its size. */
const READ_TOGETHER = 16;

/** What a model says of the T snippets of a video, on the device, crops averaged. */
export type SnippetScores = {
  /** [T]. */
  scores: tf.Tensor1D;
  /** [T, K], each row of sum 1, where the model has a text branch. */
  probabilities?: tf.Tensor2D;
};

/**
 * Scores of one video on the device. The caller disposes them.
 *
 * @param scoring of all videos that are scored with these weights
 * @param onPart told before each crop or group of windows, and before the parts that a slot tells
 *     of
 */
export function scoreVideo(
  model: Model,
  video: VideoFeatures,
  random: RandomStream,
  { memo, replays }: Pick<Scoring, "memo" | "replays">,
  onPart: OnPart | null = null,
): SnippetScores {
  const given = { random, memo, replays, onPart: null };
  const { crops, snippets, dim, values, length } = video;
  const within = (from: number, share: number, name: string): Given => ({
    ...given,
    onPart: onPart && partOf(onPart, from, share, name),
  });
  if (model.window) return scoreWindows(model, video, model.window, within);
  if (crops === 1 || snippets <= WHOLE_VIDEO_SNIPPETS || !model.cropsApart) {
    return forward(model, values, [1, crops, snippets, dim], [length], within(0, 1, ""));
  }
  const size = snippets * dim;
  return tf.tidy(() => {
    const ofCrops = Array.from({ length: crops }, (_, crop) => {
      const part = values.subarray(crop * size, (crop + 1) * size);
      const now = within(crop / crops, 1 / crops, `crop ${crop + 1}/${crops}`);
      return forward(model, part, [1, 1, snippets, dim], [length], now);
    });
    return joined(ofCrops, (parts) => tf.div(tf.addN(parts), crops));
  });
}

/** What a model is given for every video alike. */
type Given = Pick<Context, "random" | "memo"> & {
  replays: ScoringReplays | null;
  onPart: Context["onPart"] | null;
};

/** Tells that a part of the video begins, and what hears of the parts within it. */
function partOf(tell: OnPart, from: number, share: number, name: string): Context["onPart"] {
  tell(from, name);
  return (done, of, unit) =>
    tell(from + share * done / of, [name, `${unit} ${done + 1}/${of}`].filter(Boolean).join(", "));
}

/** Window by window, of which what lies behind the last snippet is cut off. */
function scoreWindows(
  model: Model,
  video: VideoFeatures,
  window: Window,
  within: (from: number, share: number, name: string) => Given,
): SnippetScores {
  const { crops, snippets: T, dim } = video;
  // Of a window of padding alone nothing would be left.
  const windows = windowsOf(T, window).filter(({ start }) => start < T);
  const together = Math.max(1, Math.floor(WINDOWS_TOGETHER / crops));
  return tf.tidy(() => {
    const parts: SnippetScores[] = [];
    for (let i = 0; i < windows.length;) {
      const { snippets } = windows[i];
      const some = windows.slice(i, i + together).filter((one) => one.snippets === snippets);
      const lengths = some.map(({ length }) => length);
      const shape = [some.length, crops, snippets, dim] as [number, number, number, number];
      const [from, share] = [i, some.length].map((count) => count / windows.length);
      const now = within(from, share, `window ${i + 1}/${windows.length}`);
      parts.push(forward(model, windowValues(video, some), shape, lengths, now));
      i += some.length;
    }
    return joined(parts, (parts) => {
      const all = tf.concat(parts, 0);
      return tf.slice(all, all.shape.map(() => 0), [T, ...all.shape.slice(1)]);
    });
  });
}

/** Scores and probabilities of parts, each joined by `join`. */
function joined(parts: SnippetScores[], join: (parts: tf.Tensor[]) => tf.Tensor): SnippetScores {
  const scores = join(parts.map(({ scores }) => scores)) as tf.Tensor1D;
  if (!parts[0].probabilities) return { scores };
  const probabilities = parts.map(({ probabilities }) => probabilities!);
  return { scores, probabilities: join(probabilities) as tf.Tensor2D };
}

/** Scores of B windows of T snippets, one behind the other: [B T] and [B T, K]. */
function forward(
  model: Model,
  values: Float32Array,
  shape: [number, number, number, number],
  lengths: number[],
  { replays, onPart, ...given }: Given,
): SnippetScores {
  const [B, , T] = shape;
  const work = (batch: DeviceBatch): SnippetScores => {
    const { scores, class_logits: logits, class_probabilities } = model.forward(batch, {
      mode: "eval",
      ...given,
      ...(onPart ? { onPart } : {}),
      step: 0,
      epoch: 0,
    });
    const ofSnippets = { scores: tf.reshape(scores, [B * T]) as tf.Tensor1D };
    if (!model.classes) return ofSnippets;
    const rows = (x: tf.Tensor) => tf.reshape(x, [B * T, model.classes]) as tf.Tensor2D;
    // A branch may say them itself.
    const probabilities = class_probabilities
      ? rows(class_probabilities)
      : softmax(rows(logits)) as tf.Tensor2D;
    return { ...ofSnippets, probabilities };
  };
  return replays
    ? replays.run(shape, values, lengths, work)
    : tf.tidy(() => work(batchOf(shape, values, lengths)));
}

/** Who hears of the scoring of videos. */
export interface ScoringListener {
  /** After each video is on its way. */
  onVideo?(done: number): void;
  /** Before each part of a long video, with the number of videos before it. */
  onPart?(done: number, told: Told): void;
}

/** What is said of a video that was scored. */
export type ReadScores =
  & { snippets: number }
  & Pick<ScoredVideo, "scores" | "probabilities">;

/** Videos whose features are loaded while another is scored. */
const READ_AHEAD = 2;

export interface ScoringOfVideos<V> {
  /** Of this model; what it keeps serves the next evaluation. */
  scoring: Scoring;
  random: RandomStream;
  load(video: V): Promise<VideoFeatures>;
  /** Bytes of the features of a video. */
  bytesOf(video: V): number;
  /** Bytes that features may take which are loaded before they are asked for. */
  waitingBytes: number;
  listener?: ScoringListener;
}

/**
 * Scores videos in order. The next ones are read meanwhile; where the device works behind us, the
 * scores of several come back together. A video that cannot be loaded comes after all before it
 * were given.
 */
export async function* scoresOf<V extends { id: string }>(
  model: Model,
  videos: V[],
  { scoring, random, load, bytesOf, waitingBytes, listener = {} }: ScoringOfVideos<V>,
): AsyncGenerator<ReadScores & { video: V }> {
  const together = scoring.deferred ? READ_TOGETHER : 1;
  const waiting: { video: V; snippets: number; found: SnippetScores }[] = [];
  let begun = 0;
  const readBack = async () => {
    const read = await Promise.all(waiting.map(({ found }) => readScores(found)));
    return waiting.splice(0).map(({ video, snippets, found }, i) => {
      tf.dispose({ ...found });
      return { video, snippets, ...read[i] };
    });
  };
  const ahead = { items: READ_AHEAD, bytes: waitingBytes, bytesOf };
  scoring.begin(model);
  try {
    const loaded = inOrder(videos, load, ahead);
    try {
      for await (const { item: video, result: features } of loaded) {
        const onPart = partsOf(
          { ...features, id: video.id },
          scoring,
          (told) => listener.onPart?.(begun, told),
        );
        const found = scoreVideo(model, features, random, scoring, onPart);
        waiting.push({ video, snippets: features.snippets, found });
        listener.onVideo?.(++begun);
        await scoring.replays?.settle(); // replays of this shape begin with the next video
        if (waiting.length === together) yield* await readBack();
      }
    } catch (error) {
      yield* await readBack();
      throw error;
    }
    yield* await readBack();
    scoring.end();
  } finally {
    for (const { found } of waiting) tf.dispose({ ...found });
  }
}

/**
 * Scores test videos and puts their ground truth beside.
 *
 * @param waitingBytes as for {@link scoresOf}
 */
export async function scoreTestVideos(
  model: Model,
  videos: TestVideo[],
  random: RandomStream,
  scoring: Scoring,
  { waitingBytes = Infinity, ...listener }: ScoringListener & { waitingBytes?: number } = {},
): Promise<ScoredVideo[]> {
  const scored: ScoredVideo[] = [];
  const found = scoresOf(model, videos, {
    scoring,
    random,
    load: (video) => video.load(),
    bytesOf: ({ bytes = 0 }) => bytes,
    waitingBytes,
    listener,
  });
  for await (const { video, snippets, ...read } of found) {
    scored.push({
      id: video.id,
      className: video.className,
      anomalous: video.anomalous,
      ...read,
      frames: video.groundTruthFrames(snippets),
      groundTruth: video.groundTruth(snippets),
      segments: video.segments?.(snippets),
      videoFrames: video.videoFrames,
      marked: video.marked,
    });
  }
  return scored;
}

async function readScores(
  { scores, probabilities }: SnippetScores,
): Promise<Pick<ScoredVideo, "scores" | "probabilities">> {
  const copy = async (tensor: tf.Tensor) => Float32Array.from(await tensor.data());
  const read = { scores: await copy(scores) };
  return probabilities ? { ...read, probabilities: await copy(probabilities) } : read;
}
