import { assert, assertEquals, assertThrows } from "@std/assert";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import {
  claimFolder,
  claimMatrixFolder,
  claimNewFolder,
  claimOutput,
  rehearseMatrixFolder,
  rehearseOutput,
} from "../../src/run_folder/claim_folder.ts";
import { isFault } from "../../src/fault.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("claimNewFolder() makes a new folder each time", async () => {
  await withFolder((folder) => {
    const parent = join(folder, "runs");
    const names = [1, 2, 3].map(() => basename(claimNewFolder(parent, "mil").path));
    assertEquals(names, ["mil", "mil-2", "mil-3"]);
  });
});

Deno.test("releaseIfEmpty() removes a folder into which nothing was written, and no other", async () => {
  await withFolder((folder) => {
    const empty = claimNewFolder(folder, "a");
    empty.releaseIfEmpty();
    assert(!existsSync(empty.path));
    const used = claimNewFolder(folder, "b");
    Deno.writeTextFileSync(join(used.path, "log.jsonl"), "{}");
    used.releaseIfEmpty();
    assert(existsSync(used.path));
  });
});

Deno.test("releaseIfEmpty() removes the parents that were made with the folder, and no others", async () => {
  await withFolder((folder) => {
    const there = join(folder, "there");
    Deno.mkdirSync(there);
    claimFolder(join(there, "a", "b"), false, "").releaseIfEmpty();
    assertEquals([...Deno.readDirSync(there)], []);
  });
});

Deno.test("claimMatrixFolder() takes a folder with cells or a table, and no other one that holds something", async () => {
  await withFolder((folder) => {
    for (const name of ["cells", "matrix.json"]) {
      const path = join(folder, name, "grid");
      Deno.mkdirSync(path, { recursive: true });
      Deno.writeTextFileSync(join(path, name), "");
      assertEquals(claimMatrixFolder(path).path, path);
    }
    const other = join(folder, "other");
    Deno.mkdirSync(other);
    Deno.writeTextFileSync(join(other, "x"), "");
    assertThrows(() => claimMatrixFolder(other), Error, "it holds no matrix");
  });
});

Deno.test("a rehearsal refuses what the claim refuses, in its words, and makes nothing", async () => {
  await withFolder((folder) => {
    const path = (name: string) => join(folder, name);
    Deno.mkdirSync(path("empty"));
    Deno.mkdirSync(path("grid/cells"), { recursive: true });
    Deno.mkdirSync(path("run/checkpoints"), { recursive: true });
    Deno.writeTextFileSync(path("file"), "");
    const said = (action: (path: string) => unknown, name: string) => {
      try {
        action(path(name));
        return "taken";
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (
      const name of ["empty", "grid", "run", "file", "file/below", "file/below/it", "new/folder"]
    ) {
      const rehearsed = [rehearseMatrixFolder, rehearseOutput].map((action) => said(action, name));
      assert(!existsSync(path("new")));
      assertEquals(rehearsed, [claimMatrixFolder, claimOutput].map((action) => said(action, name)));
    }
    assert(said(rehearseMatrixFolder, "run").includes("it holds no matrix"));
  });
});

Deno.test("claimFolder() takes a new or an empty folder, and with overwrite any", async () => {
  await withFolder((folder) => {
    const path = join(folder, "a", "b");
    assertEquals(claimFolder(path, false, "").path, path);
    assertEquals(claimFolder(path, false, "").path, path);
    Deno.writeTextFileSync(join(path, "x"), "");
    assertEquals(claimFolder(path, true, "").path, path);
    claimFolder(path, true, "").releaseIfEmpty();
    assert(existsSync(join(path, "x")));
  });
});

Deno.test("claimFolder() refuses a folder that holds something, with advice", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(join(folder, "x"), "");
    const error = assertThrows(
      () => claimFolder(folder, false, "add --overwrite"),
      Error,
      "not empty; add --overwrite",
    );
    assert(isFault(error));
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  });
});

Deno.test("claimFolder() refuses a file, and a path through a file", async () => {
  await withFolder((folder) => {
    const file = join(folder, "x");
    Deno.writeTextFileSync(file, "kept");
    assertThrows(() => claimFolder(file, true, ""), Error, "it is a file, not a folder");
    const error = assertThrows(
      () => claimFolder(join(file, "run"), true, ""),
      Error,
      "Cannot make the folder",
    );
    assert(isFault(error));
    assertEquals(Deno.readTextFileSync(file), "kept");
  });
});
