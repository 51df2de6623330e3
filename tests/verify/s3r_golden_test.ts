/** The official code's numbers of s3r. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const small = ["s3r/eval_t2", "s3r/steps"];

verifiesWithoutBlas("s3r/eval", "s3r/train", ...small);
verifiesWithBlas("s3r/eval", "s3r/train", ...small);
verifiesOnGpu("s3r/eval_t2");
