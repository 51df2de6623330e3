/** The official code's numbers of dsanet. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas(
  "dsanet/eval",
  "dsanet/eval_t2",
  "dsanet/train",
  "dsanet/train_xd",
  "dsanet/steps",
);
verifiesWithoutBlas("dsanet/eval_t2", "dsanet/train_xd", "dsanet/steps");
verifiesOnGpu("dsanet/eval_t2");
