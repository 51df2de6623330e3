/** The official code's numbers of clip_tsa. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const cases = ["clip_tsa/eval", "clip_tsa/eval_long", "clip_tsa/train", "clip_tsa/steps"];

verifiesWithBlas(...cases);
verifiesWithoutBlas(...cases);
verifiesOnGpu("clip_tsa/eval");
