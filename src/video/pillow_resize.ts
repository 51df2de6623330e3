/**
 * Pillow's resize of 8-bit RGB frames, to the last unit: antialiased, the horizontal pass first,
 * each pass rounded to bytes. Features of published extractors depend on those roundings.
 *
 * Source: python-pillow/Pillow:src/libImaging/Resample.c.
 */

/** Rows and columns of a frame. */
export interface FrameSize {
  width: number;
  height: number;
}

export type PillowFilter = "bilinear" | "bicubic" | "lanczos";

/** Colours of a pixel. */
export const CHANNELS = 3;

/** Binary digits behind the point of a weight. */
const FRACTION_BITS = 22;

const filters: Record<PillowFilter, { support: number; at: (t: number) => number }> = {
  bilinear: { support: 1, at: (t) => Math.max(0, 1 - Math.abs(t)) },
  bicubic: { support: 2, at: cubic },
  lanczos: { support: 3, at: (t) => t >= -3 && t < 3 ? sinc(t) * sinc(t / 3) : 0 },
};

/** Keys' kernel with a = -0.5. */
function cubic(t: number): number {
  const x = Math.abs(t), a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(t: number): number {
  return t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
}

/** What one axis reads: output i is made of `counts[i]` inputs from `firsts[i]` on. */
interface AxisWeights {
  firsts: Int32Array;
  counts: Int32Array;
  /** Weights of output i begin at i * most; fixed point. */
  weights: Int32Array;
  most: number;
}

function axisWeights(from: number, to: number, { support, at }: typeof filters.bilinear) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  const most = 2 * Math.ceil(reach) + 1;
  const axis: AxisWeights = {
    firsts: new Int32Array(to),
    counts: new Int32Array(to),
    weights: new Int32Array(to * most),
    most,
  };
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const exact = Array.from(
      { length: end - first },
      (_, x) => at((x + first - centre + 0.5) * (1 / stretch)),
    );
    const sum = exact.reduce((total, weight) => total + weight, 0);
    axis.firsts[i] = first;
    axis.counts[i] = end - first;
    exact.forEach((weight, x) => {
      const fixed = weight / sum * 2 ** FRACTION_BITS;
      axis.weights[i * most + x] = Math.trunc(fixed + (fixed < 0 ? -0.5 : 0.5));
    });
  }
  return axis;
}

/** The sum of a pass as a byte. */
function byteOf(sum: number): number {
  const value = sum >> FRACTION_BITS;
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

const HALF = 1 << (FRACTION_BITS - 1);

/**
 * Makes the resize of frames of one size to another: RGB bytes [height, width, 3] in and out. A
 * pass whose size does not change is left out; without any, the frame itself comes back.
 */
export function pillowResize(
  from: FrameSize,
  to: FrameSize,
  filter: PillowFilter,
): (frame: Uint8Array) => Uint8Array {
  const across = from.width === to.width
    ? null
    : axisWeights(from.width, to.width, filters[filter]);
  const down = from.height === to.height
    ? null
    : axisWeights(from.height, to.height, filters[filter]);
  // What lies between the passes is gone with the next frame; so it has one memory.
  const between = across && down ? new Uint8Array(from.height * to.width * CHANNELS) : null;
  const sums = new Int32Array(to.width * CHANNELS);
  return (frame) => {
    const narrow = across
      ? horizontalPass(frame, from, to.width, across, between ?? undefined)
      : frame;
    return down ? verticalPass(narrow, to, down, sums) : narrow;
  };
}

function horizontalPass(
  frame: Uint8Array,
  { width, height }: FrameSize,
  to: number,
  { firsts, counts, weights, most }: AxisWeights,
  result = new Uint8Array(height * to * CHANNELS),
): Uint8Array {
  for (let y = 0, at = 0; y < height; y++) {
    const row = y * width * CHANNELS;
    for (let i = 0; i < to; i++, at += CHANNELS) {
      let red = HALF, green = HALF, blue = HALF;
      let pixel = row + firsts[i] * CHANNELS;
      const start = i * most, end = start + counts[i];
      for (let w = start; w < end; w++, pixel += CHANNELS) {
        const weight = weights[w];
        red = (red + weight * frame[pixel]) | 0;
        green = (green + weight * frame[pixel + 1]) | 0;
        blue = (blue + weight * frame[pixel + 2]) | 0;
      }
      result[at] = byteOf(red);
      result[at + 1] = byteOf(green);
      result[at + 2] = byteOf(blue);
    }
  }
  return result;
}

function verticalPass(
  frame: Uint8Array,
  { width, height }: FrameSize,
  { firsts, counts, weights, most }: AxisWeights,
  sums: Int32Array,
): Uint8Array {
  const bytes = width * CHANNELS;
  const result = new Uint8Array(height * bytes);
  for (let i = 0; i < height; i++) {
    sums.fill(HALF);
    for (let k = 0; k < counts[i]; k++) {
      const weight = weights[i * most + k];
      const row = (firsts[i] + k) * bytes;
      for (let x = 0; x < bytes; x++) sums[x] += weight * frame[row + x];
    }
    for (let x = 0, at = i * bytes; x < bytes; x++, at++) result[at] = byteOf(sums[x]);
  }
  return result;
}
