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
 * Memory of clips that nobody fills now, of one video after the other: much that comes and goes
 * makes the collector of garbage run at every frame.
 */
const freeBatches = new WeakMap<Extractor, Float32Array[]>();

function batchOf(extractor: Extractor, numbers: number): Float32Array {
  const free = freeBatches.get(extractor) ?? [];
  const place = free.findIndex(({ length }) => length === numbers);
  return place < 0 ? new Float32Array(numbers) : free.splice(place, 1)[0];
}

/** Clips that wait for the network, at most, where nobody says how many go through it at once. */
export function clipsOfBatch({ facts }: Pick<Extractor, "facts">, batch?: number): number {
  const held = Math.max(1, Math.floor(CLIP_NUMBERS / numbersOf(facts.input)));
  return batch ?? Math.min(held, clipsAtOnce(facts));
}

/** Writes a clip's numbers, [...facts.input], into a batch from a place on. */
export type WriteClip = (batch: Float32Array, at: number) => void;

/**
 * Is given features [clips, D] in the order of their clips, a batch of them at a time, which hold
 * until it returns.
 */
export type OnRows = (rows: Float32Array) => void;

/**
 * Frees memory that nobody reads any longer: the collector of garbage lets hundreds of megabytes
 * of such pieces stand, since they lie outside of its heap.
 */
export function giveBack({ buffer, byteLength }: Float32Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Runs clips through the network, a batch of them at a time. */
export class ClipRows {
  readonly #extractor: Extractor;
  readonly #onRows: OnRows;
  readonly #clipNumbers: number;
  readonly #batch: Float32Array;
  #filled = 0;

  /** @param batch clips at once; absent: by their size */
  constructor(extractor: Extractor, onRows: OnRows, batch?: number) {
    this.#extractor = extractor;
    this.#onRows = onRows;
    this.#clipNumbers = numbersOf(extractor.facts.input);
    this.#batch = batchOf(extractor, clipsOfBatch(extractor, batch) * this.#clipNumbers);
  }

  async add(write: WriteClip): Promise<void> {
    write(this.#batch, this.#filled);
    this.#filled += this.#clipNumbers;
    if (this.#filled === this.#batch.length) await this.flush();
  }

  /** Runs the clips that wait. */
  async flush(): Promise<void> {
    if (this.#filled === 0) return;
    const { network, facts } = this.#extractor;
    const features = tf.tidy(() => {
      const clips = this.#filled / this.#clipNumbers;
      const numbers = this.#batch.subarray(0, this.#filled);
      return network(tf.tensor(numbers, [clips, ...facts.input]));
    });
    this.#filled = 0;
    // Once they are here, the batch has been read.
    const rows = await features.data() as Float32Array;
    features.dispose();
    this.#onRows(rows);
    giveBack(rows);
  }

  /** Leaves the memory of the clips to others. */
  [Symbol.dispose](): void {
    const free = freeBatches.get(this.#extractor) ?? [];
    free.push(this.#batch);
    freeBatches.set(this.#extractor, free);
  }
}
