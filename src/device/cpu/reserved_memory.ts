/**
 * Memory of the heap for values that are about to be read from a file: they are read to where the
 * tensor will lie, and not copied there.
 */

import type { HeapAllocator, HeapBlock } from "./heap_allocator.ts";
import { padded } from "./heap_blocks.ts";

export class ReservedMemory {
  readonly #allocator: HeapAllocator;
  readonly #memory: WebAssembly.Memory;
  /** By address, with the bytes that were asked for. */
  readonly #blocks = new Map<number, { block: HeapBlock; bytes: number }>();

  constructor(allocator: HeapAllocator, memory: WebAssembly.Memory) {
    this.#allocator = allocator;
    this.#memory = memory;
  }

  /**
   * Memory that stays where it is until a tensor is made of it, or it is given back; null where so
   * much is not free, or where memory that grows could leave a view behind.
   */
  take(bytes: number): Float32Array | null {
    const { buffer } = this.#memory;
    if (buffer instanceof ArrayBuffer) return null;
    if (this.#allocator.budget.missing(padded(bytes)) > 0) return null;
    const block = this.#allocator.take(bytes, "values of a file", null, false);
    this.#blocks.set(block.at, { block, bytes });
    return new Float32Array(buffer, block.at, bytes / 4);
  }

  /** The block whose memory an array is all of, for its new owner; null where it is no such. */
  handOver(values: unknown): HeapBlock | null {
    if (!(values instanceof Float32Array) || values.buffer !== this.#memory.buffer) return null;
    const held = this.#blocks.get(values.byteOffset);
    if (held?.bytes !== values.byteLength) return null;
    this.#blocks.delete(values.byteOffset);
    return held.block;
  }

  /** Gives back what nobody has taken over. */
  release(): void {
    for (const { block } of this.#blocks.values()) this.#allocator.give(block);
    this.#blocks.clear();
  }
}
