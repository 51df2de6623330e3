/** Options by which a command has its tasks run as processes of their own. */

import { type Command, InvalidArgumentError, Option } from "commander";
import { fault } from "../fault.ts";
import { parseCount } from "./shared_options.ts";
import type { Launcher } from "./work.ts";

export interface LaunchFlags {
  launcher?: "local" | "slurm";
  parallel?: number;
  partition?: string;
  gres?: string;
  time?: string;
  maxParallel?: number;
  grace?: number;
  sbatch?: string[];
  dryRun?: boolean;
}

/** Seconds before its time limit at which a task begins to end. */
const GRACE = 120;

/**
 * --launcher and what belongs to it.
 *
 * @param parallel what --parallel means to the command
 */
export function withLauncher(command: Command, parallel: string): Command {
  return command
    .addOption(
      new Option("--launcher <name>", "run as processes of this machine, or as an array of Slurm")
        .choices(["local", "slurm"]),
    )
    .option("--parallel <n>", parallel, parseCount)
    .option("--partition <name>", "for Slurm: the partition")
    .option("--gres <list>", "for Slurm: what each task needs, such as gpu:1")
    .option(
      "--time <limit>",
      "for Slurm: time limit of a task: minutes, hours:minutes:seconds or days-hours",
    )
    .option("--max-parallel <n>", "for Slurm: tasks that run at once, at most", parseCount)
    .option(
      "--grace <seconds>",
      `for Slurm: time before its limit at which a task writes its checkpoint (default: ${GRACE})`,
      parseCount,
    )
    .option(
      "--sbatch <option>",
      "for Slurm: another option of sbatch, as --sbatch=--mem=16G; can be repeated",
      (option: string, options: string[] = []) => [...options, sbatchOption(option)],
    );
}

function sbatchOption(text: string): string {
  if (/^--[a-z][\w-]*(=[^\n]*)?$/.test(text)) return text;
  throw new InvalidArgumentError(
    "Expected an option of sbatch, such as --sbatch=--account=vision.",
  );
}

/**
 * The launcher that the options ask for; null where they ask for none.
 *
 * @throws fault: options of Slurm without it
 */
export function launcherOf(flags: LaunchFlags): Launcher | null {
  const { partition, gres, time, maxParallel, grace, sbatch = [], parallel } = flags;
  const slurm = { partition, gres, time, maxParallel, grace };
  const kind = flags.launcher ?? (parallel === undefined ? undefined : "local");
  if (kind === "slurm") {
    return { kind, options: { ...slurm, grace: grace ?? GRACE, sbatch }, place: {} };
  }
  const [given] = [
    ...Object.entries(slurm).filter(([, value]) => value !== undefined).map(([name]) => name),
    ...sbatch.length > 0 ? ["sbatch"] : [],
  ];
  if (given !== undefined) {
    const name = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw fault(RangeError, `Cannot use --${name}: it is for Slurm; add --launcher slurm`);
  }
  return kind === undefined ? null : { kind, parallel: parallel ?? 1 };
}
