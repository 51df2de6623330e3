/**
 * Memory for features that are being read, which data.cache_mb counts: half of that, and 128 MB at
 * least. One half of it is for files on their way from the disk, the other for videos that wait to
 * be used.
 */

const LEAST_BYTES = 1.28e8;

/** Bytes of data.cache_mb that reading takes where not all features can be kept. */
export function readingShare(cacheBytes: number): number {
  return Math.max(LEAST_BYTES, cacheBytes / 2);
}

/** Bytes of videos that may wait, ready to be used, beside those that are asked for. */
export function waitingBytes({ cache_mb: megabytes }: { cache_mb: number }): number {
  return readingShare(megabytes * 1e6) / 2;
}

/**
 * Bytes that features of these videos take in memory at most: those that are kept, and those being
 * read.
 */
export function featureBytes(
  { cache_mb: megabytes }: { cache_mb: number },
  videos: readonly { bytes?: number }[],
): number {
  const all = videos.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  const most = Math.max(megabytes * 1e6, LEAST_BYTES);
  return Math.min(all + LEAST_BYTES, most);
}

/**
 * Lets work begin, first come first served, as long as all that is under way fits into a number of
 * bytes.
 */
export class ReadingBudget {
  #used = 0;
  #most = 0;
  readonly #waiting: { bytes: number; begin: () => void }[] = [];
  readonly #limit: () => number;

  /** @param limit bytes; work that needs more than it runs alone */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** The most bytes that were under way at once. */
  get most(): number {
    return this.#most;
  }

  /** Does `work`, which takes `bytes` while it lasts, as soon as there is room. */
  async within<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ bytes, begin });
      this.#admit();
    });
    try {
      return await work();
    } finally {
      this.#used -= bytes;
      this.#admit();
    }
  }

  #admit(): void {
    for (let first; (first = this.#waiting[0]);) {
      if (this.#used > 0 && this.#used + first.bytes > this.#limit()) return;
      this.#waiting.shift();
      this.#used += first.bytes;
      this.#most = Math.max(this.#most, this.#used);
      first.begin();
    }
  }
}
