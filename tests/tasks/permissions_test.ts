import { assertEquals, assertMatch } from "@std/assert";
import { createProgram } from "../../src/cli/program.ts";
import {
  commandsWithPermissions,
  permissionCases,
  permissionsOf,
  printing,
} from "../../tasks/executable/permissions.ts";

Deno.test("an executable knows what each command may do", () => {
  const commands = createProgram(() => {}).commands.map((command) => command.name());
  const known = [...commandsWithPermissions.filter((name) => !name.includes(" ")), ...printing];
  assertEquals(known.toSorted(), commands.toSorted());
  assertEquals(permissionsOf("slots").some((flag) => /write|ffi|run|net/.test(flag)), false);
});

Deno.test("permissionCases() asks for the longer name first, and for programs apart", () => {
  const cases = permissionCases().split("\n");
  const at = (name: string) => cases.findIndex((line) => line.startsWith(`"${name} "*`));
  assertEquals(at("data download") >= 0 && at("data download") < at("data"), true);
  assertMatch(cases[at("demo")], /programs='ffmpeg ffprobe' ;;$/);
  assertEquals(cases[at("demo")].includes("--allow-run"), false);
  assertMatch(cases.at(-1)!, /^\*\) allow='--allow-read --allow-env --allow-sys=\S+' programs=''/);
});
