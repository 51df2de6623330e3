/**
 * What of a backend is one thing while work is recorded, and another else: the pool that buffers
 * come from, and the uniform blocks.
 */

import type { BufferPools } from "./buffer_pools.ts";
import { type GpuRecording, type RecordedBuffers, RecordingSession } from "./recording.ts";
import { MOST_BLOCKS, UniformBlocks } from "./uniform_blocks.ts";

export class Recordings {
  readonly #device: GPUDevice;
  readonly #pools: BufferPools;
  readonly #flush: () => void;
  #uniforms: UniformBlocks;
  #session: RecordingSession | null = null;

  /**
   * @param uniforms of work that is not recorded
   * @param flush submits pending commands
   */
  constructor(
    device: GPUDevice,
    pools: BufferPools,
    { uniforms, flush }: { uniforms: UniformBlocks; flush: () => void },
  ) {
    this.#device = device;
    this.#pools = pools;
    this.#uniforms = uniforms;
    this.#flush = flush;
  }

  /** That in progress, if there is one. */
  get session(): RecordingSession | null {
    return this.#session;
  }

  get uniforms(): UniformBlocks {
    return this.#uniforms;
  }

  /** As {@link Recorder.record}. */
  record<T>(work: () => T): { result: T; recording: GpuRecording | string } {
    if (this.#session) throw new Error("A recording runs already");
    this.#flush();
    const session = this.#session = new RecordingSession(this.#device);
    const refuse = () =>
      session.refuse(`it has more than ${MOST_BLOCKS} uniform blocks, all of which must stay`);
    const pool = this.#pools.open();
    const uniforms = new UniformBlocks((buffer) => pool.releaseBuffer(buffer), refuse);
    const dispose = () => {
      this.#flush(); // copies of its results may wait to be submitted
      this.#pools.dispose(pool);
    };
    try {
      const buffers = { pool, uniforms };
      const result = this.#within(buffers, work);
      const recording = session.finish(buffers, dispose);
      if (typeof recording === "string") {
        uniforms.forget();
        pool.close();
      }
      return { result, recording };
    } catch (error) {
      dispose();
      throw error;
    } finally {
      this.#session = null;
    }
  }

  /** As {@link Recorder.inBuffersOf}. */
  inBuffersOf<T>({ buffers }: GpuRecording, work: () => T): T {
    this.#flush();
    return this.#within(buffers, work);
  }

  /** Whatever `work` allocates is of these buffers; its commands are submitted, if it fails too. */
  #within<T>({ pool, uniforms }: RecordedBuffers, work: () => T): T {
    const usual = this.#uniforms;
    this.#uniforms = uniforms;
    try {
      return this.#pools.within(pool, () => {
        try {
          return work();
        } finally {
          this.#flush();
        }
      });
    } finally {
      this.#uniforms = usual;
    }
  }
}
