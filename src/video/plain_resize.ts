/**
 * Bilinear resizes without antialias, as C3D's two codes have them: PyTorch's on float32 values,
 * and OpenCV's on bytes in whole numbers. Frames are RGB bytes [height, width, 3].
 */

import { CHANNELS, type FrameSize } from "./pillow_resize.ts";

/** Where an output lies between two inputs. */
interface Between {
  low: number;
  high: number;
  share: number;
}

/** PyTorch's half-pixel centres: below 0 taken as 0, the edge repeated. */
function betweenPixels(from: number, to: number): Between[] {
  const scale = Math.fround(from / to);
  return Array.from({ length: to }, (_, i) => {
    const at = Math.max(0, Math.fround(Math.fround(scale * Math.fround(i + 0.5)) - 0.5));
    const low = Math.min(Math.floor(at), from - 1);
    return { low, high: Math.min(low + 1, from - 1), share: Math.fround(at - low) };
  });
}

/**
 * Values in 0..1, bilinear in float32: RGB bytes to float32 [height, width, 3]. Followed:
 * torch.nn.functional.interpolate with align_corners=False.
 */
export function torchBilinear(
  from: FrameSize,
  to: FrameSize,
): (frame: Uint8Array) => Float32Array {
  const across = betweenPixels(from.width, to.width);
  const down = betweenPixels(from.height, to.height);
  const unit = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
  return (frame) => {
    const result = new Float32Array(to.width * to.height * CHANNELS);
    let at = 0;
    for (const row of down) {
      const above = row.low * from.width, below = row.high * from.width;
      for (const column of across) {
        for (let c = 0; c < CHANNELS; c++) {
          const value = (pixel: number) => unit[frame[pixel * CHANNELS + c]];
          const upper = (1 - column.share) * value(above + column.low) +
            column.share * value(above + column.high);
          const lower = (1 - column.share) * value(below + column.low) +
            column.share * value(below + column.high);
          result[at++] = (1 - row.share) * upper + row.share * lower;
        }
      }
    }
    return result;
  };
}

/** OpenCV's weights have 11 binary digits behind the point. */
const OPENCV_ONE = 2048;

interface FixedBetween {
  low: number;
  high: number;
  /** Of `low` and of `high`, summing to 2048. */
  weights: [number, number];
}

function betweenFixed(from: number, to: number, scale: number): FixedBetween[] {
  return Array.from({ length: to }, (_, i) => {
    const at = Math.fround((i + 0.5) * scale - 0.5);
    const floor = Math.floor(at);
    const outside = floor < 0 || floor >= from - 1;
    const share = outside ? 0 : Math.fround(at - floor);
    const low = Math.min(Math.max(floor, 0), from - 1);
    return {
      low,
      high: Math.min(low + 1, from - 1),
      weights: [
        halfToEven(Math.fround(1 - share) * OPENCV_ONE),
        halfToEven(share * OPENCV_ONE),
      ],
    };
  });
}

/** The nearest whole number; of two, the even one, as C's rint() and Python's round(). */
export function halfToEven(x: number): number {
  const floor = Math.floor(x), rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * OpenCV's bilinear resize of bytes: RGB bytes in and out. Followed: cv::resize, INTER_LINEAR, its
 * integer form; exactly half of both sides is the mean of 2x2 pixels there.
 *
 * @param factor by which both sides are enlarged, where the caller gave it in place of a size
 */
export function opencvBilinear(
  from: FrameSize,
  to: FrameSize,
  factor?: number,
): (frame: Uint8Array) => Uint8Array {
  if (from.width === to.width && from.height === to.height) return (frame) => frame;
  if (from.width === 2 * to.width && from.height === 2 * to.height) {
    return (frame) => meanOfFour(frame, to);
  }
  const scale = factor === undefined ? undefined : 1 / factor;
  const across = betweenFixed(from.width, to.width, scale ?? from.width / to.width);
  const down = betweenFixed(from.height, to.height, scale ?? from.height / to.height);
  return (frame) => {
    const result = new Uint8Array(to.width * to.height * CHANNELS);
    let at = 0;
    for (const row of down) {
      const above = row.low * from.width, below = row.high * from.width;
      for (const { low, high, weights: [a, b] } of across) {
        for (let c = 0; c < CHANNELS; c++) {
          const value = (pixel: number) => frame[pixel * CHANNELS + c];
          const upper = value(above + low) * a + value(above + high) * b;
          const lower = value(below + low) * a + value(below + high) * b;
          const sum = ((row.weights[0] * (upper >> 4)) >> 16) +
            ((row.weights[1] * (lower >> 4)) >> 16);
          result[at++] = (sum + 2) >> 2;
        }
      }
    }
    return result;
  };
}

function meanOfFour(frame: Uint8Array, { width, height }: FrameSize): Uint8Array {
  const result = new Uint8Array(width * height * CHANNELS);
  const rowBytes = 2 * width * CHANNELS;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < CHANNELS; c++) {
        const first = 2 * y * rowBytes + 2 * x * CHANNELS + c;
        result[at++] = (frame[first] + frame[first + CHANNELS] + frame[first + rowBytes] +
          frame[first + rowBytes + CHANNELS] + 2) >> 2;
      }
    }
  }
  return result;
}
