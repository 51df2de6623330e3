/**
 * VadCLIP's golden cases that take long: the whole text tower, and the official sizes without a
 * BLAS and on the GPU.
 */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("vadclip/eval_fulltext");
verifiesWithoutBlas("vadclip/eval", "vadclip/eval_fulltext", "vadclip/steps");
verifiesOnGpu("vadclip/eval", "vadclip/eval_fulltext");
