/** VGGish and its front end: numbers of the official code. Whole layers are in tests/long. */

import { verifiesOnGpu, verifiesWithBlas, verifiesWithoutBlas } from "../support/verifies.ts";

verifiesWithBlas("vggish/reduced", "vggish/frontend_short");
verifiesWithoutBlas("vggish/reduced");
verifiesOnGpu("vggish/reduced");
