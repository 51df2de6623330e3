/** TPWNG's golden cases that take minutes on a software GPU. */

import { verifiesOnGpu, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithoutBlas("tpwng/eval");
verifiesOnGpu("tpwng/eval");
