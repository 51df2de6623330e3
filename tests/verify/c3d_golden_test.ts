/** C3D with both last pools: numbers of the official code. Whole frames are in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("c3d/reduced_caffe_pool");
verifiesWithoutBlas("c3d/reduced");
verifiesOnGpu("c3d/reduced");
