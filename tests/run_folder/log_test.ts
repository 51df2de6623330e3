import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { appendLog, type LogLine, readLog, truncateLog } from "../../src/run_folder/log.ts";
import { withFolder } from "../support/temporary_folder.ts";

function line(step: number, kind: "step" | "eval" = "step"): LogLine {
  const at = { step, epoch: 0, seconds: 0.1 };
  return kind === "step"
    ? { ...at, kind, loss: 1 / step, terms: {}, lr: 0.1 }
    : { ...at, kind, metrics: { roc_auc: null }, best: false };
}

Deno.test("truncateLog() keeps the lines up to the checkpoint, and takes off half a line", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log.jsonl");
    const lines = [line(2), line(4), line(4, "eval"), line(6)];
    for (const one of lines) await appendLog(path, [one]);
    const half = JSON.stringify(line(8)).slice(0, 20);
    Deno.writeTextFileSync(path, `${half}\n${half}`, { append: true });
    assertEquals((await readLog(path)).lines, lines);
    assertEquals((await truncateLog(path, 4)).lines, lines.slice(0, 3));
    const text = lines.slice(0, 3).map((one) => `${JSON.stringify(one)}\n`).join("");
    assertEquals(Deno.readTextFileSync(path), text);
    await appendLog(path, [line(5)]);
    assertEquals((await readLog(path)).lines, [...lines.slice(0, 3), line(5)]);
  }));

Deno.test("truncateLog() makes an empty log where there was none", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log.jsonl");
    assertEquals((await truncateLog(path, 10)).lines, []);
    assertEquals(Deno.readTextFileSync(path), "");
  }));

const DAMAGED: [name: string, text: string, found: string][] = [
  ["half a line", '{"kind":"st', "it is no JSON"],
  ["an empty line", "", "it is no JSON"],
  ["no object", "null", "the line: "],
  ["another form", JSON.stringify({ ...line(3), terms: 3 }), "terms: "],
  ["a step that is none", JSON.stringify({ ...line(3), step: "x" }), "step: "],
];

for (const [name, text, found] of DAMAGED) {
  Deno.test(`${name} in the middle of a log takes nothing after it along, and is told`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "log.jsonl");
      await appendLog(path, [line(2)]);
      Deno.writeTextFileSync(path, `${text}\n`, { append: true });
      await appendLog(path, [line(4), line(6)]);
      const { lines, warnings } = await readLog(path);
      assertEquals(lines, [line(2), line(4), line(6)]);
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0], `line 2 of "${path}" is skipped: ${found}`);
      assertEquals((await truncateLog(path, 4)).lines, [line(2), line(4)]);
      assertEquals(Deno.readTextFileSync(path).split("\n")[1], text);
    }));
}

Deno.test("truncateLog() writes the lines back as they were, keys of a later version with them", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log.jsonl");
    const text = `${JSON.stringify({ later: true, ...line(2) })}\n`;
    Deno.writeTextFileSync(path, text);
    await truncateLog(path, 2);
    assertEquals(Deno.readTextFileSync(path), text);
  }));
