/**
 * All golden cases of every method: the official codes' numbers on the cpu, the products by a BLAS
 * and by our own code, and the small ones on the software GPU, whose gradients and steps are in
 * golden_gradients_full.ts and golden_steps_full.ts. tests/verify has two or three of each method,
 * tests/long those that take many minutes.
 */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const WITH_BLAS: Record<string, string[]> = {
  mil: ["eval", "eval_c3d_t47", "train", "steps"],
  rtfm: ["eval", "eval_t47", "train", "steps", "steps_official_lr"],
  mgfn: ["eval", "train", "steps_official_lr"],
  ur_dmu: ["eval", "eval_t2", "train", "train_crops", "steps"],
  bn_wvad: ["eval", "eval_t2", "train", "steps"],
  gs_moe: ["eval", "eval_full", "train", "steps", "tgs"],
  s3r: ["eval", "eval_t2", "train", "steps"],
  clip_tsa: ["eval", "eval_long", "train", "steps"],
  vadclip: ["eval", "train", "steps"],
  tpwng: ["eval", "eval_span", "train", "steps"],
  prodisc: ["eval", "eval_t2", "train", "steps"],
  pel4vad: ["eval", "eval_t2", "train", "steps"],
  dsanet: ["eval", "eval_t2", "train", "train_xd", "steps"],
};

/** Cases of {@link WITH_BLAS} that our own product takes too long for, or that hang on its sums. */
const BLAS_ALONE = new Set([
  ...["rtfm/eval_t47", "rtfm/steps", "rtfm/steps_official_lr", "mgfn/steps_official_lr"],
  ...["gs_moe/eval_full", "vadclip/eval", "vadclip/steps", "tpwng/eval"],
  ...["dsanet/eval", "dsanet/train"],
]);

for (const [method, names] of Object.entries(WITH_BLAS)) {
  const cases = names.map((name) => `${method}/${name}`);
  verifiesWithBlas(...cases);
  verifiesWithoutBlas(...cases.filter((name) => !BLAS_ALONE.has(name)));
}

for (
  const cases of [
    ["mgfn/eval"],
    ["ur_dmu/eval_t2"],
    ["bn_wvad/eval_t2"],
    ["gs_moe/eval"],
    ["s3r/eval_t2"],
    ["clip_tsa/eval"],
    ["vadclip/steps"],
    ["tpwng/eval_span", "tpwng/steps"],
    ["prodisc/eval", "prodisc/eval_t2", "prodisc/steps"],
    ["pel4vad/eval", "pel4vad/eval_t2", "pel4vad/steps"],
    ["dsanet/eval_t2"],
    ["c3d/reduced", "i3d_inception/piergiaj_odd", "i3d_resnet50/reduced_nonlocal"],
  ]
) verifiesOnGpu(...cases);

verifiesWithBlas("other_sizes/c3d");
