/**
 * C3D with both last pools: numbers of the official code. The GPU is in tests/full, whole frames in
 * tests/long.
 */

import { verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("c3d/reduced_caffe_pool");
verifiesWithoutBlas("c3d/reduced");
