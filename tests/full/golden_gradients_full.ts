/**
 * All gradients of every method on the GPU: the official code's numbers, which a software GPU takes
 * minutes for.
 */

import { EMBEDDED } from "../../src/config/embedded.ts";
import { verifiesOnGpu } from "../support/verifies.ts";

for (const runner of Object.keys(EMBEDDED.runner)) verifiesOnGpu(`${runner}/train`);
