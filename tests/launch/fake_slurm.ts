/** Slurm's commands as shell scripts that keep what they are asked, in a folder of their own. */

import { join } from "node:path";

export class FakeSlurm {
  readonly bin: string;

  constructor(readonly folder: string) {
    this.bin = join(folder, "bin");
    Deno.mkdirSync(this.bin);
    this.answer("sbatch", 'echo "$@" >>"$here/submitted"; echo "$(wc -l <"$here/submitted")"');
    this.answer("squeue", 'cat "$here/queue" 2>/dev/null || true');
    this.answer(
      "scontrol",
      `echo "$@" >>"$here/controlled"; cat "$here/state" 2>/dev/null
       # Slurm ends the script of a job that is queued again.
       case $1 in requeue) kill -KILL $PPID ;; esac`,
    );
  }

  /** Makes one of the commands do something else. */
  answer(name: string, script: string): void {
    const path = join(this.bin, name);
    Deno.writeTextFileSync(path, `#!/bin/sh\nhere='${this.folder}'\n${script}\n`);
    Deno.chmodSync(path, 0o755);
  }

  /** Lines of squeue: job, number, id and state of each task. */
  queue(...tasks: [string, number, string, string][]): void {
    const lines = tasks.map((task) => `${task.join("|")}\n`).join("");
    Deno.writeTextFileSync(join(this.folder, "queue"), lines);
  }

  /** What a command was asked, a line a call. */
  asked(name: "submitted" | "controlled"): string[] {
    try {
      return Deno.readTextFileSync(join(this.folder, name)).trimEnd().split("\n");
    } catch {
      return [];
    }
  }
}
