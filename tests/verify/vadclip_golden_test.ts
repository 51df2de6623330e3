/** VadCLIP's golden cases: the official code's numbers. Those with the official sizes on the GPU are in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("vadclip/eval", "vadclip/train", "vadclip/steps");
verifiesWithoutBlas("vadclip/steps");
verifiesOnGpu("vadclip/steps");
