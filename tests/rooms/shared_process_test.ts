/** Files of tests run as threads of one process, whose environment and folder all of them see. */

import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { root, sources } from "./imports.ts";

const CHANGES = /\bDeno\.(?:env\.(?:set|delete)|chdir)\(|\bprocess\.(?:chdir\(|env\.\w+ = )/;

Deno.test("no test changes the environment or the working folder of its process", () => {
  const found = sources("tests").filter((path) =>
    CHANGES.test(Deno.readTextFileSync(join(root, path)))
  );
  assertEquals(found, []);
});
