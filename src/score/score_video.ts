/**
 * Scores of one video at full length: whole, crop by crop, or some windows at a time, from features
 * in memory or as they are read.
 */

import * as tf from "@tensorflow/tfjs";
import type { Context } from "../contract/slot.ts";
import type { FeaturePart, FeatureParts, VideoFeatures } from "../data/video.ts";
import type { DeviceBatch, Model } from "../model/assemble.ts";
import type { RandomStream } from "../nn/random_stream.ts";
import { softmax } from "../ops/softmax/op.ts";
import type { OnPart } from "./long_videos.ts";
import { meanOfCrops } from "./mean_of_crops.ts";
import type { Scoring } from "./scoring.ts";
import { batchOf, type ScoringReplays } from "./scoring_replays.ts";
import { type VideoWindow, windowsOf, windowValues } from "./windows.ts";

/**
 * Above this many snippets, a model that treats crops alike is run crop by crop: a tenth of the
 * memory.
 */
const WHOLE_VIDEO_SNIPPETS = 1024;

/** Crops of windows that are run together. */
const WINDOWS_TOGETHER = 16;

/** What a model says of the T snippets of a video, on the device, crops averaged. */
export type SnippetScores = {
  /** [T]. */
  scores: tf.Tensor1D;
  /** [T, K], each row of sum 1, where the model has a text branch. */
  probabilities?: tf.Tensor2D;
};

/** Features of which some lie in memory, or all. */
type Sizes = Pick<VideoFeatures, "crops" | "snippets">;

/** What is run at once. */
interface Piece {
  place: FeaturePart;
  /** Of the whole video; null where the piece is run as it is. */
  windows: VideoWindow[] | null;
  /** Share of the video's work that is done before, and that of this piece. */
  before: number;
  share: number;
  name: string;
}

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
  scoring: Pick<Scoring, "memo" | "replays">,
  onPart: OnPart | null = null,
): SnippetScores {
  const run = runner(model, random, scoring, onPart);
  return tf.tidy(() => {
    const parts = piecesOf(model, video).map((piece) => run(piece, cropOf(video, piece.place)));
    return joined(model, video, parts);
  });
}

/**
 * The same of a video that is read meanwhile: no more of its features lies in memory than is run
 * at once, where crops or windows are run apart, or where the mean over the crops is all that the
 * model sees.
 */
export async function scoreParts(
  model: Model,
  video: FeatureParts,
  random: RandomStream,
  scoring: Pick<Scoring, "memo" | "replays">,
  onPart: OnPart | null = null,
): Promise<SnippetScores> {
  if (model.cropsAveraged && !model.window) {
    return scoreVideo(model, await meanOfCrops(video), random, scoring, onPart);
  }
  const run = runner(model, random, scoring, onPart);
  const parts: SnippetScores[] = [];
  try {
    for (const piece of piecesOf(model, video)) {
      const { from = 0 } = piece.place;
      const windows = piece.windows?.map((one) => ({ ...one, start: one.start - from })) ?? null;
      parts.push(run({ ...piece, windows }, await video.read(piece.place)));
    }
    return tf.tidy(() => joined(model, video, parts));
  } finally {
    tf.dispose(parts);
  }
}

/** The pieces of a video, in order. */
function piecesOf(model: Model, { crops, snippets: T }: Sizes): Piece[] {
  if (model.window) {
    // Of a window of padding alone nothing would be left.
    const windows = windowsOf(T, model.window).filter(({ start }) => start < T);
    const together = Math.max(1, Math.floor(WINDOWS_TOGETHER / crops));
    const pieces: Piece[] = [];
    for (let i = 0; i < windows.length;) {
      const { start, snippets } = windows[i];
      const some = windows.slice(i, i + together).filter((one) => one.snippets === snippets);
      pieces.push({
        place: { from: start, to: Math.min(T, some.at(-1)!.start + snippets) },
        windows: some,
        before: i / windows.length,
        share: some.length / windows.length,
        name: `window ${i + 1}/${windows.length}`,
      });
      i += some.length;
    }
    return pieces;
  }
  if (crops === 1 || T <= WHOLE_VIDEO_SNIPPETS || !model.cropsApart) {
    return [{ place: {}, windows: null, before: 0, share: 1, name: "" }];
  }
  return Array.from({ length: crops }, (_, crop) => ({
    place: { crop },
    windows: null,
    before: crop / crops,
    share: 1 / crops,
    name: `crop ${crop + 1}/${crops}`,
  }));
}

/** One crop of features in memory as a view; all of them where windows are cut out of them. */
function cropOf(video: VideoFeatures, { crop }: FeaturePart): VideoFeatures {
  if (crop === undefined) return video;
  const size = video.snippets * video.dim;
  return { ...video, crops: 1, values: video.values.subarray(crop * size, (crop + 1) * size) };
}

/** What is said of the pieces as what is said of the video. */
function joined(model: Model, { snippets: T }: Sizes, parts: SnippetScores[]): SnippetScores {
  const join = (parts: tf.Tensor[]): tf.Tensor => {
    if (!model.window) {
      return parts.length === 1 ? tf.clone(parts[0]) : tf.div(tf.addN(parts), parts.length);
    }
    const all = tf.concat(parts, 0);
    return tf.slice(all, all.shape.map(() => 0), [T, ...all.shape.slice(1)]);
  };
  const scores = join(parts.map(({ scores }) => scores)) as tf.Tensor1D;
  if (!parts[0].probabilities) return { scores };
  const probabilities = parts.map(({ probabilities }) => probabilities!);
  return { scores, probabilities: join(probabilities) as tf.Tensor2D };
}

/** What a model is given for every video alike. */
type Given = Pick<Context, "random" | "memo"> & {
  replays: ScoringReplays | null;
  onPart: Context["onPart"] | null;
};

/** Runs pieces whose features are there. */
function runner(
  model: Model,
  random: RandomStream,
  { memo, replays }: Pick<Scoring, "memo" | "replays">,
  tell: OnPart | null,
) {
  return ({ windows, before, share, name }: Piece, video: VideoFeatures): SnippetScores => {
    const onPart = tell && partOf(tell, before, share, name);
    const { crops, snippets, dim, values, length } = video;
    const given = { random, memo, replays, onPart };
    if (windows === null) return forward(model, values, [1, crops, snippets, dim], [length], given);
    const shape = [windows.length, crops, windows[0].snippets, dim] as BatchShape;
    const lengths = windows.map(({ length }) => length);
    return forward(model, windowValues(video, windows), shape, lengths, given);
  };
}

/** Tells that a part of the video begins, and what hears of the parts within it. */
function partOf(tell: OnPart, from: number, share: number, name: string): Context["onPart"] {
  tell(from, name);
  return (done, of, unit) =>
    tell(from + share * done / of, [name, `${unit} ${done + 1}/${of}`].filter(Boolean).join(", "));
}

type BatchShape = [videos: number, crops: number, snippets: number, channels: number];

/** Scores of B windows of T snippets, one behind the other: [B T] and [B T, K]. */
function forward(
  model: Model,
  values: Float32Array,
  shape: BatchShape,
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
