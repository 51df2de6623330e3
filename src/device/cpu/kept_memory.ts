/**
 * Memory of the heap that is taken once and used again, beside what tensors lie in: neither the
 * budget nor the peak of a step knows of it.
 */

interface Heap {
  allocate(bytes: number, what: string): number;
  release(address: number): void;
}

/** What is asked for is rounded up to a multiple. */
const STEP_BYTES = 1 << 18;

export class KeptMemory {
  readonly #heap: Heap;
  readonly #what: string;
  #at = 0;
  #bytes = 0;

  /** @param what for people */
  constructor(heap: Heap, what: string) {
    this.#heap = heap;
    this.#what = what;
  }

  /** Address of at least `bytes`, until more is asked for; null where they are not to be had. */
  take(bytes: number): number | null {
    if (bytes <= this.#bytes) return this.#at;
    this.release();
    const wanted = Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
    try {
      this.#at = this.#heap.allocate(wanted, this.#what);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return null;
    }
    this.#bytes = wanted;
    return this.#at;
  }

  release(): void {
    if (this.#bytes > 0) this.#heap.release(this.#at);
    this.#at = this.#bytes = 0;
  }
}
