/** The videos of an extraction as tasks: processes of this machine, or an array of Slurm. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { finishedVideo } from "../extract/feature_folder.ts";
import { fault } from "../fault.ts";
import { runProcesses } from "../launch/local_processes.ts";
import { ownCommand } from "../launch/own_command.ts";
import { shellWord } from "../launch/shell_word.ts";
import { type ArrayJob, SlurmArrays, type Submitted } from "../launch/slurm_arrays.ts";
import type { SlurmPlace } from "../launch/slurm_queue.ts";
import type { SlurmOptions } from "../launch/slurm_script.ts";
import { logTail } from "../launch/task_log.ts";
import { claimOutput, rehearseOutput } from "../run_folder/claim_folder.ts";
import {
  extractFeatures,
  type ExtractRequest,
  type ExtractResult,
  planExtraction,
} from "./extract_features.ts";

/** What every task of an extraction is told, but for its shard. */
export interface ExtractTasks {
  request: ExtractRequest;
  /** Words of the command line, "extract" and its inputs and options. */
  args: readonly string[];
  /** Shards of the videos: tasks. */
  shards: number;
}

const logOf = (out: string, shard: number | string) => join(out, `shard-${shard}.log`);

/**
 * Runs a process for each shard, then looks over all videos: what the processes left is extracted
 * here, what fails is listed.
 *
 * @throws fault as {@link extractFeatures}; a stop
 */
export async function extractLocally(
  { request, args, shards }: ExtractTasks,
  command: readonly string[] = ownCommand(),
): Promise<ExtractResult> {
  const { out, progress, stop, device } = request;
  // A mistake is told once, not by each process.
  const { videos, plan: { recipe } } = await planExtraction(request);
  claimOutput(out);
  const count = async () => {
    let done = 0;
    for (const { id } of videos) if (await finishedVideo(out, id, recipe) !== null) done++;
    return done;
  };
  const before = await count();
  const tasks = Array.from({ length: shards }, (_, i) => ({
    shard: i + 1,
    args: [...args, "--shard", `${i + 1}/${shards}`],
    log: logOf(out, i + 1),
  }));
  await runProcesses(tasks, {
    ...{ parallel: shards, threads: device.threads, stop, command },
    onStart: ({ shard }) => progress.note(`shard ${shard} of ${shards}`),
    async onEnd({ shard, log }, { code, signal }) {
      if (code === 0 || stop?.aborted) {
        return progress.note(`shard ${shard} of ${shards} has ended`);
      }
      const how = signal ?? `code ${code}`;
      const said = (await logTail(log)).map((line) => `\n  | ${line}`).join("");
      progress.note(`shard ${shard} of ${shards} ended with ${how}${said}`);
    },
  });
  if (stop?.aborted) {
    throw fault(
      Error,
      "Extraction stopped; the same command goes on with the videos that are left",
    );
  }
  progress.note(`${await count()} of ${videos.length} videos have features, ${before} had before`);
  return await extractFeatures({ ...request, overwrite: false });
}

/** How far an extraction is that an array of Slurm does. */
export interface SubmittedExtraction {
  out: string;
  videos: number;
  finished: number;
  submitted: Submitted[];
  /** Shards that wait or run. */
  queued: number;
  /** Shards whose task ended with videos left, and the last lines of their logs. */
  ended: { shard: string; log: string[] }[];
  /** With a dry run what would be submitted. */
  scripts: string[];
}

/**
 * Submits the shards that have videos left and are not queued.
 *
 * @throws fault: no video, a plan that cannot be carried out, Slurm that refuses
 */
export async function submitExtraction(
  { request, args, shards }: ExtractTasks,
  { options, place, dryRun }: { options: SlurmOptions; place: SlurmPlace; dryRun: boolean },
): Promise<SubmittedExtraction> {
  const { out, overwrite } = request;
  const { videos, plan: { recipe } } = await planExtraction(request);
  rehearseOutput(out);
  const left = new Set<string>();
  let finished = 0;
  for (const [i, { id }] of videos.entries()) {
    if (!overwrite && await finishedVideo(out, id, recipe) !== null) finished++;
    else left.add(String(i % shards + 1));
  }
  const home = resolve(out);
  const arrays = new SlurmArrays(home, place);
  const queued = await arrays.queued();
  const tasks = [...left].filter((shard) => !queued.has(shard));
  const ended: SubmittedExtraction["ended"] = [];
  for (const shard of tasks) {
    const log = logOf(home, shard);
    if (existsSync(log)) ended.push({ shard, log: await logTail(log) });
  }
  const job: ArrayJob = {
    about: `Shards of the extraction into ${home}, as wsvad extract --launcher slurm wrote it`,
    cwd: Deno.cwd(),
    log: `${shellWord(home)}/shard-"$task".log`,
    command: `${[...ownCommand(), ...args].map(shellWord).join(" ")} --shard "$task"/${shards} ` +
      '--threads "$WSVAD_THREADS"',
  };
  const about = { out, videos: videos.length, finished, queued: queued.size, ended };
  if (dryRun) return { ...about, submitted: [], scripts: arrays.scripts(tasks, job, options) };
  if (tasks.length > 0) claimOutput(out);
  return { ...about, submitted: await arrays.submit(tasks, job, options), scripts: [] };
}
