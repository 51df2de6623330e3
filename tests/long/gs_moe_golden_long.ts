/** GS-MoE's golden case at its full sizes, which takes a software GPU minutes. */

import { verifiesOnGpu } from "../support/verifies.ts";

verifiesOnGpu("gs_moe/eval_full");
