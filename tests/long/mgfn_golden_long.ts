/**
 * MGFN's golden cases that take minutes. The ten steps hang on the signs of features within 2e-6 of
 * 0 (the L1 norms' gradient), which is what float32 leaves open: the sums of another processor or
 * BLAS may take another side, and then the case fails.
 */

import { verifiesOnGpu, verifiesWithBlas } from "../support/verifies.ts";

verifiesWithBlas("mgfn/steps");
verifiesOnGpu("mgfn/steps_official_lr");
