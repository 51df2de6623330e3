/** UR-DMU's golden cases that take a software GPU minutes. */

import { verifiesOnGpu } from "../support/verifies.ts";

verifiesOnGpu("ur_dmu/eval", "ur_dmu/train_crops", "ur_dmu/steps");
