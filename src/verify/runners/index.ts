/**
 * What `wsvad verify` knows of each method, and of parts of models that have cases of their own.
 */

import type { GoldenRunner, PartRunner } from "../golden_runner.ts";
import { bnWvad } from "./bn_wvad.ts";
import { c3dCases } from "./c3d.ts";
import { clipImage } from "./clip_image.ts";
import { clipText } from "./clip_text.ts";
import { clipTsa } from "./clip_tsa.ts";
import { dsanet } from "./dsanet.ts";
import { gsMoe } from "./gs_moe.ts";
import { i3dInceptionCases } from "./i3d_inception.ts";
import { i3dResnet50 } from "./i3d_resnet50.ts";
import { mgfn } from "./mgfn.ts";
import { mil } from "./mil.ts";
import { pel4vad } from "./pel4vad.ts";
import { preprocess } from "./preprocess.ts";
import { prodisc } from "./prodisc.ts";
import { rtfm } from "./rtfm.ts";
import { s3r } from "./s3r.ts";
import { tpwng } from "./tpwng.ts";
import { urDmu } from "./ur_dmu.ts";
import { vadclip } from "./vadclip.ts";
import { vggishCases } from "./vggish.ts";
import { videomaeCases } from "./videomae.ts";

export const goldenRunners: Record<string, GoldenRunner | PartRunner> = {
  mil,
  rtfm,
  mgfn,
  ur_dmu: urDmu,
  bn_wvad: bnWvad,
  gs_moe: gsMoe,
  s3r,
  tpwng,
  vadclip,
  prodisc,
  pel4vad,
  dsanet,
  clip_text: clipText,
  clip_image: clipImage,
  i3d_resnet50: i3dResnet50,
  i3d_inception: i3dInceptionCases,
  c3d: c3dCases,
  videomae: videomaeCases,
  vggish: vggishCases,
  preprocess,
  clip_tsa: clipTsa,
};
