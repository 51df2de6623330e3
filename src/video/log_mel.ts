/**
 * The log-mel spectrogram that VGGish sees, in double precision.
 *
 * Source: harritaylor/torchvggish:mel_features.py, vggish_input.py (Google's AudioSet code).
 */

/** Samples a second, mono. */
export const SAMPLE_RATE = 16000;

/** Samples of a frame, from one frame to the next, and of the transform. */
const WINDOW = 400, HOP = 160, TRANSFORM = 512;

/** Frames a second. */
export const FRAMES_PER_SECOND = SAMPLE_RATE / HOP;

/** Magnitudes of a frame: 0 to half the transform. */
const BINS = TRANSFORM / 2 + 1;

/** Bands of the spectrogram, and the frequencies of the outermost edges. */
export const BANDS = 64;
const LOWEST_HZ = 125, HIGHEST_HZ = 7500;

const LOG_OFFSET = 0.01;

/** Frames of an example: what the network takes at once, 0.96 s. */
export const EXAMPLE_FRAMES = 96;

/** Samples that an example is made of, and from the first of one to the first of the next. */
export const EXAMPLE_SAMPLES = (EXAMPLE_FRAMES - 1) * HOP + WINDOW;
export const EXAMPLE_HOP = EXAMPLE_FRAMES * HOP;

/** Whole frames of so many samples. */
export function frameCount(samples: number): number {
  return samples < WINDOW ? 0 : 1 + Math.floor((samples - WINDOW) / HOP);
}

/** The window of a frame: one period of a raised cosine, whose last sample is not its first. */
export function hannWindow(): Float64Array {
  return Float64Array.from(
    { length: WINDOW },
    (_, i) => 0.5 - 0.5 * Math.cos(2 * Math.PI * i / WINDOW),
  );
}

/** Frequencies in mel. */
function mel(hertz: number): number {
  return 1127 * Math.log(1 + hertz / 700);
}

/** [bins, bands]: triangles whose slopes are straight in mel, not in hertz. */
export function melMatrix(): Float64Array {
  const low = mel(LOWEST_HZ), high = mel(HIGHEST_HZ);
  const edge = (i: number) => low + (high - low) * i / (BANDS + 1);
  const matrix = new Float64Array(BINS * BANDS);
  for (let k = 1; k < BINS; k++) { // bin 0 is in no band
    const at = mel(k * SAMPLE_RATE / TRANSFORM);
    for (let b = 0; b < BANDS; b++) {
      const rising = (at - edge(b)) / (edge(b + 1) - edge(b));
      const falling = (edge(b + 2) - at) / (edge(b + 2) - edge(b + 1));
      matrix[k * BANDS + b] = Math.max(0, Math.min(rising, falling));
    }
  }
  return matrix;
}

/** Magnitudes of the frames of samples in [-1, 1]: [frames, bins]. */
export function magnitudes(samples: Float64Array): Float64Array {
  const frames = frameCount(samples.length), window = hannWindow();
  const found = new Float64Array(frames * BINS);
  const re = new Float64Array(TRANSFORM), im = new Float64Array(TRANSFORM);
  for (let t = 0; t < frames; t++) {
    re.fill(0);
    im.fill(0);
    for (let i = 0; i < WINDOW; i++) re[i] = samples[t * HOP + i] * window[i];
    transform(re, im);
    for (let k = 0; k < BINS; k++) found[t * BINS + k] = Math.hypot(re[k], im[k]);
  }
  return found;
}

/** Magnitudes [frames, bins] -> [frames, bands], ln(magnitude x mel + 0.01). */
export function logMel(spectrogram: Float64Array): Float64Array {
  const frames = spectrogram.length / BINS, matrix = melMatrix();
  const found = new Float64Array(frames * BANDS);
  for (let t = 0; t < frames; t++) {
    const row = found.subarray(t * BANDS, (t + 1) * BANDS);
    for (let k = 0; k < BINS; k++) {
      const value = spectrogram[t * BINS + k];
      for (let b = 0; b < BANDS; b++) row[b] += value * matrix[k * BANDS + b];
    }
    for (let b = 0; b < BANDS; b++) row[b] = Math.log(row[b] + LOG_OFFSET);
  }
  return found;
}

/**
 * The examples of a sound: groups of 96 frames that do not overlap, [examples, 96, 64]; what is
 * left at the end is dropped. 15,600 samples are the least for one.
 *
 * @param samples 16 kHz mono, 16-bit whole numbers
 */
export function logMelExamples(samples: Int16Array): Float32Array {
  const table = logMel(magnitudes(Float64Array.from(samples, (value) => value / 32768)));
  const example = EXAMPLE_FRAMES * BANDS;
  return Float32Array.from(table.subarray(0, Math.floor(table.length / example) * example));
}

/** The discrete Fourier transform in place; the length is a power of two. */
function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) { // in the order of reversed bits
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  for (let length = 2; length <= n; length *= 2) {
    const half = length / 2;
    for (let k = 0; k < half; k++) {
      const angle = -2 * Math.PI * k / length, c = Math.cos(angle), s = Math.sin(angle);
      for (let start = k; start < n; start += length) {
        const other = start + half;
        const x = re[other] * c - im[other] * s, y = re[other] * s + im[other] * c;
        re[other] = re[start] - x;
        im[other] = im[start] - y;
        re[start] += x;
        im[start] += y;
      }
    }
  }
}
