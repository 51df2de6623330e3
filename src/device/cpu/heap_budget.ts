/** Counts what lies on the wasm heap, and refuses what would not fit before anything breaks. */

import { fault } from "../../fault.ts";

/**
 * The heap ends at 2^32 bytes. 128 MiB of it are left to what wasm kernels and threads have for
 * themselves: past the end they do not fail, they write at address 0.
 */
export const HEAP_LIMIT_BYTES = 2 ** 32 - 128 * 2 ** 20;

const ADVICE = "lower data.batch_size (with trainer.accumulate the effective batch stays), " +
  "data.segments, runner.features.crops or --batch of wsvad extract, or use --device webgpu";

export class HeapBudget {
  #limit: number;
  #used = 0;
  #peak = 0;

  constructor(limit = HEAP_LIMIT_BYTES) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** There is no more than `limit` after all. */
  lower(limit: number): void {
    this.#limit = Math.min(this.#limit, limit);
  }

  /** Bytes in use now. */
  get used(): number {
    return this.#used;
  }

  /** The most bytes that were in use at once since the start or {@link resetPeak}. */
  get peak(): number {
    return this.#peak;
  }

  resetPeak(): void {
    this.#peak = this.#used;
  }

  /**
   * Books `bytes` for `what`.
   *
   * @throws {RangeError} they would not fit; nothing is booked
   */
  take(bytes: number, what: string): void {
    if (this.#used + bytes > this.limit) throw this.full(bytes, what);
    this.#used += bytes;
    if (this.#used > this.#peak) this.#peak = this.#used;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }

  /** The fault for `bytes` that were not to be had. */
  full(bytes: number, what: string): Error {
    return fault(
      RangeError,
      `Cannot hold ${what} (${gigabytes(bytes)}) on the cpu device: ` +
        `${gigabytes(this.#used)} of its ${gigabytes(this.limit)} are in use; ${ADVICE}`,
    );
  }
}

/** 1234567890 -> "1.23 GB". */
export function gigabytes(bytes: number): string {
  return bytes < 1e7 ? `${(bytes / 1e6).toFixed(2)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
