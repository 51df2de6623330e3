/** UR-DMU's golden cases: the official code's numbers. The others on webgpu are in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

const cases = ["eval", "eval_t2", "train", "train_crops", "steps"].map((name) => `ur_dmu/${name}`);

verifiesWithBlas(...cases);
verifiesWithoutBlas(...cases);
verifiesOnGpu("ur_dmu/eval_t2");
