/** GPU buffers by size and use, under a budget. */

import { memoryFault } from "../memory_fault.ts";
import { formatBytes } from "../bytes.ts";
import type { BufferManager } from "../tfjs/webgpu_backend.ts";

export interface PoolLimits {
  /**
   * Bytes that all buffers together may hold; Infinity when no budget was set. Buffers for
   * transfers lie in the host's memory and are not counted.
   */
  budget: number;
  /** Bytes of one buffer, and of one storage binding: the adapter's. */
  buffer: number;
  binding: number;
}

/** What a pool knows of the rest of the backend. */
export interface Surroundings {
  /** Submits pending commands, upon which the buffers that wait for them come free. */
  flush(): void;
  /** Bytes that other pools hold of the same budget. */
  beside?(): number;
  /** Free buffers are never destroyed: recorded commands use them. */
  keepsFree?: boolean;
}

const TRANSFER = GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE;
/** Free buffers beyond this many bytes over the most ever in use at once are given back. */
const SPARE_BYTES = 256 * 2 ** 20;

/**
 * tfjs keeps every freed buffer for a tensor of exactly the same size and never gives one back, so
 * a process that scores videos of many lengths grows without end. Here free buffers are destroyed,
 * longest unused first, when they exceed what the process has ever needed at once, and before an
 * allocation would break the budget.
 */
export class BufferPool implements BufferManager {
  numBytesUsed = 0;
  numBytesAllocated = 0;
  readonly #device: GPUDevice;
  readonly #limits: PoolLimits;
  readonly #surroundings: Surroundings;
  /** By size and use, in the order of release: the newest is reused, the oldest destroyed. */
  readonly #free = new Map<string, GPUBuffer[]>();
  /** All free buffers with their keys, in the order of release. */
  readonly #releases = new Map<GPUBuffer, string>();
  readonly #used = new Set<GPUBuffer>();
  #closing = false;
  /** Most bytes in use at once: what the free buffers are measured by. */
  #mostUsed = 0;

  constructor(device: GPUDevice, limits: PoolLimits, surroundings: Surroundings) {
    this.#device = device;
    this.#limits = limits;
    this.#surroundings = surroundings;
  }

  /**
   * A buffer of exactly this size and use.
   *
   * @throws {RangeError} (fault) over the budget or the adapter's limits
   */
  acquireBuffer(
    size: number,
    usage: GPUBufferUsageFlags,
    mappedAtCreation = false,
    reuse = true,
  ): GPUBuffer {
    const key = `${size}_${usage}`;
    const recycled = reuse ? this.#free.get(key)?.pop() : undefined;
    if (recycled) this.#releases.delete(recycled);
    else this.#makeRoom(size, usage);
    const buffer = recycled ?? this.#device.createBuffer({ size, usage, mappedAtCreation });
    if (!recycled) this.numBytesAllocated += counted(buffer);
    this.#used.add(buffer);
    this.numBytesUsed += counted(buffer);
    this.#mostUsed = Math.max(this.#mostUsed, this.numBytesUsed);
    return buffer;
  }

  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    // After dispose() tensors may still be released one by one.
    if (!this.#used.delete(buffer)) return;
    this.numBytesUsed -= counted(buffer);
    if (!reuse || this.#closing) return this.#destroy(buffer);
    const key = `${buffer.size}_${buffer.usage}`;
    const sameKind = this.#free.get(key);
    if (sameKind) sameKind.push(buffer);
    else this.#free.set(key, [buffer]);
    this.#releases.set(buffer, key);
  }

  /** Destroys free buffers, longest unused first, until at most `bytes` are allocated. */
  trim(bytes = 0): void {
    if (this.#surroundings.keepsFree) return;
    this.#destroyFree(bytes);
  }

  #destroyFree(bytes: number): void {
    for (const [buffer, key] of this.#releases) {
      if (this.numBytesAllocated <= bytes) return;
      this.#releases.delete(buffer);
      this.#free.get(key)!.shift(); // the oldest of all is the oldest of its kind
      this.#destroy(buffer);
    }
  }

  getNumUsedBuffers(): number {
    return this.#used.size;
  }

  getNumFreeBuffers(): number {
    return this.#releases.size;
  }

  /** Destroys what is free now, and the rest as it comes back. */
  close(): void {
    this.#closing = true;
    this.#destroyFree(0);
  }

  dispose(): void {
    this.close();
    for (const buffer of this.#used) buffer.destroy();
    this.#used.clear();
    this.numBytesUsed = this.numBytesAllocated = 0;
  }

  #destroy(buffer: GPUBuffer): void {
    buffer.destroy();
    this.numBytesAllocated -= counted(buffer);
  }

  #makeRoom(size: number, usage: GPUBufferUsageFlags): void {
    const { buffer, binding } = this.#limits;
    const { flush, beside = () => 0 } = this.#surroundings;
    const single = usage & GPUBufferUsage.STORAGE ? Math.min(buffer, binding) : buffer;
    if (size > single) {
      throw memoryFault(
        `Cannot place a tensor of ${formatBytes(size)} on the GPU: this adapter takes at most ` +
          `${formatBytes(single)} in one piece`,
        "use --device cpu",
      );
    }
    this.trim(Math.max(0, 2 * this.#mostUsed + SPARE_BYTES - size));
    if (usage & TRANSFER) return;
    const room = () => this.#limits.budget - beside() - size;
    if (this.numBytesAllocated <= room()) return;
    flush();
    this.trim(Math.max(0, room()));
    if (this.numBytesAllocated <= room()) return;
    throw memoryFault(
      `Cannot allocate ${formatBytes(size)} on the GPU: ${
        formatBytes(this.numBytesUsed + beside())
      } of the ${formatBytes(this.#limits.budget)} allowed are in use`,
      "raise --gpu-memory",
    );
  }
}

function counted({ size, usage }: GPUBuffer): number {
  return usage & TRANSFER ? 0 : size;
}
