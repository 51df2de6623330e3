/**
 * Small tensors on their way from the GPU to the host. Each is copied into a slot of one buffer
 * that the host can map, in the command stream of the work that makes it; one map then reads all
 * slots. A map costs 11 ms whatever its size, so ten steps' losses read one by one would cost more
 * than many a step.
 */

import type * as tf from "@tensorflow/tfjs";
import type { ReadBack } from "../recorder.ts";
import type { BufferManager } from "../tfjs/webgpu_backend.ts";

/** What the ring asks of the backend. */
interface RingBackend {
  bufferManager: BufferManager;
  /** Copies a tensor's values into a buffer, in the command stream. */
  copyTo(tensor: tf.TensorInfo, buffer: GPUBuffer, offset: number): void;
  /** The first bytes of a buffer that can be mapped, after all work so far. */
  readMappable(buffer: GPUBuffer, bytes: number): Promise<Float32Array>;
  flush(): void;
}

/**
 * One round of the ring: a buffer [slots, width], of which the first `filled` slots wait to be
 * read.
 */
interface Round {
  buffer: GPUBuffer;
  /** Values of a slot. */
  width: number;
  filled: number;
}

export class ReadBackRing implements ReadBack {
  readonly #backend: RingBackend;
  readonly #slots: number;
  /**
   * What waits, in order: one round, or several where tensors changed their size or came without a
   * read.
   */
  #rounds: Round[] = [];

  constructor(backend: RingBackend, slots: number) {
    this.#backend = backend;
    this.#slots = slots;
  }

  put(tensor: tf.Tensor): void {
    const width = tensor.size;
    let round = this.#rounds.at(-1);
    if (round === undefined || round.width !== width || round.filled === this.#slots) {
      this.#rounds.push(round = this.#begin(width));
    }
    this.#backend.copyTo(tensor, round.buffer, 4 * width * round.filled++);
  }

  #begin(width: number): Round {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const size = 4 * width * this.#slots;
    return { buffer: this.#backend.bufferManager.acquireBuffer(size, usage), width, filled: 0 };
  }

  /** The values of all tensors since the last read, in order; every slot is free then. */
  async read(): Promise<Float32Array[]> {
    const rounds = this.#rounds;
    this.#rounds = [];
    try {
      const read = await Promise.all(rounds.map(async ({ buffer, width, filled }) => {
        if (filled === 0) return [];
        const values = await this.#backend.readMappable(buffer, 4 * width * filled);
        return Array.from(
          { length: filled },
          (_, slot) => values.subarray(slot * width, (slot + 1) * width),
        );
      }));
      const last = this.#rounds.length === 0 ? rounds.pop() : undefined;
      if (last) this.#rounds.push({ ...last, filled: 0 }); // the next ones are mostly of its size
      return read.flat();
    } finally {
      this.#release(rounds);
    }
  }

  dispose(): void {
    this.#backend.flush(); // copies into the buffers may wait to be submitted
    this.#release(this.#rounds);
    this.#rounds = [];
  }

  #release(rounds: Round[]): void {
    for (const { buffer } of rounds) this.#backend.bufferManager.releaseBuffer(buffer, false);
  }
}
