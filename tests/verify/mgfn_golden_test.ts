/** MGFN's golden cases: the official code's numbers. The others are in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("mgfn/eval", "mgfn/train", "mgfn/steps_official_lr");
verifiesWithoutBlas("mgfn/eval", "mgfn/train");
verifiesOnGpu("mgfn/eval");
