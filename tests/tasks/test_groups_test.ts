import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { aloneOf, findTests, groupsOf, withoutEntry } from "../../tasks/check_all/test_groups.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("groupsOf() shares the files of a folder equally, and mixes no two folders", () => {
  const files = ["a/1", "a/2", "a/3", "a/4", "a/5", "b/1", "b/2"], alone = new Set(["a/2"]);
  assertEquals(groupsOf(files, alone, 3), [
    ...[["a/1", "a/3"], ["a/4", "a/5"], ["a/2"], ["b/1", "b/2"]],
  ]);
});

Deno.test("every file of quick tests is in one group", () => {
  const files = findTests(root);
  assert(files.includes("tests/tasks/test_groups_test.ts"));
  assert(files.every((file) => !file.startsWith("tests/full/")));
  const alone = aloneOf(files, root), groups = groupsOf(files, alone);
  assertEquals(groups.flat().sort(), files);
  assertEquals(
    groups.filter((group) => group.some((file) => alone.has(file) && group.length > 1)),
    [],
  );
});

Deno.test("a file that opens a device while it is loaded shares no isolate", () => {
  const files = [
    "tests/ops/webgpu_forms_test.ts",
    "tests/device/heap_storage_test.ts",
    "tests/ops/softmax_test.ts",
  ];
  assertEquals([...aloneOf(files, root)], files.slice(0, 2));
});

Deno.test("withoutEntry() leaves the file of a test, in colours too", () => {
  const grey = "\x1b[38;5;245m", plain = "\x1b[0m", file = "./tests/a_test.ts => b";
  const entry = "../../tmp/wsvad_tests_x/wsvad_tests_3_test.ts";
  assertEquals(withoutEntry(`${entry} => ${file} ... ok (1ms)`), `${file} ... ok (1ms)`);
  assertEquals(withoutEntry(`${grey}${entry} => ${plain}${file}`), `${grey}${plain}${file}`);
  assertEquals(withoutEntry(`${grey}${entry} =>${plain} ${file}`), `${grey}${plain}${file}`);
  const place = "../tasks/check_all/named_tests.ts:22:5";
  assertEquals(withoutEntry(`${file} => ${place}`), file);
  assertEquals(withoutEntry(`${file} ${grey}=> ${place}${plain}`), `${file}${grey}${plain}`);
  assertEquals(withoutEntry("./tests/full/a_full.ts => b"), "./tests/full/a_full.ts => b");
});
