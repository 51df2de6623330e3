/** Golden cases of preprocessing: frames by a formula, and the grids of snippets. */

import type { CropChoice, CropPlace } from "../video/crops.ts";
import type { FrameSize } from "../video/pillow_resize.ts";
import { type FramePreparer, prepareFrames, type ResizedFrame } from "../video/prepare_frames.ts";
import type { Preprocessing } from "../video/preprocessing.ts";
import { fill, fillInput } from "./fill.ts";
import type { Numbers } from "./compare.ts";
import type { GoldenCase } from "./golden_case.ts";
import { numberOf } from "./golden_runner.ts";

/** The source frame, RGB bytes [height, width, 3]: noise, under a pattern where the case says. */
function sourceFrame({ inputs, salt, inputs_salt }: GoldenCase): {
  size: FrameSize;
  frame: Uint8Array;
} {
  const input = inputs.find(({ name }) => name === "rgb");
  if (!input) throw new TypeError("Golden case without an input rgb");
  const [height, width, channels] = input.shape;
  const noise = fill(input, inputs_salt ?? salt);
  const patterned = input.note?.includes("sin(") ?? false;
  const frame = Uint8Array.from(noise, (value, i) => {
    if (!patterned) return Math.min(255, Math.max(0, Math.floor(value)));
    const pixel = Math.floor(i / channels);
    const x = pixel % width, y = Math.floor(pixel / width);
    const pattern = 128 + 127 * Math.sin(x / 7) * Math.cos(y / 5);
    return Math.min(255, Math.max(0, Math.floor(0.25 * value + 0.75 * pattern)));
  });
  return { size: { width, height }, frame };
}

/** The mean volume of a case, of one frame; absent where it has none. */
function meanOf({ inputs, salt, inputs_salt }: GoldenCase) {
  const input = inputs.find(({ name }) => name === "mean");
  return input && { frames: 1, data: fillInput(input, inputs_salt ?? salt) };
}

/** What a case expects of one frame, in every form that the cases store it. */
export function framesOfCase(
  golden: GoldenCase,
  lineage: Preprocessing,
  sideKey: string,
): Record<string, Numbers> {
  const { size: from, frame } = sourceFrame(golden);
  const crops = choiceOf(golden.hyper.crops);
  const side = numberOf(golden.hyper, sideKey);
  const preparer = prepareFrames(from, lineage, { crops, side, mean: meanOf(golden) });
  const resized = preparer.resize(frame);
  const colours = lineage.colours === "RGB" ? [0, 1, 2] : [2, 1, 0];
  const found = new Found(golden, preparer, resized, colours);
  return lineage.resize === "torch_bilinear" || golden.expected.has("resized")
    ? { ...found.sampledFrame(frame, from), ...found.sampledCrop() }
    : { ...found.sums(), ...found.cropCorners(), ...found.sampledCrop() };
}

/** The choice that gives as many crops as the case lists. */
function choiceOf(crops: unknown): CropChoice {
  const count = Array.isArray(crops) ? crops.length : 1;
  return count === 10 ? "ten" : count === 5 ? "five" : "centre";
}

class Found {
  readonly #golden: GoldenCase;
  readonly #preparer: FramePreparer;
  readonly #resized: ResizedFrame;
  /** Where the case's channel c lies among R, G, B. */
  readonly #colours: number[];

  constructor(
    golden: GoldenCase,
    preparer: FramePreparer,
    resized: ResizedFrame,
    colours: number[],
  ) {
    this.#golden = golden;
    this.#preparer = preparer;
    this.#resized = resized;
    this.#colours = colours;
  }

  #byte = (y: number, x: number, c: number) =>
    this.#resized[(y * this.#preparer.size.width + x) * 3 + this.#colours[c]];

