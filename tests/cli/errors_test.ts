import { assert, assertEquals, assertMatch } from "@std/assert";

import { ofExecutable } from "../../src/cli/errors.ts";
import { wsvadEach } from "./run_wsvad.ts";

const FAULTS: [kind: string, args: string[], message: RegExp][] = [
  ["fault", ["eval", "/nowhere/run"], /nowhere/],
  ["usage", ["slots", "--colour"], /^unknown option '--colour'/],
];
for (const [kind, args, message] of FAULTS) {
  Deno.test(`an error of kind "${kind}" is JSON on stdout with --json, and as ever on stderr`, async () => {
    const [plain, json] = await wsvadEach([args, [...args, "--json"]]);
    assertEquals([plain.code, plain.stdout, json.code], [1, "", 1]);
    assertEquals(json.stderr, plain.stderr);
    const { error } = JSON.parse(json.stdout);
    assertEquals([error.kind, error.exit_code], [kind, 1]);
    assertMatch(error.message, message);
  });
}

Deno.test("--quiet leaves no progress on stderr, and the result as it is", async () => {
  const verify = ["verify", "mil/eval", "--device", "cpu", "--json"];
  const [loud, quiet] = await wsvadEach([verify, [...verify, "--quiet"]]);
  assert(loud.stderr.includes("verifying"));
  assertEquals([quiet.code, quiet.stderr], [0, ""]);
  assertEquals(JSON.parse(quiet.stdout).ok, true);
});

Deno.test("an executable names its own way to give permissions", () => {
  const said =
    'Cannot read "x": Requires all access to "/dev/shm/x", run again with the --allow-all flag';
  const message = 'Cannot read "x": Requires all access to "/dev/shm/x", ';
  const remedy = "run again with WSVAD_ALLOW=all in the environment";
  assertEquals(ofExecutable(said), message + remedy);
});
