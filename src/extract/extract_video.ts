/**
 * The features of one video: frames are decoded, resized and cut as they come, so that a video of
 * an hour takes the memory of one of a minute, less its features.
 */

import * as tf from "@tensorflow/tfjs";
import type { BackboneFacts } from "../contract/backbone.ts";
import { poolSegments } from "../data/segments.ts";
import { fault } from "../fault.ts";
import { decodeFrames } from "../video/decode_frames.ts";
import { type FramePreparer, prepareFrames, type ResizedFrame } from "../video/prepare_frames.ts";
import { snippetCount, snippetFrames } from "../video/snippet_grid.ts";
import type { VideoSource } from "../video/video_source.ts";
import type { Extractor } from "./extractor.ts";

export interface ExtractedVideo {
  /** [T, N, D]; T snippets, or segments where the recipe asks for them. */
  shape: [number, number, number];
  values: Float32Array;
  frames: number;
  /** Of a damaged file: what is missing, in words. */
  damage: string | null;
}

export interface ExtractOptions {
  /** Clips that go through the network at once; absent: by their size. */
  batch?: number;
  /** Told of every decoded frame. */
  onFrame?: (frames: number) => void;
  stop?: AbortSignal;
}

/**
 * Numbers of the widest tensor of a batch: 128 MiB, the least that an adapter may take in one
 * piece.
 */
const BATCH_NUMBERS = 2 ** 25;
/** Numbers of the clips that wait for a batch to be full: 32 MB. */
const CLIP_NUMBERS = 8e6;

/** Clips that go through the network at once where nobody says how many. */
export function clipsAtOnce({ input, widest }: Pick<BackboneFacts, "input" | "widest">): number {
  const numbers = input.reduce((product, size) => product * size, 1);
  return Math.max(1, Math.floor(BATCH_NUMBERS / Math.max(numbers, widest)));
}

/**
 * The memory of the clips, of one video after the other: much that comes and goes makes the
 * collector of garbage run at every frame.
 */
const batches = new WeakMap<Extractor, Float32Array>();

function batchOf(extractor: Extractor, numbers: number): Float32Array {
  const known = batches.get(extractor);
  if (known?.length === numbers) return known;
  const batch = new Float32Array(numbers);
  batches.set(extractor, batch);
  return batch;
}

/** Stands for a frame that the backbone does not look at. */
const NOT_SEEN = new Uint8Array(0);

/**
 * @throws a fault: a video that cannot be decoded, or is too short for its extractor; the
 *     signal
 */
export async function extractVideo(
  source: VideoSource,
  extractor: Extractor,
  { batch, onFrame, stop }: ExtractOptions = {},
): Promise<ExtractedVideo> {
  const { snippet, grid, recipe, lineage, crops, single } = extractor;
  let damage: string | null = null;
  let rows: SnippetRows | null = null;
  let preparer: FramePreparer | null = null;
  let waiting: ResizedFrame[] = [];
  let frames = 0;
  const options = { jpeg: recipe.jpeg, onDamage: (text: string) => damage = text };
  for await (const frame of decodeFrames(source, options)) {
    if (stop?.aborted) {
      throw fault(Error, "Stopped: the same command goes on with the videos that are missing");
    }
    preparer ??= prepareFrames(frame, lineage, { crops, side: extractor.facts.input[1] });
    rows ??= new SnippetRows(extractor, preparer, batch);
    const seen = single === null || single.includes(waiting.length);
    const resized = seen ? preparer.resize(frame.data) : NOT_SEEN;
    // The frame's memory is that of the next one.
    waiting.push(resized === frame.data ? frame.data.slice() : resized);
    frames++;
    onFrame?.(frames);
    if (waiting.length < snippet) continue;
    await rows.add(waiting);
    waiting = [];
  }
  const attempted = `Cannot extract features of "${source.path}"`;
  let count: number;
  try {
    count = snippetCount(grid, frames, snippet);
  } catch (error) {
    throw fault(RangeError, `${attempted}: ${(error as Error).message}`, { cause: error });
  }
  if (rows === null || count === 0) {
    throw fault(
      RangeError,
      `${attempted}: its ${frames} frames make no snippet of ${snippet}; take a longer video`,
    );
  }
  if (waiting.length > 0 && grid.tail !== "dropped") {
    const first = frames - waiting.length;
    const order = snippetFrames(grid, count - 1, frames, snippet);
    await rows.add(order.map((frame) => waiting[frame - first]));
  }
  const values = await rows.finish();
  const shape: ExtractedVideo["shape"] = [count, rows.crops, recipe.dim];
  return { ...pooled({ shape, values }, recipe.segments), frames, damage };
}

