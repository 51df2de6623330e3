/**
 * VadCLIP's golden cases: the official code's numbers. In the first step of `steps` two logits at
 * the edge of a selection are equal but for their last bit (video 1, class 7), so its later losses
 * depend on the order of sums. Those with the official sizes on the GPU are in tests/long.
 */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("vadclip/eval", "vadclip/train", "vadclip/steps");
verifiesWithoutBlas("vadclip/train");
verifiesOnGpu("vadclip/steps");
