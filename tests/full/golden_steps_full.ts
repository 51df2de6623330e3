/** Training steps of the official codes, and their longest sequences, on the software GPU. */

import { verifiesOnGpu } from "../support/verifies.ts";

verifiesOnGpu("dsanet/steps");
verifiesOnGpu("gs_moe/steps", "gs_moe/tgs");
verifiesOnGpu("clip_tsa/eval_long", "clip_tsa/steps");
verifiesOnGpu("s3r/steps");
