/** BN-WVAD's golden cases that take a software GPU minutes. */

import { verifiesOnGpu } from "../support/verifies.ts";

verifiesOnGpu("bn_wvad/eval", "bn_wvad/steps");
