/**
 * How each lineage of extractors turns a frame into the input of its network: resize, crops, values
 * and the grid of snippets. Sources: openai/CLIP, henrryzh1/UR-DMU,
 * GowthamGottimukkala/I3D_Feature_Extraction_resnet, jinmang2/anomaly_detection_on_video,
 * huggingface/transformers, ekosman/AnomalyDetectionCVPR2018-Pytorch, facebookarchive/C3D,
 * piergiaj/pytorch-i3d:charades_dataset_full.py.
 */

import {
  centreFloor,
  centreHalfToEven,
  type CropChoice,
  type CropPlace,
  tenCropCentreLast,
  tenCropCentreThird,
} from "./crops.ts";
import { type FrameSize, type PillowFilter } from "./pillow_resize.ts";
import { halfToEven } from "./plain_resize.ts";
import type { GridName } from "./snippet_grid.ts";

export type ResizeKind = PillowFilter | "torch_bilinear" | "opencv_bilinear";

export interface Preprocessing {
  /** In one line, for records and help. */
  summary: string;
  resize: ResizeKind;
  /** Size of the resized frame. */
  sizeOf: (from: FrameSize, side: number) => FrameSize;
  /** What both sides are multiplied by, where the code gives that and no size. */
  factorOf?: (from: FrameSize) => number;
  /** Rows and columns of a crop. */
  side: number;
  /** The crops that this lineage has; the first named is its usual choice. */
  crops: Partial<Record<CropChoice, (size: FrameSize, side: number) => CropPlace[]>>;
  /** The value of a byte in a channel, R G B; of `torch_bilinear` of a value in 0..1. */
  value: (x: number, channel: number) => number;
  /** The order of the colours in a clip. */
  colours: "RGB" | "BGR";
  /** Whether a mean volume [3, 16, height, width] of the resized frame is taken off. */
  meanVolume: boolean;
  /** Null where the network runs over the whole video. */
  grid: GridName | null;
}

const f = Math.fround;

const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const CLIP_STD = [0.26862954, 0.26130258, 0.27577711];
const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

/** torchvision's ToTensor and Normalize, in float32. */
function normalised(mean: number[], std: number[]): Preprocessing["value"] {
  return (x, c) => f(f(f(x / 255) - f(mean[c])) / f(std[c]));
}

/** The shorter side becomes `side`, the longer one in proportion, truncated. */
function shorterSide({ width, height }: FrameSize, side: number): FrameSize {
  return width <= height
    ? { width: side, height: Math.trunc(side * height / width) }
    : { width: Math.trunc(side * width / height), height: side };
}

/** The least side of a frame in piergiaj's script, which enlarges smaller ones. */
const PIERGIAJ_SIDE = 226;

function piergiajFactor({ width, height }: FrameSize): number {
  const shorter = Math.min(width, height);
  return shorter < PIERGIAJ_SIDE ? 1 + (PIERGIAJ_SIDE - shorter) / shorter : 1;
}

function firstFive(ten: (size: FrameSize, side: number) => CropPlace[]) {
  return (size: FrameSize, side: number) => ten(size, side).slice(0, 5);
}

const gowtham: Preprocessing = {
  summary: "340x256 by Lanczos, crops of 224, x * 2 / 255 - 1",
  resize: "lanczos",
  sizeOf: () => ({ width: 340, height: 256 }),
  side: 224,
  crops: {
    ten: tenCropCentreThird,
    five: firstFive(tenCropCentreThird),
    centre: (size, side) => [tenCropCentreThird(size, side)[2]],
  },
  value: (x) => x * 2 / 255 - 1,
  colours: "RGB",
  meanVolume: false,
  grid: "gowtham",
};

const tushar: Preprocessing = {
  summary: "shorter side 256 by bilinear, crops of 224, (x - 114.75) / 57.375",
  resize: "bilinear",
  sizeOf: (from) => shorterSide(from, 256),
  side: 224,
  crops: {
    ten: tenCropCentreLast,
    five: firstFive(tenCropCentreLast),
    centre: (size, side) => [centreHalfToEven(size, side)],
  },
  value: (x) => (x - 114.75) / 57.375,
  colours: "RGB",
  meanVolume: false,
  grid: "tushar_loop",
};

/** What the C3D ports take off and multiply with: numbers of another network. */
const C3D_PORT_MEAN = [124, 117, 104], C3D_PORT_SCALE = 0.0167 * 255;

export const preprocessings = {
  clip: {
    summary: "shorter side 224 by bicubic, crop of 224, CLIP's mean and deviation",
    resize: "bicubic",
    sizeOf: shorterSide,
    side: 224,
    crops: {
      centre: (size, side) => [centreHalfToEven(size, side)],
      five: firstFive(tenCropCentreLast),
      ten: tenCropCentreLast,
    },
    value: normalised(CLIP_MEAN, CLIP_STD),
    colours: "RGB",
    meanVolume: false,
    grid: "floor",
  },
  gowtham,
  urdmu: { ...gowtham, grid: "urdmu_repeat" },
  tushar,
  pytorchvideo: tushar,
  piergiaj: {
    summary:
      "as it is, sides below 226 enlarged by OpenCV's bilinear, crop of 224, x * 2 / 255 - 1",
    resize: "opencv_bilinear",
    sizeOf: (from) => {
      const factor = piergiajFactor(from);
      return { width: halfToEven(from.width * factor), height: halfToEven(from.height * factor) };
    },
    factorOf: piergiajFactor,
    side: 224,
    crops: { centre: (size, side) => [centreHalfToEven(size, side)] },
    value: (x) => x / 255 * 2 - 1,
    colours: "RGB",
    meanVolume: false,
    grid: null,
  },
  videomae: {
    summary: "shorter side 224 by bilinear, centre crop of 224, ImageNet's mean and deviation",
    resize: "bilinear",
    sizeOf: shorterSide,
    side: 224,
    crops: { centre: (size, side) => [centreFloor(size, side)] },
    value: (x, c) => (x / 255 - IMAGENET_MEAN[c]) / IMAGENET_STD[c],
    colours: "RGB",
    meanVolume: false,
    grid: "videomae",
  },
  c3d_port: {
    summary: "171x128 by bilinear without antialias, crop of 112, less (124, 117, 104) / 255",
    resize: "torch_bilinear",
    sizeOf: () => ({ width: 171, height: 128 }),
    side: 112,
    crops: { centre: (size, side) => [centreHalfToEven(size, side)] },
    value: (x, c) => (x - C3D_PORT_MEAN[c] / 255) * C3D_PORT_SCALE,
    colours: "RGB",
    meanVolume: false,
    grid: "c3d_port",
  },
  c3d_caffe: {
    summary: "171x128 by OpenCV's bilinear, crop of 112, BGR, less the mean volume",
    resize: "opencv_bilinear",
    sizeOf: () => ({ width: 171, height: 128 }),
    side: 112,
    crops: { centre: (size, side) => [centreFloor(size, side)] },
    value: (x) => x,
    colours: "BGR",
    meanVolume: true,
    grid: "floor",
  },
  motion: {
    summary: "64x64 by bilinear, the whole frame, x / 255",
    resize: "bilinear",
    sizeOf: () => ({ width: 64, height: 64 }),
    side: 64,
    crops: { centre: () => [{ mirrored: false, top: 0, left: 0 }] },
    value: (x) => x / 255,
    colours: "RGB",
    meanVolume: false,
    grid: "tushar_loop",
  },
} satisfies Record<string, Preprocessing>;

export type PreprocessingName = keyof typeof preprocessings;
