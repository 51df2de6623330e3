/**
 * Backbones and preprocessing at sizes that no case of the official codes has: numbers of a second
 * implementation in PyTorch, written from the description of the networks. C3D is in tests/full.
 */

import { verifiesOnCpu, verifiesOnGpu, verifiesWithoutBlas } from "../support/verifies.ts";

const small = ["i3d_resnet50/one_pixel", "videomae", "vggish/narrow", "clip_image/patch_14"]
  .map((name) => `other_sizes/${name}`);

verifiesOnCpu(...small);
verifiesWithoutBlas(...small);
verifiesOnGpu(...small);
// The front end and frames need no device, and one row of one frame takes all weights of I3D.
verifiesOnCpu(
  "other_sizes/vggish/two_rows",
  "other_sizes/preprocess",
  "other_sizes/i3d_inception/one_row",
);
