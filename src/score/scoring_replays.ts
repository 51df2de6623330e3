/**
 * Capture and replay of scoring on a GPU: of videos of one shape the first are scored as always, one is recorded, and
 * one is scored both ways; when both agree in every bit, all later ones are replays, without tfjs's graph code.
 *
 * Shapes must be equal, not of one bucket: in all methods but `mil`, which scores each snippet alone, a video that is
 * padded to the length of its bucket gets other scores. A convolution's bias makes the padding more than 0 for the next
 * layer, attention looks at it, normalisation over time counts it. VadCLIP is defined on padded windows: there the
 * padding is part of the numbers, and all videos come in windows of one length anyway.
 */

import * as tf from "@tensorflow/tfjs";
import type { WsvadWebGPUBackend } from "../device/webgpu/backend.ts";
import type { Told } from "./long_videos.ts";
import { isFault } from "../fault.ts";
import type { Recording } from "../device/webgpu/recording.ts";
import type { DeviceBatch } from "../model/assemble.ts";

/** Videos of a shape that are scored as always before one is recorded. */
const EAGER = 2;
/** Recordings held at once, each with memory of its own; videos of further shapes stay eager. */
const MOST = 4;

type Named = Record<string, tf.Tensor>;

interface Recorded {
  batch: DeviceBatch;
  recording: Recording;
  /** What the recorded work writes. */
  outputs: Named;
  checked: boolean;
  /** The same scores made both ways, to be compared by {@link ScoringReplays.settle}. */
  pair?: { eager: Named; replayed: Named };
}

export interface ScoringOptions {
  /** Whether scoring may be replayed where the device can: trainer.capture. */
  capture?: boolean;
  /** Told why it is not, if so. */
  onFallback?: (reason: string) => void;
  /** Told before each part of a long video, with the number of videos before it. */
  onPart?: (done: number, told: Told) => void;
}

/** What replays scoring on this device, if anything does; the caller disposes it. */
export function scoringReplays(
  { capture = true, onFallback = () => {} }: ScoringOptions,
): ScoringReplays | null {
  return capture && tf.getBackend() === "webgpu" ? new ScoringReplays(onFallback) : null;
}

/** Serves one pass over videos: the weights must not change before it is disposed. */
export class ScoringReplays {
  readonly #backend = tf.backend() as unknown as WsvadWebGPUBackend;
  readonly #onFallback: (reason: string) => void;
  readonly #seen = new Map<string, number>();
  readonly #recorded = new Map<string, Recorded>();
  #off = false;
  #replayed = 0;

  /** @param onFallback told once why videos stay eager, if they do */
  constructor(onFallback: (reason: string) => void) {
    this.#onFallback = onFallback;
  }

  /** Videos, or groups of windows, that were replayed so far. */
  get replayed(): number {
    return this.#replayed;
  }

