import { assertEquals, assertThrows } from "@std/assert";
import { parseCondition } from "../../src/run_folder/run_filter.ts";

Deno.test("parseCondition() makes SQL whose values are parameters", () => {
  assertEquals(parseCondition("runner=rtfm and roc_auc > 0.8"), {
    sql: "(runner = ? AND roc_auc > ?)",
    values: ["rtfm", 0.8],
  });
  assertEquals(parseCondition(`not (note ~ "two words" or seed != 1) AND status='x y'`), {
    sql: "(NOT (instr(lower(note), lower(?)) > 0 OR seed != ?) AND status = ?)",
    values: ["two words", 1, "x y"],
  });
  assertEquals(parseCondition("video_acc >= 0.5").values, [`$."video_acc"`, 0.5]);
  assertEquals(parseCondition("runner.encoder.name=mtn").values, [
    `$."runner.encoder.name"`,
    "mtn",
  ]);
  assertEquals(parseCondition(`runner = "x'; DROP TABLE runs"`).values, ["x'; DROP TABLE runs"]);
});

Deno.test("parseCondition() says where it does not understand", () => {
  for (
    const [text, expected] of [
      ["", "expected a column, a metric or a setting, found the end"],
      ["runner", "expected one of = != < <= > >= ~, found the end"],
      ["runner=", "expected a value, found the end"],
      ["runner=a b", `expected and, or, or the end, found "b" at column 10`],
      ["(seed=1", `expected ")", found the end`],
      ["seed=1)", `found ")" at column 7`],
      [`note="open`, "a quote is open at column 6"],
    ]
  ) assertThrows(() => parseCondition(text), SyntaxError, expected, text);
});
