/** BN-WVAD's golden cases: the official code's numbers. The others on webgpu are in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const cases = ["eval", "eval_t2", "train", "steps"].map((name) => `bn_wvad/${name}`);

verifiesWithBlas(...cases);
verifiesWithoutBlas(...cases);
verifiesOnGpu("bn_wvad/eval_t2");
