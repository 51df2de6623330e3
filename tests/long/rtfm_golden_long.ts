/** RTFM's golden cases that take a software GPU many minutes. */

import { verifiesOnGpu } from "../support/verifies.ts";

verifiesOnGpu("rtfm/steps", "rtfm/steps_official_lr");