  /**
   * What `work` makes of a batch of that shape; the caller disposes it.
   *
   * @param work depends on nothing but the batch and the weights
   */
  run<Outputs extends Named>(
    shape: [number, number, number, number],
    values: Float32Array,
    lengths: number[],
    work: (batch: DeviceBatch) => Outputs,
  ): Outputs {
    const eager = () => this.#eager(() => work(batchOf(shape, values, lengths)));
    const key = String(shape), known = this.#recorded.get(key);
    if (this.#off || known?.pair) return eager();
    if (known) {
      this.#place(known.batch, values, lengths);
      return (known.checked ? this.#replay(known) : this.#both(known, work)) as Outputs;
    }
    const seen = this.#seen.get(key) ?? 0;
    this.#seen.set(key, seen + 1);
    if (seen < EAGER || this.#recorded.size >= MOST) return eager();
    return this.#record(key, shape, values, lengths, work);
  }

  /** Work without a recording; where the recordings leave no room for it, they go. */
  #eager<Outputs extends Named>(work: () => Outputs): Outputs {
    try {
      return tf.tidy(work);
    } catch (error) {
      if (!isFault(error) || this.#recorded.size === 0) throw error;
      this.#giveUp(error);
      return tf.tidy(work);
    }
  }

  #record<Outputs extends Named>(
    key: string,
    shape: [number, number, number, number],
    values: Float32Array,
    lengths: number[],
    work: (batch: DeviceBatch) => Outputs,
  ): Outputs {
    const batch = batchOf(shape, values, lengths);
    keepAll({ ...batch });
    this.#place(batch, values, lengths);
    let recorded;
    try {
      recorded = this.#backend.record(() => keepAll(tf.tidy(() => work(batch))));
    } catch (error) {
      tf.dispose({ ...batch });
      if (!isFault(error)) throw error;
      this.#giveUp(error);
      return tf.tidy(() => work(batchOf(shape, values, lengths)));
    }
    const { result: outputs, recording } = recorded;
    const copies = copiesOf(outputs) as Outputs;
    if (typeof recording === "string") {
      tf.dispose({ ...batch, ...outputs });
      this.#fallBack(recording);
    } else {
      this.#recorded.set(key, { batch, recording, outputs, checked: false });
    }
    return copies;
  }

  #both<Outputs extends Named>(known: Recorded, work: (batch: DeviceBatch) => Outputs): Outputs {
    const replayed = this.#replay(known);
    const made = this.#backend.inBuffersOf(
      known.recording,
      () => tf.tidy(() => work(known.batch)),
    );
    const eager = copiesOf(made) as Outputs;
    tf.dispose(made);
    known.pair = { eager: keepAll(copiesOf(eager)), replayed: keepAll(replayed) };
    return eager;
  }

  #replay({ recording, outputs }: Recorded): Named {
    this.#backend.replay(recording, Object.values(outputs));
    this.#replayed++;
    return copiesOf(outputs);
  }

  /** All of a batch in its own buffers, so that a recording reads them. */
  #place({ video, lengths: onDevice }: DeviceBatch, values: Float32Array, lengths: number[]): void {
    this.#backend.overwrite(video, values);
    this.#backend.overwrite(onDevice, Int32Array.from(lengths));
  }

  /** Compares what was made both ways; replays begin where it is the same. */
  async settle(): Promise<void> {
    for (const known of this.#recorded.values()) {
      if (!known.pair) continue;
      const { eager, replayed } = known.pair;
      const names = Object.keys(eager);
      const same = await Promise.all(names.map(async (name) => {
        const [a, b] = await Promise.all([eager[name].data(), replayed[name].data()]);
        return a.every((value, i) => Object.is(value, b[i]));
      }));
      tf.dispose([eager, replayed]);
      known.pair = undefined;
      known.checked = same.every(Boolean);
      if (!known.checked) {
        this.#fallBack("a replay gave other scores than the same work done eagerly");
      }
    }
  }

  /** Frees the recordings, for whose memory something else asks. */
  #giveUp({ message }: Error): void {
    this[Symbol.dispose]();
    this.#fallBack(`recordings of videos do not fit into memory (${message})`);
  }

  #fallBack(reason: string): void {
    if (!this.#off) this.#onFallback(reason);
    this.#off = true;
  }

  [Symbol.dispose](): void {
    for (const { batch, recording, outputs, pair } of this.#recorded.values()) {
      tf.dispose({ ...batch, ...outputs });
      if (pair) tf.dispose([pair.eager, pair.replayed]);
      recording.dispose();
    }
    this.#recorded.clear();
  }
}

/** A batch to be scored: what only training reads is zero. */
export function batchOf(
  shape: [number, number, number, number],
  values: Float32Array,
  lengths: number[],
): DeviceBatch {
  return {
    video: tf.tensor(values, shape),
    lengths: tf.tensor1d(lengths, "int32"),
    classIds: tf.zeros([shape[0]], "int32"),
    labels: tf.zeros([shape[0], 1]),
  };
}

function keepAll<T extends Named>(tensors: T): T {
  for (const tensor of Object.values(tensors)) tf.keep(tensor);
  return tensors;
}

/** In memory of their own: the next replay writes over what a recording gave. */
function copiesOf(tensors: Named): Named {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, tf.tidy(() => tf.mul(tensor, 1))]),
  );
}
