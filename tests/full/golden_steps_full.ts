/**
 * Training steps of the official codes, and their longest sequences, where they take long: on the
 * software GPU, and rtfm's on the cpu.
 */

import { verifiesOnGpu, verifiesWithBlas } from "../support/verifies.ts";

verifiesWithBlas("rtfm/steps", "rtfm/steps_official_lr");
verifiesOnGpu("dsanet/steps");
verifiesOnGpu("gs_moe/steps", "gs_moe/tgs");
verifiesOnGpu("clip_tsa/eval_long", "clip_tsa/steps");
verifiesOnGpu("s3r/steps");
