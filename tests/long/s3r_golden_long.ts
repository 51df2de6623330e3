/**
 * S3R's golden cases at the official width, which take a software GPU minutes. `s3r/train` hangs on a ReLU input within
 * 3e-6 of 0: on lavapipe, with the products from before kernels/matrix_product.wgsl, it fell on the other side and 14 of
 * the 249 tensors missed their limits. Not measured since.
 */

import { verifiesOnGpu } from "../support/verifies.ts";

verifiesOnGpu("s3r/eval");