/** Runs snippets through the network, a batch of clips at a time. */
class SnippetRows {
  readonly crops: number;
  readonly #extractor: Extractor;
  readonly #preparer: FramePreparer;
  readonly #clipNumbers: number;
  readonly #batch: Float32Array;
  #filled = 0;
  /** Features of the clips so far, in the order of the clips. */
  readonly #pieces: Float32Array[] = [];

  constructor(extractor: Extractor, preparer: FramePreparer, batch?: number) {
    this.#extractor = extractor;
    this.#preparer = preparer;
    this.crops = preparer.places.length;
    this.#clipNumbers = extractor.facts.input.reduce((product, size) => product * size, 1);
    const held = Math.max(1, Math.floor(CLIP_NUMBERS / this.#clipNumbers));
    const clips = batch ?? Math.min(held, clipsAtOnce(extractor.facts));
    this.#batch = batchOf(extractor, clips * this.#clipNumbers);
  }

  /** Adds one snippet: each crop is a clip, or where frames are seen singly, each frame of each. */
  async add(frames: ResizedFrame[]): Promise<void> {
    const { single } = this.#extractor;
    const clips = single ? single.map((k) => [frames[k]]) : [frames];
    for (let n = 0; n < this.crops; n++) {
      for (const clip of clips) await this.#addClip(clip, n);
    }
  }

  async #addClip(clip: ResizedFrame[], crop: number): Promise<void> {
    const size = this.#clipNumbers / clip.length;
    clip.forEach((frame, k) =>
      this.#preparer.write(frame, crop, this.#batch, this.#filled + k * size, k)
    );
    this.#filled += this.#clipNumbers;
    if (this.#filled === this.#batch.length) await this.#run();
  }

  async #run(): Promise<void> {
    if (this.#filled === 0) return;
    const { network, facts } = this.#extractor;
    const features = tf.tidy(() => {
      const clips = this.#filled / this.#clipNumbers;
      const numbers = this.#batch.subarray(0, this.#filled);
      return network(tf.tensor(numbers, [clips, ...facts.input]));
    });
    this.#filled = 0;
    // Once they are here, the batch has been read.
    this.#pieces.push(await features.data() as Float32Array);
    features.dispose();
  }

  /** [T, N, D]. */
  async finish(): Promise<Float32Array> {
    await this.#run();
    const { facts: { dim }, single } = this.#extractor;
    const perSnippet = single?.length ?? 1;
    const numbers = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
    const rows = new Float32Array(numbers);
    let at = 0;
    for (const piece of this.#pieces) {
      rows.set(piece, at);
      at += piece.length;
    }
    return perSnippet === 1 ? rows : meanOfRows(rows, dim, perSnippet);
  }
}

/** The mean of every `count` rows of D numbers. */
function meanOfRows(rows: Float32Array, dim: number, count: number): Float32Array {
  const means = new Float32Array(rows.length / count);
  for (let i = 0; i < means.length; i++) {
    const first = Math.floor(i / dim) * count * dim + i % dim;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += rows[first + k * dim];
    means[i] = sum / count;
  }
  return means;
}

/** Snippets to segments, as training pools them. */
function pooled(
  { shape, values }: Pick<ExtractedVideo, "shape" | "values">,
  segments: number | null,
): Pick<ExtractedVideo, "shape" | "values"> {
  if (segments === null) return { shape, values };
  const [snippets, crops, dim] = shape;
  const cropsFirst = swapped(values, snippets, crops, dim);
  const features = { crops, snippets, dim, values: cropsFirst, length: snippets };
  const pool = poolSegments(features, segments, "mean");
  return { shape: [segments, crops, dim], values: swapped(pool.values, crops, segments, dim) };
}

/** [A, B, D] -> [B, A, D]. */
function swapped(values: Float32Array, A: number, B: number, dim: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let a = 0; a < A; a++) {
    for (let b = 0; b < B; b++) {
      const from = (a * B + b) * dim;
      result.set(values.subarray(from, from + dim), (b * A + a) * dim);
    }
  }
  return result;
}
