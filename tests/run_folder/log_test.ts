import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { appendLog, type LogLine, readLog, truncateLog } from "../../src/run_folder/log.ts";
import { withFolder } from "../train/small_training.ts";

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
    Deno.writeTextFileSync(path, JSON.stringify(line(8)).slice(0, 20), { append: true });
    assertEquals(await readLog(path), lines);
    assertEquals(await truncateLog(path, 4), lines.slice(0, 3));
    await appendLog(path, [line(5)]);
    assertEquals(await readLog(path), [...lines.slice(0, 3), line(5)]);
  }));

Deno.test("truncateLog() makes an empty log where there was none", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log.jsonl");
    assertEquals(await truncateLog(path, 10), []);
    assertEquals(Deno.readTextFileSync(path), "");
  }));

Deno.test("readLog() refuses a whole line that is none of a log, by its number and the key", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log.jsonl");
    await appendLog(path, [line(2)]);
    Deno.writeTextFileSync(path, `${JSON.stringify({ ...line(4), terms: 3 })}\n`, { append: true });
    const error = await assertRejects(() => readLog(path), TypeError, `line 2 of "${path}": terms`);
    assertEquals(error.message.endsWith("restore the file"), true);
  }));

Deno.test("truncateLog() writes the lines back as they were, keys of a later version with them", () =>
  withFolder(async (folder) => {
    const path = join(folder, "log.jsonl");
    const text = `${JSON.stringify({ later: true, ...line(2) })}\n`;
    Deno.writeTextFileSync(path, text);
    await truncateLog(path, 2);
    assertEquals(Deno.readTextFileSync(path), text);
  }));
