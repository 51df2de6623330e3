/** What of two run folders must be equal, byte by byte or but for the clock. */

import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";

const FILES = [
  "best.safetensors",
  "config.yaml",
  "last.safetensors",
  "log.jsonl",
  "report.html",
  "result.json",
  "run.json",
  "test_scores.json",
];

const FROZEN = "frozen.safetensors";
/** What a matrix keeps beside the run of a cell. */
const OF_CELL = ["cell.json", "task.log"];

/** Checks that the interrupted run left what the uninterrupted one did, and nothing beside it. */
export async function assertSameRun(
  { interrupted, whole }: { interrupted: string; whole: string },
): Promise<void> {
  for (const folder of [interrupted, whole]) {
    // frozen.safetensors is there where a model has a text tower.
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names.filter((name) => ![FROZEN, ...OF_CELL].includes(name)), FILES);
  }
  const frozen = existsSync(join(whole, FROZEN)) ? [FROZEN] : [];
  const same = ["last.safetensors", "best.safetensors", "config.yaml", "test_scores.json"];
  for (const name of [...same, ...frozen]) {
    const [found, expected] = await Promise.all(
      [interrupted, whole].map((folder) => Deno.readFile(join(folder, name))),
    );
    // Not deepStrictEqual, which takes minutes to describe how large arrays differ.
    const at = found.findIndex((byte, i) => byte !== expected[i]);
    assertEquals([found.length, at], [expected.length, -1], `length, first other byte of ${name}`);
  }
  assertEquals(await logOf(interrupted), await logOf(whole));
  assertEquals(await resultOf(interrupted), await resultOf(whole));
}

/** Lines of log.jsonl without their seconds, and the memory, which hangs on what ran before. */
export async function logOf(folder: string): Promise<Record<string, unknown>[]> {
  const text = await Deno.readTextFile(join(folder, "log.jsonl"));
  return text.trimEnd().split("\n").map((line) => {
    const { seconds: _, memory_peak_bytes: __, ...rest } = JSON.parse(line);
    return rest;
  });
}

async function resultOf(folder: string): Promise<Record<string, unknown>> {
  const text = await Deno.readTextFile(join(folder, "result.json"));
  const { seconds: _, memory_peak_bytes: __, ...rest } = JSON.parse(text);
  return rest;
}
