/** TPWNG's golden cases: an independent reference's numbers. The others are in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("tpwng/eval", "tpwng/eval_span", "tpwng/train", "tpwng/steps");
verifiesWithoutBlas("tpwng/eval_span", "tpwng/train", "tpwng/steps");
verifiesOnGpu("tpwng/eval_span", "tpwng/steps");
