/**
 * Runs the steps of a part one after the other, within its minutes, and writes what they said after
 * each. What was well in an earlier call is not run again: a part that was cut short goes on.
 */

import { readFileSync } from "node:fs";
import { writeWhole } from "../../src/io/atomic_write.ts";
import { pageOf } from "./page.ts";
import { runStep, type StepResult } from "./run_step.ts";
import type { PartName, Step } from "./steps.ts";

export interface PartOptions {
  folder: string;
  /** Of the files, without their ends: those of other sizes or another device have another. */
  name: string;
  minutes: number;
}

/** Of a part's minutes a step takes this much at most: one that hangs leaves time for others. */
const SHARE = 1 / 3;

/** @returns whether every step ran and was well */
export async function runPart(
  part: PartName,
  steps: Step[],
  { folder, name, minutes }: PartOptions,
): Promise<boolean> {
  const end = Date.now() + minutes * 60_000, most = minutes * SHARE * 60_000;
  Deno.mkdirSync(folder, { recursive: true });
  const place = `${folder}/${name}`;
  const earlier = new Map(resultsIn(`${place}.json`).map((result) => [result.name, result]));
  const found = new Map(
    steps.flatMap((step): [Step, StepResult][] => {
      const before = earlier.get(step.name);
      return before ? [[step, before]] : [];
    }),
  );
  const done = steps.filter((step) => found.get(step)?.problem === null);
  if (done.length > 0) {
    console.error(`${part}: ${done.length} steps of ${place}.json are not run again`);
  }
  // What was wrong before comes last: it may take its time for nothing again.
  const fresh = steps.filter((step) => !found.has(step));
  const again = steps.filter((step) => found.has(step) && !done.includes(step));
  for (const step of [...fresh, ...again]) {
    const left = end - Date.now(), limit = Math.min(left, most);
    if (left <= 0) break;
    const why = limit < left
      ? "a step has a third of the minutes at most"
      : `the ${minutes} minutes were over`;
    const result = await runStep(step, limit, why);
    found.set(step, result);
    console.error(`${step.name}: ${result.problem ?? "well"}, ${result.seconds.toFixed(0)} s`);
    const results = steps.flatMap((each) => found.get(each) ?? []);
    const missing = steps.filter((each) => !found.has(each)).map(({ name }) => name);
    const files = { json: JSON.stringify(results, null, 1), md: pageOf(part, results, missing) };
    for (const [end, text] of Object.entries(files)) {
      await writeWhole(`${place}.${end}`, text, { overwrite: true });
    }
  }
  const missing = steps.filter((step) => !found.has(step));
  if (missing.length > 0) {
    console.error(
      `${part}: ${missing.length} steps not run: the ${minutes} minutes were over; ` +
        "the same command goes on there",
    );
  }
  console.error(`${part}: ${place}.md`);
  return steps.every((step) => found.get(step)?.problem === null);
}

function resultsIn(path: string): StepResult[] {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new Error(`Cannot go on from ${path}: ${(error as Error).message}; move it away`);
  }
}
