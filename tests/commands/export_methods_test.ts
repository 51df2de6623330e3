/** Methods out as PyTorch state dicts and in again; tests/full has all of them. */

import { assertSameScores } from "../support/small_exports.ts";
import { withFolder } from "../support/temporary_folder.ts";

// A dictionary beside; a tower in the checkpoint, and tensors that nothing reads.
for (const method of ["s3r", "vadclip"]) {
  Deno.test(`${method}: exported weights give the same scores, on the fly and imported`, () =>
    withFolder((folder) => assertSameScores(method, folder)));
}
