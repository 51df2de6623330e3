/**
 * Counts what lies on the wasm heap, and what waits beside it, and refuses what would not fit
 * before anything breaks.
 */

import { machineMemory } from "../../machine_memory.ts";
import { memoryFault } from "../memory_fault.ts";

/**
 * The heap ends at 2^32 bytes. 128 MiB of it are left to what wasm kernels and threads have for
 * themselves: past the end they do not fail, they write at address 0.
 */
export const HEAP_LIMIT_BYTES = 2 ** 32 - 128 * 2 ** 20;

const ELSEWHERE = "use --device webgpu";

/** Bytes of main memory that tensors may still take beside the heap, as the machine tells. */
export function machineRoom(): number {
  return Math.max(0, (machineMemory()?.available ?? 0) - LEFT_TO_OTHERS);
}

/** Of the machine's memory: what a process takes beside its tensors, and others. */
const LEFT_TO_OTHERS = 2 ** 28;

export class HeapBudget {
  #limit: number;
  #used = 0;
  #beside = 0;
  #peak = 0;
  readonly #room: () => number;

  /** @param room bytes that tensors may take beside the heap at this moment */
  constructor(limit = HEAP_LIMIT_BYTES, room: () => number = () => 0) {
    this.#limit = limit;
    this.#room = room;
  }

  get limit(): number {
    return this.#limit;
  }

  /** There is no more than `limit` after all. */
  lower(limit: number): void {
    this.#limit = Math.min(this.#limit, limit);
  }

  /** Bytes of the heap in use now. */
  get used(): number {
    return this.#used;
  }

  /** Bytes of tensors that wait beside the heap. */
  get beside(): number {
    return this.#beside;
  }

  /** Bytes of main memory that tensors may still take beside the heap. */
  get room(): number {
    return this.#room();
  }

  /** How many bytes too few are free for `bytes`. */
  missing(bytes: number): number {
    return Math.max(0, this.#used + bytes - this.#limit);
  }

  /** A tensor waits beside the heap from now on, or no longer with fewer than 0 bytes. */
  putBeside(bytes: number): void {
    this.#beside += bytes;
  }

  /**
   * The most bytes that were in use at once, on the heap and beside it, since the start or
   * {@link resetPeak}.
   */
  get peak(): number {
    return this.#peak;
  }

  resetPeak(): void {
    this.#peak = this.#used + this.#beside;
  }

  /**
   * Books `bytes` for `what`.
   *
   * @throws {RangeError} they would not fit; nothing is booked
   */
  take(bytes: number, what: string): void {
    if (this.missing(bytes) > 0) throw this.full(bytes, what);
    this.#used += bytes;
    this.#peak = Math.max(this.#peak, this.#used + this.#beside);
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }

  /** The fault for `bytes` that were not to be had. */
  full(bytes: number, what: string): Error {
    return memoryFault(
      `Cannot hold ${what} (${gigabytes(bytes)}) on the cpu device: ` +
        `${gigabytes(this.#used)} of its ${gigabytes(this.limit)} are in use`,
      ELSEWHERE,
    );
  }
}

/** 1234567890 -> "1.23 GB". */
export function gigabytes(bytes: number): string {
  return bytes < 1e7 ? `${(bytes / 1e6).toFixed(2)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
