/** Prepared features that stay in memory, as far as they fit. */

import type { VideoFeatures } from "./video.ts";

/**
 * Keeps what fits into a number of bytes, first come first kept. Nothing is ever replaced: every
 * pass uses every video once, in a new order, so what was used longest ago is as likely to come
 * next as anything.
 */
export class FeatureCache {
  readonly #kept = new Map<string, VideoFeatures>();
  readonly #bytes: number;
  #used = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Bytes that are kept. */
  get used(): number {
    return this.#used;
  }

  /** Whether features of so many bytes are kept under the key, or will be once asked for. */
  keeps(key: string, bytes: number): boolean {
    return this.#kept.has(key) || this.#used + bytes <= this.#bytes;
  }

  /**
   * The features kept under the key, or those that `load` gives, which the caller must not change.
   */
  async get(key: string, load: () => Promise<VideoFeatures>): Promise<VideoFeatures> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const features = await load();
    const bytes = features.values.byteLength;
    if (this.#used + bytes <= this.#bytes && !this.#kept.has(key)) {
      this.#used += bytes;
      this.#kept.set(key, features);
    }
    return features;
  }
}
