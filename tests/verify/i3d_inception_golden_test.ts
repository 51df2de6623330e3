/**
 * I3D on Inception-v1, odd sizes: numbers of both codes. The GPU is in tests/full, the other cases
 * are in tests/long.
 */

import { verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("i3d_inception/urdmu_odd", "i3d_inception/piergiaj_odd");
verifiesWithoutBlas("i3d_inception/urdmu_odd");
