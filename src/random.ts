/**
 * The one source of random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011), a function of (seed, stream, step, element) without state. So the same
 * numbers come on every device, in any order, and after a resume or in a replayed step.
 *
 *   key      [seed low 32 bits, seed high 32 bits]
 *   counter  [floor(i / 4), stream, step, 0] for element i, which takes output word i mod 4
 *   uniform  (word >>> 8) * 2^-24, in [0, 1)
 *
 * kernels/philox.wgsl and kernels/cpu compute the same on their devices.
 */

const MULTIPLIER_0 = 0xD2511F53;
const MULTIPLIER_1 = 0xCD9E8D57;
const WEYL_0 = 0x9E3779B9;
const WEYL_1 = 0xBB67AE85;
const ROUNDS = 10;

/** High 32 bits of the product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xFFFF, aHigh = a >>> 16;
  const bLow = b & 0xFFFF, bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle & 0xFFFF);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}

/** The four output words of one counter, written to `out`. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0), low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2), low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** Low and high 32 bits of a non-negative safe integer seed. */
export function splitSeed(seed: number): [number, number] {
  return [seed >>> 0, Math.floor(seed / 0x100000000) >>> 0];
}

/** FNV-1a over the UTF-8 bytes of a name: the number of the random stream of that name. */
export function streamOf(name: string): number {
  let hash = 0x811C9DC5;
  for (const byte of new TextEncoder().encode(name)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}

/** Draws in order from the stream (seed, stream, step); on the host, in double precision. */
export class Random {
  readonly #key: [number, number];
  readonly #words = new Uint32Array(4);
  readonly #stream: number;
  readonly #step: number;
  #next = 0;

  constructor(seed: number, stream: number | string, step = 0) {
    this.#key = splitSeed(seed);
    this.#stream = typeof stream === "string" ? streamOf(stream) : stream >>> 0;
    this.#step = step >>> 0;
  }

  /** The next 32 bits. */
  word(): number {
    const lane = this.#next % 4;
    if (lane === 0) philox([this.#next / 4, this.#stream, this.#step, 0], this.#key, this.#words);
    this.#next++;
    return this.#words[lane];
  }

  /** In [0, 1), 24 bits: what the devices draw for the same element. */
  uniform(): number {
    return (this.word() >>> 8) * 2 ** -24;
  }

  /** In [0, n), without bias, for 1 <= n <= 2^32. */
  integer(n: number): number {
    const limit = Math.floor(0x100000000 / n) * n;
    for (;;) {
      const word = this.word();
      if (word < limit) return word % n;
    }
  }

  /** Standard normal, by Box and Muller from two words each. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.word() + 1) * 2 ** -32));
    return radius * Math.cos(2 * Math.PI * (this.word() * 2 ** -32));
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}
