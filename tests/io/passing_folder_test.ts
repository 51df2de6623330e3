import { assert, assertEquals, assertThrows } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { inPassingFolder, leavePassingFolder } from "../../src/io/passing_folder.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("inPassingFolder() makes the folder again where another process took it away", () =>
  withFolder((above) => {
    const folder = join(above, "shared"), path = join(folder, "file");
    let calls = 0;
    const make = () => {
      if (++calls < 3) Deno.removeSync(folder); // as its other user would, when that leaves
      Deno.writeTextFileSync(path, "", { createNew: true });
      return calls;
    };
    assertEquals(inPassingFolder(folder, make), 3);
    leavePassingFolder(folder);
    assert(existsSync(path));
    Deno.removeSync(path);
    leavePassingFolder(folder);
    leavePassingFolder(folder);
    assertEquals([...Deno.readDirSync(above)], []);
    return Promise.resolve();
  }));

Deno.test("inPassingFolder() makes no folder above, and passes on what else fails", () =>
  withFolder((above) => {
    const open = (path: string) => () => Deno.openSync(path, { write: true, createNew: true });
    assertThrows(
      () => inPassingFolder(join(above, "gone", "shared"), open(join(above, "file"))),
      Error,
      "ENOENT",
    );
    Deno.writeTextFileSync(join(above, "file"), "");
    assertThrows(
      () => inPassingFolder(join(above, "shared"), open(join(above, "file"))),
      Deno.errors.AlreadyExists,
    );
    return Promise.resolve();
  }));
