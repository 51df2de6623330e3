/**
 * Work that is done again and again: at first as always, then once while it is recorded, then once
 * both ways from the same state. When both agree in every bit, all later runs are replays, without
 * tfjs's graph code. A training step and the scoring of videos of one shape are such work.
 */

import * as tf from "@tensorflow/tfjs";
import type { Recorder, Recording } from "./recorder.ts";

/**
 * Runs as always before the recorded one: they compile every pipeline and put every variable on the
 * device.
 */
const EAGER_RUNS = 2;

type Named = Record<string, tf.Tensor>;

export interface ReplayOptions {
  eagerRuns?: number;
  /** What the work changes beside its outputs, in place: the same tensors in every run. */
  written?: () => tf.Tensor[];
}

/** What a run gave. */
export interface Done<Outputs> {
  outputs: Outputs;
  /**
   * They are the recording's: the next run writes over them. Else they are the caller's to dispose.
   */
  kept: boolean;
}

/** A recording in use. */
interface Recorded<Outputs> {
  recording: Recording;
  outputs: Outputs;
  /** What a replay writes: what the work changes, and the outputs. */
  written: tf.Tensor[];
  /** Whether a replay gave what the eager work gave. */
  checked: boolean;
}

export class ReplayedWork<Outputs extends Named> {
  readonly #recorder: Recorder;
  readonly #written: () => tf.Tensor[];
  #eagerLeft: number;
  #recorded: Recorded<Outputs> | null = null;
  /** The same run made both ways, to be compared. */
  #pair: { eager: Named; replayed: Named } | null = null;
  #obstacle: string | null = null;
  #replays = 0;

  constructor(
    recorder: Recorder,
    { eagerRuns = EAGER_RUNS, written = () => [] }: ReplayOptions = {},
  ) {
    this.#recorder = recorder;
    this.#written = written;
    this.#eagerLeft = eagerRuns;
  }

  /** Why runs stay eager, if they do. */
  get obstacle(): string | null {
    return this.#obstacle;
  }

  /** Dispatches of a replay; null without a recording. */
  get dispatches(): number | null {
    return this.#recorded?.recording.size ?? null;
  }

  /** Bytes of the recording's buffers. */
  get bytes(): number {
    return this.#recorded?.recording.bytes ?? 0;
  }

  /** Replays so far. */
  get replays(): number {
    return this.#replays;
  }

  /**
   * Whether the next run needs a recording, or is of one: what it reads must lie in tensors that
   * stay.
   */
  get staying(): boolean {
    return this.#recorded !== null || (this.#eagerLeft === 0 && this.#obstacle === null);
  }

  /**
   * Does the work once.
   *
   * @param work depends on nothing but values in tensors that stay, and frees all but its outputs
   * @throws fault: memory for the recording is missing
   */
  run(work: () => Outputs): Done<Outputs> {
    const eager = () => ({ outputs: work(), kept: false });
    if (this.#obstacle !== null || this.#pair) return eager();
    if (this.#recorded) {
      return this.#recorded.checked ? this.#replay(this.#recorded) : this.#both(work);
    }
    if (this.#eagerLeft === 0) return this.#record(work);
    this.#eagerLeft--;
    return eager();
  }

  /** Compares what the last run made both ways, if it did; replays begin where it is the same. */
  async settle(): Promise<void> {
    if (!this.#pair || !this.#recorded) return;
    const { eager, replayed } = this.#pair;
    const same = await Promise.all(
      Object.keys(eager).map(async (name) => {
        const [a, b] = await Promise.all([eager[name].data(), replayed[name].data()]);
        return Array.from(a).every((value, i) => Object.is(value, b[i]));
      }),
    );
    tf.dispose([eager, replayed]);
    this.#pair = null;
    if (same.every(Boolean)) {
      this.#recorded.checked = true;
    } else {
      this.dispose();
      this.#obstacle = "a replay gave other numbers than the same work done eagerly";
    }
  }

  #record(work: () => Outputs): Done<Outputs> {
    const { result: outputs, recording } = this.#recorder.record(() => keepAll(work()));
    if (typeof recording === "string") {
      this.#obstacle = recording;
      const copies = copiesOf(outputs); // of buffers that are ordinary ones from here on
      tf.dispose({ ...outputs });
      return { outputs: copies, kept: false };
    }
    const written = [...this.#written(), ...Object.values(outputs)];
    this.#recorded = { recording, outputs, written, checked: false };
    return { outputs, kept: true };
  }

  /**
   * As a replay, and then eagerly from the same state; the state and the outputs are those of the
   * eager run.
   */
  #both(work: () => Outputs): Done<Outputs> {
    const recorded = this.#recorded!, written = this.#written();
    const before: tf.Tensor[] = [];
    let replayed: Outputs | undefined, made: Outputs | undefined;
    try {
      for (const tensor of written) before.push(this.#copyOf(tensor));
      replayed = keepAll(copiesOf(this.#replay(recorded).outputs));
      written.forEach((tensor, i) => this.#recorder.copyInto(before[i], tensor));
      tf.dispose(before.splice(0));
      made = this.#recorder.inBuffersOf(recorded.recording, work);
      const outputs = copiesOf(made);
      this.#pair = { eager: keepAll(copiesOf(outputs)), replayed };
      return { outputs, kept: false };
    } finally {
      tf.dispose([...before, { ...made }, this.#pair ? {} : { ...replayed }]);
    }
  }

  #replay({ recording, outputs, written }: Recorded<Outputs>): Done<Outputs> {
    this.#recorder.replay(recording, written);
    this.#replays++;
    return { outputs, kept: true };
  }

  #copyOf(tensor: tf.Tensor): tf.Tensor {
    const copy = tf.zeros(tensor.shape);
    this.#recorder.copyInto(tensor, copy);
    return copy;
  }

  /** Frees the recording and its outputs. */
  dispose(): void {
    if (this.#pair) tf.dispose([this.#pair.eager, this.#pair.replayed]);
    this.#pair = null;
    if (!this.#recorded) return;
    tf.dispose({ ...this.#recorded.outputs });
    this.#recorded.recording.dispose();
    this.#recorded = null;
  }
}

function keepAll<T extends Named>(tensors: T): T {
  for (const tensor of Object.values(tensors)) tf.keep(tensor);
  return tensors;
}

/** In memory of their own. */
export function copiesOf<T extends Named>(tensors: T): T {
  return tf.tidy(() => {
    const copies = Object.entries(tensors).map(([name, tensor]) => [name, tf.mul(tensor, 1)]);
    return Object.fromEntries(copies) as T;
  });
}
