/** The official code's numbers of s3r. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const small = ["s3r/eval_t2", "s3r/steps"];

verifiesWithoutBlas("s3r/eval", "s3r/train", ...small);
// Not s3r/train: of a million ReLU inputs of the reconstruction's stream one lies within the rounding of
// OpenBLAS 0.3.21, and its flip moves samples of that stream's gradients by 1.7 times the limit.
verifiesWithBlas("s3r/eval", ...small);
verifiesOnGpu(...small);
