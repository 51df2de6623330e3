import { assertEquals, assertThrows } from "@std/assert";
import { licenses } from "../../src/commands/licenses.ts";
import { versionReport } from "../../src/commands/version.ts";
import { tool } from "../../src/tool.ts";

Deno.test("versionReport() from source tells the version, and that nothing can be verified", () => {
  const { version, commit, platform, file, ok } = versionReport({ verify: false });
  assertEquals([version, commit, platform, file, ok], [tool.version, null, null, null, true]);
  assertThrows(() => versionReport({ verify: true }), Error, "the tool runs from source");
});

Deno.test("licenses() from source says that nothing is inside, and where licences lie", () => {
  assertThrows(() => licenses(), Error, "deno.lock names the packages");
});
