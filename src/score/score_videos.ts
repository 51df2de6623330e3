/**
 * Scores of whole videos, one video at a time, at full length; the next ones are read meanwhile.
 */

import * as tf from "@tensorflow/tfjs";
import { inOrder } from "../data/prefetch.ts";
import type { FeatureParts, TestVideo, VideoFeatures } from "../data/video.ts";
import { memoryFaultOf } from "../device/memory_fault.ts";
import type { Model } from "../model/assemble.ts";
import type { RandomStream } from "../nn/random_stream.ts";
import { type OnPart, partsOf, type Told } from "./long_videos.ts";
import type { ScoredVideo } from "../metrics/evaluation.ts";
import { scoreParts, scoreVideo, type SnippetScores } from "./score_video.ts";
import type { Scoring } from "./scoring.ts";

/** Videos whose scores are read back together: a read from a GPU costs 11 ms whatever its size. */
const READ_TOGETHER = 16;

const SHORTER_VIDEOS = "cut the features into shorter files and score these";

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
  /** The features in memory, or as they are to be read where they are many. */
  load(video: V): Promise<VideoFeatures | FeatureParts>;
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
    const read = await Promise.all(waiting.map(({ found }) => readScores(found))).catch((error) => {
      const [first, last] = [waiting[0], waiting.at(-1)!].map(({ video }) => `"${video.id}"`);
      const ids = first === last ? first : `${first} to ${last}`;
      throw memoryFaultOf(error, `Cannot score ${ids}`, SHORTER_VIDEOS);
    });
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
        const found = await scoresOfOne(model, features, video.id, { random, scoring, onPart });
        waiting.push({ video, snippets: features.snippets, found });
        begun++;
        listener.onVideo?.(begun);
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

/** @throws {RangeError} a fault: the device has not the memory for a video of this length */
async function scoresOfOne(
  model: Model,
  features: VideoFeatures | FeatureParts,
  id: string,
  { random, scoring, onPart }: {
    random: RandomStream;
    scoring: Scoring;
    onPart: OnPart | null;
  },
): Promise<SnippetScores> {
  try {
    return "read" in features
      ? await scoreParts(model, features, random, scoring, onPart)
      : scoreVideo(model, features, random, scoring, onPart);
  } catch (error) {
    const { snippets, crops, dim } = features;
    throw memoryFaultOf(
      error,
      `Cannot score "${id}", ${snippets} snippets x ${crops} ${
        crops === 1 ? "crop" : "crops"
      } of ${dim} channels`,
      SHORTER_VIDEOS,
    );
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
    load: async (video) => await video.inParts?.() ?? await video.load(),
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
