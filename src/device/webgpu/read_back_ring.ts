/**
 * Small tensors on their way from the GPU to the host. Each is copied into a slot of one buffer that the host can
 * map, in the command stream of the work that makes it; one map then reads all slots. A map costs 11 ms whatever
 * its size, so ten steps' losses read one by one would cost more than many a step.
 */

import type * as tf from "@tensorflow/tfjs";
import type { WsvadWebGPUBackend } from "./backend.ts";

/** One round of the ring: a buffer [slots, width], of which the first `filled` slots wait to be read. */
interface Round {
  buffer: GPUBuffer;
  /** Values of a slot. */
  width: number;
  filled: number;
}

export class ReadBackRing {
  readonly #backend: WsvadWebGPUBackend;
  readonly #slots: number;
  /** What waits, in order: one round, or several where tensors changed their size or came without a read. */
  #rounds: Round[] = [];

  constructor(backend: WsvadWebGPUBackend, slots: number) {
    this.#backend = backend;
    this.#slots = slots;
  }

  /** Copies the values that the tensor has after all work so far; the tensor stays the caller's. */
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
