/** Tasks as processes of this machine, some at a time. */

import { availableParallelism } from "node:os";
import { ownCommand } from "./own_command.ts";

/** A task: the tool with these arguments, what it prints goes to the end of a log. */
export interface ProcessTask {
  args: string[];
  log: string;
}

/** How a process ended. */
export interface ProcessEnd {
  code: number;
  /** That ended it; null where it ended by itself. */
  signal: string | null;
}

export interface ProcessPool<Task> {
  /** How many run at once. */
  parallel: number;
  /** Threads for all of them together; absent: those of the machine. */
  threads?: number;
  /** Asks all that run to end in order, and starts no more. */
  stop?: AbortSignal;
  onStart(task: Task): void | Promise<void>;
  onEnd(task: Task, end: ProcessEnd): Promise<void>;
  /** Words before the arguments; absent: those of this tool. */
  command?: readonly string[];
}

/** Variables by which the libraries of the cpu device take their number of threads. */
const THREAD_VARIABLES = [
  "OPENBLAS_NUM_THREADS",
  "MKL_NUM_THREADS",
  "VECLIB_MAXIMUM_THREADS",
];

/** Threads of each of the processes, at least one. */
export function threadsOfEach(parallel: number, threads = threadsHere()): number {
  return Math.max(1, Math.floor(threads / parallel));
}

function threadsHere(): number {
  const given = Number(Deno.env.get("WSVAD_THREADS"));
  return Number.isSafeInteger(given) && given > 0 ? given : availableParallelism();
}

/** Runs the tasks; returns when all have ended, or all that were started before a stop. */
export async function runProcesses<Task extends ProcessTask>(
  tasks: readonly Task[],
  pool: ProcessPool<Task>,
): Promise<void> {
  const { parallel, stop, onStart, onEnd, command = ownCommand() } = pool;
  const threads = threadsOfEach(parallel, pool.threads);
  const waiting = [...tasks];
  const worker = async () => {
    while (waiting.length > 0 && !stop?.aborted) {
      const task = waiting.shift()!;
      await onStart(task);
      if (stop?.aborted) return;
      await onEnd(task, await runProcess(task, command, threads, stop));
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, tasks.length) }, worker));
}

async function runProcess(
  { args, log }: ProcessTask,
  [program, ...before]: readonly string[],
  threads: number,
  stop?: AbortSignal,
): Promise<ProcessEnd> {
  using file = await Deno.open(log, { create: true, append: true });
  const env = Object.fromEntries(
    THREAD_VARIABLES.map((name) => [name, Deno.env.get(name) ?? String(threads)]),
  );
  const child = new Deno.Command(program, {
    args: [...before, ...args, "--threads", String(threads)],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // Ctrl-C goes to the whole group of the terminal: the process is to hear of it once, from here.
    detached: true,
  }).spawn();
  const end = () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
  };
  stop?.addEventListener("abort", end, { once: true });
  if (stop?.aborted) end();
  const keep = async (stream: ReadableStream<Uint8Array>) => {
    for await (const part of stream) {
      for (let written = 0; written < part.length;) {
        written += await file.write(part.subarray(written));
      }
    }
  };
  try {
    const [{ code, signal }] = await Promise.all([
      child.status,
      keep(child.stdout),
      keep(child.stderr),
    ]);
    return { code, signal };
  } finally {
    stop?.removeEventListener("abort", end);
  }
}
