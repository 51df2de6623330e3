/** Slurm's commands: what is queued, and a script that joins it. */

import { fault } from "../fault.ts";

/** Where the commands are; absent: on the PATH. */
export interface SlurmPlace {
  /** Folder of sbatch, squeue and scontrol. */
  bin?: string;
}

/** A task of an array that waits or runs. */
export interface QueuedTask {
  /** Name of its job. */
  job: string;
  /** Number of the task in its array. */
  index: number;
  /** Number by which Slurm knows the task: SLURM_JOB_ID of its processes. */
  id: string;
  /** PENDING, RUNNING, COMPLETING ... */
  state: string;
}

/**
 * The tasks of this user that wait or run.
 *
 * @throws fault: no Slurm here, or one that does not answer
 */
export async function queuedTasks(place: SlurmPlace): Promise<QueuedTask[]> {
  const text = await slurm(place, "squeue", [
    ...["--noheader", "--array", "--me"],
    "--format=%j|%K|%A|%T",
  ], "look at the queue");
  return text.split("\n").flatMap((line) => {
    const [job, index, id, state] = line.trim().split("|");
    return /^\d+$/.test(index ?? "") ? [{ job, index: Number(index), id, state }] : [];
  });
}

/**
 * Submits a script.
 *
 * @returns the number of the job
 * @throws fault: Slurm refuses it, and says why
 */
export async function submit(place: SlurmPlace, script: string): Promise<string> {
  const text = await slurm(place, "sbatch", ["--parsable", script], `submit "${script}"`);
  return text.trim().split(";")[0];
}

async function slurm(
  { bin }: SlurmPlace,
  name: string,
  args: string[],
  attempt: string,
): Promise<string> {
  const program = bin === undefined ? name : `${bin}/${name}`;
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, stdin: "null" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw fault(
      Error,
      `Cannot ${attempt}: there is no ${name} here; call it where Slurm's commands are, such as the login node, or take --launcher local`,
    );
  }
  const [out, err] = [output.stdout, output.stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (output.success) return out;
  throw fault(
    Error,
    `Cannot ${attempt}: ${name} says: ${(err.trim() || out.trim() || `code ${output.code}`)}`,
  );
}
