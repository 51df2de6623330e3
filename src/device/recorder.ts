/**
 * What a device offers that can record the commands of its work, and do them again without running
 * tfjs's code.
 */

import type * as tf from "@tensorflow/tfjs";

/** A recorded stretch of work. */
export interface Recording {
  /** Dispatches in it. */
  readonly size: number;
  /** Bytes of its buffers. */
  readonly bytes: number;
  dispose(): void;
}

export interface Recorder {
  /** Bytes that all buffers together may hold; Infinity without a limit. */
  readonly budget: number;
  /**
   * Does `work` and records it. Tensors that it returns or leaves behind keep their buffers until
   * the recording is disposed, whatever happens to the tensors.
   *
   * @returns the recording, or in words why it cannot be replayed: `work` is done either way
   * @throws fault: its buffers do not fit beside the others
   */
  record<T>(work: () => T): { result: T; recording: Recording | string };
  /** Replays a recording after all work so far. `written`: tensors whose values it changes. */
  replay(recording: Recording, written: tf.TensorInfo[]): void;
  /**
   * Encodes so many replays, one after the other, for a clock that shall not count the encoding.
   *
   * @returns hands them to the device, once
   */
  prepare(recording: Recording, times: number): () => void;
  /**
   * Does `work` in the buffers of a recording, which are idle between its replays: so the same
   * work, done eagerly to compare, takes no memory of its own. Its tensors must be gone before the
   * next replay.
   */
  inBuffersOf<T>(recording: Recording, work: () => T): T;
  /** Copies a tensor's values into another of the same size, in its own buffer. */
  copyInto(from: tf.TensorInfo, to: tf.TensorInfo): void;
  /** Small tensors on their way to the host, so many of them in one read. */
  readBack(slots: number): ReadBack;
}

/** Values of tensors that are read together. */
export interface ReadBack {
  /** Copies the values that the tensor has after all work so far; the tensor stays the caller's. */
  put(tensor: tf.Tensor): void;
  /** The values of all tensors since the last read, in order. */
  read(): Promise<Float32Array[]>;
  dispose(): void;
}
