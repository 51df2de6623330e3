/**
 * `deno task fuzz`: 1,000,000 damaged files for each reader, or as many as time allows, with what
 * each took. The same seed gives the same files.
 *
 *     deno task fuzz --runs 100000 --minutes 5 --seed 1 --only npy
 */

import { endWithUsage, taskWords } from "../../tasks/task_words.ts";
import { runCampaign, trials } from "./campaign.ts";

const USAGE = "fuzz [--runs N] [--minutes N] [--seed N] [--only PART OF A NAME]";
const { values } = taskWords(USAGE, {
  runs: { type: "string", default: "1000000" },
  /** Of each reader. */
  minutes: { type: "string" },
  seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  /** A part of the names. */
  only: { type: "string", default: "" },
});
const runs = Number(values.runs), seed = Number(values.seed);
const milliseconds = values.minutes === undefined ? undefined : 60_000 * Number(values.minutes);
if (!(runs >= 1 && seed >= 0 && (milliseconds ?? 1) > 0)) endWithUsage(USAGE);
const chosen = Object.entries(trials).filter(([name]) => name.includes(values.only));

console.log(`${chosen.length} readers, up to ${runs} damaged files each, seed ${seed}`);
console.log(
  "| reader | files | read | a second | slowest, ms | process grew, MB | 1,000,000 take |\n" +
    "| --- | --- | --- | --- | --- | --- | --- |",
);
let failed = 0;
for (const [name, trial] of chosen) {
  try {
    const report = await runCampaign(trial, { runs, seed, milliseconds });
    const { ran, read, seconds, slowest, grown } = report;
    const cells = [
      name,
      ran.toLocaleString("en"),
      read.toLocaleString("en"),
      Math.round(ran / seconds).toLocaleString("en"),
      slowest.toFixed(0),
      (grown / 2 ** 20).toFixed(0),
      `${(1e6 * seconds / ran / 60).toFixed(1)} min`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  } catch (error) {
    failed++;
    console.log(`| ${name} | FAILED |`);
    console.error(error);
  }
}
Deno.exit(failed > 0 ? 1 : 0);
