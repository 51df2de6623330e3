/** The official code's numbers of clip_tsa. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const passes = ["clip_tsa/eval", "clip_tsa/eval_long", "clip_tsa/train"];

verifiesWithBlas(...passes);
verifiesWithoutBlas(...passes);
verifiesOnGpu(...passes);
