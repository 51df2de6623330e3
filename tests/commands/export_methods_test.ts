/** Methods out as PyTorch state dicts and in again; tests/full has all of them. */

import { inTemporaryFolder } from "../data/temporary_features.ts";
import { assertSameScores } from "../support/small_exports.ts";

// A dictionary beside; a tower in the checkpoint, and tensors that nothing reads.
for (const method of ["s3r", "vadclip"]) {
  Deno.test(`${method}: exported weights give the same scores, on the fly and imported`, () =>
    inTemporaryFolder((folder) => assertSameScores(method, folder)));
}