  /** Rows, columns and corners of the resized bytes. */
  sums(): Record<string, Numbers> {
    const { width, height } = this.#preparer.size;
    const total = (n: number, at: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += at(i);
      return sum;
    };
    const corner = (top: number, left: number) =>
      numbers([8, 8, 3], ([y, x, c]) => this.#byte(top + y, left + x, c));
    return {
      resized_row_sums: numbers([height, 3], ([y, c]) => total(width, (x) => this.#byte(y, x, c))),
      resized_col_sums: numbers([width, 3], ([x, c]) => total(height, (y) => this.#byte(y, x, c))),
      resized_row_weighted: numbers(
        [height, 3],
        ([y, c]) => total(width, (x) => (x + 1) * this.#byte(y, x, c)),
      ),
      resized_corner_tl: corner(0, 0),
      resized_corner_br: corner(height - 8, width - 8),
      ...this.#cropSums(total),
    };
  }

  #cropSums(total: (n: number, at: (i: number) => number) => number): Record<string, Numbers> {
    const { places, side, size } = this.#preparer;
    const byte = ({ mirrored, top, left }: CropPlace, pixel: number, c: number) => {
      const x = left + pixel % side;
      return this.#byte(top + Math.floor(pixel / side), mirrored ? size.width - 1 - x : x, c);
    };
    const sumOf = (weight: (pixel: number) => number) =>
      numbers(
        [places.length, 3],
        ([n, c]) => total(side * side, (pixel) => weight(pixel) * byte(places[n], pixel, c)),
      );
    return { crop_sums: sumOf(() => 1), crop_weighted: sumOf((pixel) => pixel + 1) };
  }

  /** Crop n as float32 [side, side, 3]. */
  #crop(n: number): (y: number, x: number, c: number) => number {
    const { side } = this.#preparer;
    const out = new Float32Array(side * side * 3);
    this.#preparer.write(this.#resized, n, out, 0);
    return (y, x, c) => out[(y * side + x) * 3 + c];
  }

  /** Normalised corners [crop, channel, 4, 4]. */
  cropCorners(): Record<string, Numbers> {
    const { places, side } = this.#preparer;
    const crops = places.map((_, n) => this.#crop(n));
    const corner = (at: number) =>
      numbers([places.length, 3, 4, 4], ([n, c, y, x]) => crops[n](at + y, at + x, c));
    return { crop_tl: corner(0), crop_br: corner(side - 4) };
  }

  /** The frame and its resize, rows or samples of them as the case stores. */
  sampledFrame(frame: Uint8Array, from: FrameSize): Record<string, Numbers> {
    const { width, height } = this.#preparer.size;
    const shapeOf = (name: string) => this.#golden.expected.get(name)?.shape ?? [0, 0, 0];
    if (this.#resized instanceof Uint8Array) {
      const rows = (name: string, columns: number, bytes: Uint8Array) =>
        numbers(
          [shapeOf(name)[0], columns, 3],
          ([y, x, c]) => bytes[(y * columns + x) * 3 + c],
        );
      return {
        image_rgb: rows("image_rgb", from.width, frame),
        resized: rows("resized", width, this.#resized),
      };
    }
    const [, h] = shapeOf("resized");
    const step = Math.ceil(height / h);
    const meanOfRow = (c: number, y: number) => {
      let sum = 0;
      for (let x = 0; x < width; x++) sum += this.#byte(y, x, c);
      return sum / width;
    };
    return {
      resized: numbers(
        [3, Math.ceil(height / step), Math.ceil(width / step)],
        ([c, y, x]) => this.#byte(y * step, x * step, c),
      ),
      resized_row_means: numbers([3, height], ([c, y]) => meanOfRow(c, y)),
    };
  }

  /** The first crop: every few rows and columns, its last ones, its means. */
  sampledCrop(): Record<string, Numbers> {
    const { side } = this.#preparer;
    const crop = this.#crop(0);
    const expected = this.#golden.expected.get("tensor");
    if (!expected) return {};
    const step = Math.ceil(side / expected.shape[1]);
    const size = Math.ceil(side / step);
    const edge = this.#golden.expected.get("tensor_corner_br")?.shape[1] ?? 0;
    const mean = (c: number) => {
      let sum = 0;
      for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) sum += crop(y, x, c);
      return sum / side ** 2;
    };
    return {
      tensor: numbers([3, size, size], ([c, y, x]) => crop(y * step, x * step, c)),
      tensor_corner_br: numbers(
        [3, edge, edge],
        ([c, y, x]) => crop(side - edge + y, side - edge + x, c),
      ),
      tensor_means: numbers([3], ([c]) => mean(c)),
    };
  }
}

/** A tensor in C order from what each place holds. */
export function numbers(shape: number[], at: (index: number[]) => number): Numbers {
  const data = new Float64Array(shape.reduce((product, size) => product * size, 1));
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = at(index);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) {
      index[axis] = 0;
    }
  }
  return { shape, data, integer: false };
}
