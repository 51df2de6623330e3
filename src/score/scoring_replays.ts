/**
 * Scoring recorded and replayed, where the device can: of videos of one shape the first are scored
 * as always, one is recorded, one is scored both ways, and all later ones are replays
 * (device/replayed_work.ts).
 *
 * Shapes must be equal, not of one bucket: in all methods but `mil`, which scores each snippet
 * alone, a video that is padded to the length of its bucket gets other scores. A convolution's bias
 * makes the padding more than 0 for the next layer, attention looks at it, normalisation over time
 * counts it. VadCLIP is defined on padded windows: there the padding is part of the numbers, and
 * all videos come in windows of one length anyway.
 */

import * as tf from "@tensorflow/tfjs";
import type { Recorder } from "../device/recorder.ts";
import { copiesOf, ReplayedWork } from "../device/replayed_work.ts";
import { isFault } from "../fault.ts";
import type { DeviceBatch } from "../model/assemble.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";

/** Recordings held at once, each with memory of its own; videos of further shapes stay eager. */
const MOST = 4;

/**
 * Recordings stay from one evaluation to the next up to so many bytes together: training needs the
 * rest.
 */
const KEPT_BYTES = 256 * 2 ** 20;

type Named = Record<string, tf.Tensor>;
type Shape = [number, number, number, number];

/** The scoring of videos of one shape; the batch is there once it must stay. */
interface Scored {
  work: ReplayedWork<Named>;
  batch: DeviceBatch | null;
}

/**
 * Serves as long as the weights keep their memory: they may change there, as in training, but not
 * be replaced. Values in a memo must then change in theirs.
 */
export class ScoringReplays {
  readonly #recorder: Recorder;
  readonly #onFallback: (reason: string) => void;
  readonly #byShape = new Map<string, Scored>();
  #off = false;
  #replayed = 0;

  /** @param onFallback told once why videos stay eager, if they do */
  constructor(recorder: Recorder, onFallback: (reason: string) => void) {
    this.#recorder = recorder;
    this.#onFallback = onFallback;
  }

  /** Videos, or groups of windows, that were replayed so far. */
  get replayed(): number {
    let sum = this.#replayed;
    for (const { work } of this.#byShape.values()) sum += work.replays;
    return sum;
  }

  /**
   * What `work` makes of a batch of that shape; the caller disposes it.
   *
   * @param work depends on nothing but the batch and the weights
   */
  run<Outputs extends Named>(
    shape: Shape,
    values: Float32Array,
    lengths: number[],
    work: (batch: DeviceBatch) => Outputs,
  ): Outputs {
    const eager = () => tf.tidy(() => work(batchOf(shape, values, lengths)));
    if (this.#off) return eager();
    try {
      const scored = this.#ofShape(shape);
      if (!scored.work.staying) return scored.work.run(eager).outputs as Outputs;
      if (!scored.batch && this.#recorded().length >= MOST) return eager();
      const batch = place(scored, shape, values, lengths);
      const { outputs, kept } = scored.work.run(() => tf.tidy(() => work(batch)));
      return (kept ? copiesOf(outputs) : outputs) as Outputs;
    } catch (error) {
      if (!isFault(error) || this.#recorded().length === 0) throw error;
      this.release();
      this.#fallBack(`recordings of videos do not fit into memory (${error.message})`);
      return eager();
    }
  }

  #ofShape(shape: Shape): Scored {
    const key = String(shape);
    let scored = this.#byShape.get(key);
    if (!scored) {
      scored = { work: new ReplayedWork(this.#recorder), batch: null };
      this.#byShape.set(key, scored);
    }
    return scored;
  }

  #recorded(): Scored[] {
    return [...this.#byShape.values()].filter(({ batch }) => batch !== null);
  }

  /** Compares what was made both ways; replays begin where it is the same. */
  async settle(): Promise<void> {
    for (const { work } of this.#byShape.values()) {
      await work.settle();
      if (work.obstacle !== null) this.#fallBack(work.obstacle);
    }
  }

  /**
   * All videos are scored, others may follow: large recordings go, which training may need the
   * memory of.
   */
  rest(): void {
    const bytes = this.#recorded().reduce((sum, { work }) => sum + work.bytes, 0);
    if (bytes > KEPT_BYTES || this.#recorder.budget < Infinity) this.release();
  }

  /** Frees the recordings; videos are counted anew. */
  release(): void {
    this.#replayed = this.replayed;
    for (const { work, batch } of this.#byShape.values()) {
      work.dispose();
      if (batch) tf.dispose({ ...batch });
    }
    this.#byShape.clear();
  }

  #fallBack(reason: string): void {
    if (!this.#off) this.#onFallback(reason);
    this.#off = true;
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** The batch of a shape in tensors that stay, with these values. */
function place(scored: Scored, shape: Shape, values: Float32Array, lengths: number[]): DeviceBatch {
  if (!scored.batch) {
    scored.batch = batchOf(shape, values, lengths);
    for (const tensor of Object.values({ ...scored.batch })) tf.keep(tensor);
  }
  overwrite(scored.batch.video, values);
  overwrite(scored.batch.lengths, Int32Array.from(lengths));
  return scored.batch;
}

/** A batch to be scored: what only training reads is zero. */
export function batchOf(shape: Shape, values: Float32Array, lengths: number[]): DeviceBatch {
  return {
    video: tf.tensor(values, shape),
    lengths: tf.tensor1d(lengths, "int32"),
    classIds: tf.zeros([shape[0]], "int32"),
    labels: tf.zeros([shape[0], 1]),
  };
}
