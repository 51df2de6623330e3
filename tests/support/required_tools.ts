/**
 * Tests are ignored where a tool of the system is missing. Continuous integration installs the
 * tools and sets WSVAD_REQUIRE_TOOLS=1: a missing one then fails a test that names it.
 */

import { assert } from "@std/assert";

const required = Deno.env.get("WSVAD_REQUIRE_TOOLS") === "1";

/** A test that the tool is here, where tools are required. */
export function requiresTool(name: string, isHere: boolean): void {
  if (!required) return;
  Deno.test(`${name} is here, as WSVAD_REQUIRE_TOOLS asks`, () => {
    assert(isHere, `${name} was not found, so its tests are ignored`);
  });
}
