/**
 * The arrays of a folder: scripts in its slurm/, numbered from 1 on, under whose names its tasks
 * are found in the queue. There is no other record: what was submitted is what the queue holds.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../io/atomic_write.ts";
import { makeFolder } from "../io/file_system.ts";
import { readText } from "../io/read_file.ts";
import { queuedTasks, type SlurmPlace, submit } from "./slurm_queue.ts";
import { type SlurmJob, type SlurmOptions, slurmScript, TASKS_OF_ARRAY } from "./slurm_script.ts";

/** What all arrays of a folder share. */
export type ArrayJob = Omit<SlurmJob, "name" | "tasks" | "outputs">;

/** An array that was submitted. */
export interface Submitted {
  /** Its number in Slurm. */
  job: string;
  script: string;
  tasks: number;
}

export class SlurmArrays {
  /** Folder of the scripts and of what Slurm says. */
  readonly folder: string;
  readonly #prefix: string;
  readonly #place: SlurmPlace;

  /** @param home the folder whose work it is, absolute */
  constructor(home: string, place: SlurmPlace) {
    this.folder = join(home, "slurm");
    this.#prefix = `wsvad-${createHash("sha256").update(home).digest("hex").slice(0, 8)}`;
    this.#place = place;
  }

  /**
   * The tasks that wait or run, each with the number by which Slurm knows it.
   *
   * @throws fault: Slurm does not answer
   */
  async queued(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const { job, index, id } of await queuedTasks(this.#place)) {
      if (!job.startsWith(`${this.#prefix}-`)) continue;
      const task = (await this.#tasksOf(job)).at(index);
      if (task !== undefined) found.set(task, id);
    }
    return found;
  }

  /** The scripts that would be submitted. */
  scripts(tasks: readonly string[], job: ArrayJob, options: SlurmOptions): string[] {
    return this.#plan(tasks, job, options).map(({ text }) => text);
  }

  /** @throws fault: a script that cannot be written, or that Slurm refuses */
  async submit(
    tasks: readonly string[],
    job: ArrayJob,
    options: SlurmOptions,
  ): Promise<Submitted[]> {
    if (tasks.length > 0) await makeFolder(this.folder);
    const submitted: Submitted[] = [];
    for (const { path, text, count } of this.#plan(tasks, job, options)) {
      await writeWhole(path, text, { overwrite: false });
      try {
        const number = await submit(this.#place, path);
        submitted.push({ job: number, script: path, tasks: count });
      } catch (error) {
        await Deno.remove(path); // its number is free again
        throw error;
      }
    }
    return submitted;
  }

  #plan(tasks: readonly string[], job: ArrayJob, options: SlurmOptions) {
    const planned: { path: string; text: string; count: number }[] = [];
    let number = 1;
    for (let first = 0; first < tasks.length; first += TASKS_OF_ARRAY, number++) {
      while (existsSync(this.#path(number))) number++;
      const part = tasks.slice(first, first + TASKS_OF_ARRAY);
      const own = { ...job, name: `${this.#prefix}-${number}`, tasks: part, outputs: this.folder };
      const text = slurmScript(own, options);
      planned.push({ path: this.#path(number), text, count: part.length });
    }
    return planned;
  }

  #path(number: number | string): string {
    return join(this.folder, `${number}.sh`);
  }

  /** The list of the script of that name. */
  async #tasksOf(job: string): Promise<string[]> {
    const path = this.#path(job.slice(this.#prefix.length + 1));
    if (!existsSync(path)) return [];
    const [, list = ""] = /^tasks=\(\n([^]*?)^\)$/m.exec(await readText(path)) ?? [];
    return list.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  }
}
