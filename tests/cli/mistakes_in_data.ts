/** Mistakes in features, labels and where they lie, and the message that each is to get. */

import { type Mistake, train } from "./mistakes.ts";

export const FEATURES: Mistake[] = [
  {
    what: "axes in the wrong order",
    args: train("data.train=transposed", "data.crops=2"),
    message:
      'transposed/Abuse001_x264_i3d.npy": expected [2, T, D], found [6, 2, 8]: the snippets come first in this file; set data.layout_train=snippets_first',
  },
  {
    what: "axes in the wrong order where nothing says how many crops there are",
    args: train("data.train=transposed"),
    message:
      /"<folder>\/test\/Abuse028_x264_i3d\.npy" has 2, "<folder>\/transposed\/Abuse001_x264_i3d\.npy" has 6; .* or correct data\.layout_train or data\.layout_test$/,
  },
  {
    what: "channels that are not the last axis",
    args: train("data.train=channels_first", "data.dim=8"),
    message: "the channels must be the last axis; save the array transposed",
  },
  {
    what: "four axes",
    args: train("data.train=four_axes"),
    message: "found [1, 2, 6, 8]: a feature file has three axes, or two",
  },
  {
    what: "D + 2 channels",
    args: train("data.train=ten_channels", "runner.features.dim=8"),
    message: "expected [N, T, 8], found [2, 6, 10]: it has 10 channels a snippet; set runner.",
  },
  {
    what: "files of different channels",
    args: train("data.train=mixed"),
    message: 'mixed/Abuse002_x264_i3d.npy" has 11 channels a snippet, ',
  },
  {
    what: "files of different crops",
    args: train("data.train=other_crops"),
    message: 'other_crops/Abuse002_x264_i3d.npy" has 5, ',
  },
  {
    what: "files of different lengths without segments",
    args: train("data.train=uneven", "data.segments=null"),
    message: /^Cannot put videos of different sizes into one batch: .*; set data\.segments=32$/,
  },
  {
    what: "a file that is cut short",
    args: train("data.train=truncated"),
    message: 'truncated/Normal_Videos002_x264_i3d.npy": the shape (2, 6, 8) of <f4 takes 384 bytes',
  },
  {
    what: "a file that is none",
    args: train("data.train=text"),
    message: "expected a .npy array, found other bytes at byte 0",
  },
  {
    what: "NaN in a file",
    args: train("data.train=nan"),
    message: 'nan/Normal_Videos002_x264_i3d.npy": the value at [0, 1, 3] is NaN; extract',
  },
  {
    what: "a class that the list does not know",
    args: train("data.train=unknown_class"),
    message: /^Cannot tell the class of "<folder>\/unknown_class\/Juggling001_x264_i3d\.npy": /,
  },
  {
    what: "fewer videos than a batch",
    args: train("data.batch_size=3"),
    message: "the training set has 2 normal and 2 anomalous ones; set data.batch_size=2 or less",
  },
  {
    what: "videos of one side alone",
    args: train("data.train=lone_side"),
    message: "0 normal and 2 anomalous ones; training needs both kinds",
  },
  {
    what: "no training videos",
    args: train("data.train=null"),
    message: "Cannot train: the data has no training videos; set data.train",
  },
  {
    what: "fewer snippets than are selected",
    args: train(
      "runner=rtfm",
      "runner.head.hidden=[4,3]",
      "data.train=short",
      "data.segments=null",
    ),
    message:
      'Cannot train rtfm: it selects 3 snippets of each training video, found "Abuse001_x264" has 2; set data.segments=32 or a smaller runner.head.k',
  },
  {
    what: "a folder that is not there",
    args: train("data.train=nowhere"),
    message: 'Cannot find data.train=nowhere: looked for "<folder>/nowhere"',
  },
  {
    what: "a folder without features",
    args: train("data.train=empty"),
    message:
      'the folder "<folder>/empty": expected .npy, .npz, .mat, .txt, .h5, .hdf5, .zip files, found none; set data.train',
  },
  {
    what: "a test video without ground truth",
    args: train("data.ground_truth=half_truth.json"),
    message: '1 of 2 test videos in "half_truth.json": "Normal_Videos_003_x264"; complete',
  },
  {
    what: "no ground truth at all",
    args: train("data.ground_truth=null"),
    message: "set data.annotations or data.ground_truth, or data.test=null",
  },
  {
    what: "one vector of ground truth",
    args: train("data.ground_truth=gt-ucf.npy"),
    message: 'gt-ucf.npy": one vector over all videos says neither which video a frame is of',
  },
  {
    what: "a video as ground truth",
    args: train("data.ground_truth=video.mp4"),
    message: 'Cannot read ground truth "<folder>/video.mp4": it is a video',
  },
  {
    what: "an array as annotations",
    args: train("data.ground_truth=null", "data.annotations=good.npy"),
    message: 'good.npy": it is a .npy array; give the text file',
  },
  {
    what: "a video as a list",
    args: train("data.train=video.mp4"),
    message: 'video.mp4": it is a video',
  },
  {
    what: "a folder of PyTorch files",
    args: train("data.train=torch"),
    message: /\.zip files, found 1 other file, .* it is a PyTorch file; .* convert it by/,
  },
  {
    what: "a link that leads nowhere",
    args: train("data.train=link"),
    message:
      '"<folder>/link/Abuse001_x264_i3d.npy" is a link to "/no/such/disk/x.npy", which does not exist',
    ignore: Deno.build.os === "windows",
  },
  {
    what: "a ground truth that is no JSON",
    args: train("data.ground_truth=broken_truth.json"),
    message: 'Cannot read ground truth "<folder>/broken_truth.json": it is not JSON',
  },
];
