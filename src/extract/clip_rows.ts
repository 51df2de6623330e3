/** Clips that go through a network some at a time, in memory that is used again. */

import * as tf from "@tensorflow/tfjs";
import type { BackboneFacts } from "../contract/backbone.ts";
import type { Extractor } from "./extractor.ts";

/**
 * Numbers of the widest tensor of a batch: 128 MiB, the least that an adapter may take in one
 * piece.
 */
const BATCH_NUMBERS = 2 ** 25;
/** Numbers of the clips that wait for a batch to be full: 32 MB. */
const CLIP_NUMBERS = 8e6;

/** Clips that go through the network at once where nobody says how many. */
export function clipsAtOnce({ input, widest }: Pick<BackboneFacts, "input" | "widest">): number {
  return Math.max(1, Math.floor(BATCH_NUMBERS / Math.max(numbersOf(input), widest)));
}

function numbersOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
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

/** Writes a clip's numbers, [...facts.input], into a batch from a place on. */
export type WriteClip = (batch: Float32Array, at: number) => void;

/** Runs clips through the network, a batch of them at a time. */
export class ClipRows {
  readonly #extractor: Extractor;
  readonly #clipNumbers: number;
  readonly #batch: Float32Array;
  #filled = 0;
  /** Features of the clips so far, in the order of the clips. */
  readonly #pieces: Float32Array[] = [];

  /** @param batch clips at once; absent: by their size */
  constructor(extractor: Extractor, batch?: number) {
    this.#extractor = extractor;
    this.#clipNumbers = numbersOf(extractor.facts.input);
    const held = Math.max(1, Math.floor(CLIP_NUMBERS / this.#clipNumbers));
    const clips = batch ?? Math.min(held, clipsAtOnce(extractor.facts));
    this.#batch = batchOf(extractor, clips * this.#clipNumbers);
  }

  async add(write: WriteClip): Promise<void> {
    write(this.#batch, this.#filled);
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

  /** [clips, D], in the order in which they came. */
  async finish(): Promise<Float32Array> {
    await this.#run();
    return joined(this.#pieces);
  }
}

/** Arrays one behind the other. */
export function joined(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
