/**
 * S3R's golden case at the official width that takes a software GPU minutes. `s3r/train` is in
 * tests/full.
 */

import { verifiesOnGpu } from "../support/verifies.ts";

verifiesOnGpu("s3r/eval");
