import { assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  appendLog,
  clearRunFolder,
  type LogLine,
  readLog,
  runFiles,
  truncateLog,
} from "../../src/run_folder/run_files.ts";
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

Deno.test("clearRunFolder() removes an earlier run and what it left unfinished, and no other file", () =>
  withFolder(async (folder) => {
    const files = runFiles(folder);
    for (const path of [files.config, files.log, files.best, files.last, files.report]) {
      Deno.writeTextFileSync(path, "old");
    }
    for (const name of [".last.safetensors.1234567890-3.partial", "notes.txt"]) {
      Deno.writeTextFileSync(join(folder, name), "");
    }
    await clearRunFolder(files);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    // The settings stay until those of the new run replace them.
    assertEquals(left, ["config.yaml", "notes.txt"]);
  }));
