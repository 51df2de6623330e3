/** Which parts of a resized frame an extractor cuts out, and in which order. */

import type { FrameSize } from "./pillow_resize.ts";
import { halfToEven } from "./plain_resize.ts";

/** A square of a frame, or of its mirror image. */
export interface CropPlace {
  mirrored: boolean;
  top: number;
  left: number;
}

/** The crops of one frame that become features of their own. */
export type CropChoice = "ten" | "five" | "centre";

type Corner = readonly [top: number, left: number];

/** Crops 5-9 take the same places of the mirrored frame. */
function withMirrors(places: Corner[]): CropPlace[] {
  return [false, true].flatMap((mirrored) =>
    places.map(([top, left]) => ({ mirrored, top, left }))
  );
}

/** The centre in the middle of the order, as the I3D code of Gowtham and UR-DMU's have it. */
export function tenCropCentreThird({ width, height }: FrameSize, side: number): CropPlace[] {
  const right = width - side, bottom = height - side;
  return withMirrors([
    [0, 0],
    [0, right],
    [Math.floor(bottom / 2), Math.floor(right / 2)],
    [bottom, 0],
    [bottom, right],
  ]);
}

/** Four corners and then the centre: torchvision's TenCrop. */
export function tenCropCentreLast(size: FrameSize, side: number): CropPlace[] {
  const right = size.width - side, bottom = size.height - side;
  const { top, left } = centreHalfToEven(size, side);
  return withMirrors([[0, 0], [0, right], [bottom, 0], [bottom, right], [top, left]]);
}

/** torchvision's CenterCrop: halves go to the even row or column. */
export function centreHalfToEven({ width, height }: FrameSize, side: number): CropPlace {
  const top = halfToEven((height - side) / 2), left = halfToEven((width - side) / 2);
  return { mirrored: false, top, left };
}

/** transformers' centre crop: halves go down. */
export function centreFloor({ width, height }: FrameSize, side: number): CropPlace {
  const top = Math.floor((height - side) / 2), left = Math.floor((width - side) / 2);
  return { mirrored: false, top, left };
}
