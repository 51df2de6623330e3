/**
 * The pools of a backend under one budget: one for ordinary work, and one for each recording, whose
 * buffers nothing else may write to between its replays. A buffer goes back to the pool that it
 * came from. Stands in for tfjs's buffer manager.
 */

import { BufferPool, type PoolLimits } from "./buffer_pool.ts";
import type { BufferManager } from "../tfjs/webgpu_backend.ts";

export class BufferPools implements BufferManager {
  readonly #device: GPUDevice;
  readonly #limits: PoolLimits;
  readonly #flush: () => void;
  readonly #main: BufferPool;
  readonly #recorded = new Set<BufferPool>();
  readonly #owners = new WeakMap<GPUBuffer, BufferPool>();
  #current: BufferPool;
  #peakAllocated = 0;
  #peakUsed = 0;

  /** @param flush submits pending commands, upon which the buffers that wait for them come free */
  constructor(device: GPUDevice, limits: PoolLimits, flush: () => void) {
    this.#device = device;
    this.#limits = limits;
    this.#flush = flush;
    this.#main = this.#current = new BufferPool(device, limits, {
      flush,
      beside: () => this.#sumOfRecorded(({ numBytesAllocated }) => numBytesAllocated),
    });
  }

  /** A pool for a recording: it gives nothing back before it is closed. */
  open(): BufferPool {
    this.#main.trim();
    const pool: BufferPool = new BufferPool(this.#device, this.#limits, {
      flush: () => {
        this.#flush();
        this.#main.trim();
      },
      beside: () => this.numBytesAllocated - pool.numBytesAllocated,
      keepsFree: true,
    });
    this.#recorded.add(pool);
    return pool;
  }

  /**
   * Destroys a recording's buffers, whatever still uses them; or without a pool all of all pools.
   */
  dispose(pool?: BufferPool): void {
    if (!pool) {
      for (const each of this.#recorded) this.dispose(each);
      return this.#main.dispose();
    }
    this.#recorded.delete(pool);
    pool.dispose();
  }

  /** Whatever `work` allocates comes from `pool`. */
  within<T>(pool: BufferPool, work: () => T): T {
    const before = this.#current;
    this.#current = pool;
    try {
      return work();
    } finally {
      this.#current = before;
    }
  }

  acquireBuffer(
    size: number,
    usage: GPUBufferUsageFlags,
    mappedAtCreation?: boolean,
    reuse?: boolean,
  ): GPUBuffer {
    const buffer = this.#current.acquireBuffer(size, usage, mappedAtCreation, reuse);
    this.#owners.set(buffer, this.#current);
    this.#peakUsed = Math.max(this.#peakUsed, this.numBytesUsed);
    this.#peakAllocated = Math.max(this.#peakAllocated, this.numBytesAllocated);
    return buffer;
  }

  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void {
    this.#owners.get(buffer)?.releaseBuffer(buffer, reuse);
  }

  get budget(): number {
    return this.#limits.budget;
  }

  get numBytesUsed(): number {
    return this.#main.numBytesUsed + this.#sumOfRecorded(({ numBytesUsed }) => numBytesUsed);
  }

  get numBytesAllocated(): number {
    return this.#main.numBytesAllocated +
      this.#sumOfRecorded(({ numBytesAllocated }) => numBytesAllocated);
  }

  /** Most bytes allocated at once, free buffers included. */
  get peakAllocated(): number {
    return this.#peakAllocated;
  }

  /** Most bytes in use at once since the start or {@link resetPeakUsed}, free buffers left out. */
  get peakUsed(): number {
    return this.#peakUsed;
  }

  resetPeakUsed(): void {
    this.#peakUsed = this.numBytesUsed;
  }

  getNumUsedBuffers(): number {
    return this.#main.getNumUsedBuffers() +
      this.#sumOfRecorded((pool) => pool.getNumUsedBuffers());
  }

  getNumFreeBuffers(): number {
    return this.#main.getNumFreeBuffers() +
      this.#sumOfRecorded((pool) => pool.getNumFreeBuffers());
  }

  #sumOfRecorded(of: (pool: BufferPool) => number): number {
    let sum = 0;
    for (const pool of this.#recorded) sum += of(pool);
    return sum;
  }
}
