/** S3R's golden cases at the official width, which take a software GPU minutes. */

import { verifiesOnGpu } from "../support/verifies.ts";

verifiesOnGpu("s3r/eval", "s3r/train");
