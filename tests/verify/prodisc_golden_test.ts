/** The official code's numbers of prodisc. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const cases = ["prodisc/eval", "prodisc/eval_t2", "prodisc/train", "prodisc/steps"];

verifiesWithBlas(...cases);
verifiesWithoutBlas(...cases);
verifiesOnGpu(...cases);
