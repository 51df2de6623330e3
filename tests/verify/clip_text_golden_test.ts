/** CLIP's text tower: numbers of the official code. The full tower is in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("clip_text/reduced");
verifiesWithoutBlas("clip_text/reduced");
verifiesOnGpu("clip_text/reduced");
