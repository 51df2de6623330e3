import { assertEquals } from "@std/assert";
import { TestOutput } from "../../tasks/check_all/test_output.ts";

Deno.test("TestOutput counts tests, names ignored ones and adds up the times of a file", () => {
  const output = new TestOutput();
  for (
    const line of [
      "./tests/a_test.ts => one ... ok (1s)",
      "./tests/a_test.ts => two ... part ... ok (500ms)",
      "./tests/a_test.ts => two ... ok (750ms)",
      "\x1b[38;5;245m./tests/b_test.ts => \x1b[0mthree ... \x1b[32mok\x1b[0m \x1b[38;5;245m(1m2s)\x1b[0m",
      "./tests/c_test.ts => four ... FAILED (250µs)",
      "./tests/c_test.ts => five ... ignored (0ms)",
      "FAILED | 3 passed (1 step) | 1 failed | 1 ignored (1m5s)",
    ]
  ) output.read(line);
  assertEquals([output.passed, output.failed], [3, 1]);
  assertEquals(output.ignored, ["./tests/c_test.ts => five"]);
  assertEquals(output.slowest(2), [["./tests/b_test.ts", 62], ["./tests/a_test.ts", 1.75]]);
});
