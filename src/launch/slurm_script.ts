/** The array script of Slurm: a task for each line of its list. */

import { shellWord } from "./shell_word.ts";

/** What `sbatch` is asked; absent ones are left to the cluster. */
export interface SlurmOptions {
  partition?: string;
  /** "gpu:1" */
  gres?: string;
  /** Limit of a task, as Slurm writes it: "30" minutes, "4:00:00", "1-12". */
  time?: string;
  /** Tasks that run at once. */
  maxParallel?: number;
  /** Seconds before the time limit at which a task begins to end. */
  grace: number;
  /** Further options of sbatch: "--account=vision". */
  sbatch: readonly string[];
}

export interface SlurmJob {
  /** By which squeue knows it. */
  name: string;
  /** One sentence on what it is. */
  about: string;
  /** Words of each task, without spaces: the script's list. */
  tasks: readonly string[];
  /** Folder for what Slurm itself says of each task, absolute. */
  outputs: string;
  /** Folder in which the tasks begin, absolute. */
  cwd: string;
  /** Log of a task, in the shell's terms: "$task" stands for its word. */
  log: string;
  /** Command of a task, in the shell's terms. */
  command: string;
}

/** Tasks of one array: clusters allow 1,000 where nobody has set more. */
export const TASKS_OF_ARRAY = 1000;

/**
 * The script. A task that gets USR1 (near its time limit) or TERM (preempted, at its limit) has the
 * tool write its checkpoint, and queues itself again; one that was cancelled ends.
 */
export function slurmScript(job: SlurmJob, options: SlurmOptions): string {
  const { partition, gres, time, maxParallel, grace, sbatch } = options;
  const limit = maxParallel === undefined ? "" : `%${maxParallel}`;
  const directives = [
    `--job-name=${job.name}`,
    `--array=0-${job.tasks.length - 1}${limit}`,
    `--output=${job.outputs}/%x-%a.out`,
    "--open-mode=append",
    `--chdir=${job.cwd}`,
    "--requeue",
    `--signal=B:USR1@${grace}`,
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(gres === undefined ? [] : [`--gres=${gres}`]),
    ...(time === undefined ? [] : [`--time=${time}`]),
    ...sbatch,
  ];
  return `#!/bin/bash
# ${job.about.replace(/\s+/g, " ")}
${directives.map((text) => `#SBATCH ${directive(text)}`).join("\n")}

tasks=(
${job.tasks.map((task) => `  ${shellWord(task)}`).join("\n")}
)
task=\${tasks[$SLURM_ARRAY_TASK_ID]}
said=${shellWord(`${job.outputs}/${job.name}`)}-$SLURM_ARRAY_TASK_ID.out

exec >>${job.log} 2>&1
echo "task $task of job $SLURM_JOB_ID on $(hostname), start \${SLURM_RESTART_COUNT:-0}"

export WSVAD_THREADS=\${WSVAD_THREADS:-\${SLURM_CPUS_PER_TASK:-1}}
export OPENBLAS_NUM_THREADS=\${OPENBLAS_NUM_THREADS:-$WSVAD_THREADS}
export MKL_NUM_THREADS=\${MKL_NUM_THREADS:-$WSVAD_THREADS}

# Has the tool write its checkpoint and end, then queues the task again: it goes on where it was.
again() {
  trap '' USR1 TERM
  kill -USR2 "$child" 2>/dev/null
  wait "$child" && exit 0
  case $(scontrol show job --oneliner "$SLURM_JOB_ID") in
  *JobState=RUNNING*|*Reason=TimeLimit*) ;;
  # Slurm tells nowhere else whether the job was preempted or cancelled; one that was cancelled ends.
  *) tail -n 1 "$said" | grep -q 'DUE TO PREEMPTION' || exit 1 ;;
  esac
  echo "task $task is queued again"
  # Slurm ends this script then: one that ends by itself meanwhile is taken for done.
  trap - USR1 TERM
  scontrol requeue "$SLURM_JOB_ID" && sleep 60
  exit 1
}

${job.command} &
child=$!
trap again USR1 TERM
wait "$child"
`;
}

/** A directive's value in quotes where it has spaces, as sbatch reads it. */
function directive(text: string): string {
  const [, name, value] = /^(--[\w-]+=)(.*)$/s.exec(text) ?? [, "", text];
  return /\s/.test(value!) && !/^".*"$/.test(value!) ? `${name}"${value}"` : text;
}
