/** CLIP's image tower: numbers of the official code. The full tower is in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("clip_image/reduced");
verifiesWithoutBlas("clip_image/reduced");
verifiesOnGpu("clip_image/reduced");
