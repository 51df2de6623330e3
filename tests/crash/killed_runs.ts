/** Kills `wsvad train` at random moments and continues it, as a user's machine may do. */

import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { killMoments } from "../support/kill_moments.ts";
import { assertSameRun } from "./compare_runs.ts";
import { deviceOf, SMALL_RUNS } from "./small_runs.ts";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** A training process that is under way. */
export interface TrainingProcess {
  kill(signal: Deno.Signal): void;
  /** Resolves when the process has written a checkpoint, or has ended. */
  training: Promise<void>;
  ended: Promise<{ code: number; signal: Deno.Signal | null; stderr: string }>;
}

/** Starts `wsvad train`, from the start with settings, or where the folder's run was killed. */
export function train(
  folder: string,
  settings: readonly string[] | "resume",
  options: readonly string[] = ["--device", "cpu"],
): TrainingProcess {
  const what = settings === "resume" ? ["--resume", folder] : [...settings, "--out", folder];
  const last = join(folder, "last.safetensors");
  const before = changed(last);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", main, "train", ...options, ...what],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let running = true;
  const ended = (async () => {
    const stderr = await new Response(child.stderr).text();
    const { code, signal } = await child.status;
    running = false;
    return { code, signal, stderr };
  })();
  const training = (async () => {
    while (running && changed(last) === before) await delay(2);
  })();
  return {
    kill(signal) {
      if (running) child.kill(signal);
    },
    training,
    ended,
  };
}

function changed(path: string): number {
  return existsSync(path) ? Deno.statSync(path).mtime!.getTime() : 0;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs a training to its end, which must be a good one. */
export async function trainToEnd(
  folder: string,
  settings: readonly string[] | "resume",
  options?: readonly string[],
): Promise<void> {
  const { code, stderr } = await train(folder, settings, options).ended;
  assertEquals(code, 0, stderr);
}

/**
 * A run that is killed so many times must leave what an uninterrupted one left. Most kills come
 * soon after a checkpoint, some while the process starts.
 */
export async function killAndCompare(
  { settings, options, whole, folder, kills }: {
    settings: readonly string[];
    /** Options of the command line, --device for one. */
    options?: readonly string[];
    /** Folder of the uninterrupted run. */
    whole: string;
    folder: string;
    kills: number;
  },
): Promise<void> {
  const meanMs = 1000 * await secondsOf(whole) / kills;
  const moment = killMoments();
  const goOn = () => existsSync(join(folder, "config.yaml")) ? "resume" : settings;
  for (let killed = 0; killed < kills;) {
    const process = train(folder, goOn(), options);
    if (moment() < 0.2) await delay(moment() * 2000);
    else await process.training.then(() => delay(moment() * meanMs));
    process.kill("SIGKILL");
    const { code, signal, stderr } = await process.ended;
    if (signal === "SIGKILL") {
      killed++;
      continue;
    }
    // It was faster than expected: the remaining kills need another run.
    assertEquals(code, 0, stderr);
    await assertSameRun({ interrupted: folder, whole });
    await Deno.remove(folder, { recursive: true });
  }
  await trainToEnd(folder, goOn(), options);
  await assertSameRun({ interrupted: folder, whole });
}

/** Seconds of training, without the first lines of the log, which hold the start. */
async function secondsOf(folder: string): Promise<number> {
  const lines = (await Deno.readTextFile(join(folder, "log.jsonl"))).trimEnd().split("\n");
  return lines.slice(2).reduce((sum, line) => sum + JSON.parse(line).seconds, 0);
}

/** Trains one of the small runs to its end, and again with that many kills; both are the same. */
export async function resumesAfterKills(
  name: keyof typeof SMALL_RUNS,
  kills: number,
): Promise<void> {
  const runs = await Deno.makeTempDir();
  try {
    const [whole, folder] = [join(runs, "whole"), join(runs, "killed")];
    const settings = SMALL_RUNS[name];
    const options = ["--device", deviceOf(name)];
    await trainToEnd(whole, settings, options);
    await killAndCompare({ settings, options, whole, folder, kills });
  } finally {
    await Deno.remove(runs, { recursive: true });
  }
}
