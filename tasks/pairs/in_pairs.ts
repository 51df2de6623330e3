/** Runs that alternate between wsvad and PyTorch: a process of one side, then one of the other. */

import { fileURLToPath } from "node:url";
import { currentLoad, median } from "../../src/bench/measure.ts";

/** What a side prints, as JSON. */
export interface TimedSide {
  /** Of each repeat, after one that warms up. */
  seconds: number[];
  /** The most that the process took. */
  bytes: number;
  /** Program, version and device. */
  by: string;
}

export interface Sides<S> {
  ours: S[];
  theirs: S[];
}

/**
 * Runs both programs of this folder by turns, each with the request on standard input. PyTorch gets
 * the kernels that our BLAS runs: an OpenBLAS that does not know a processor takes slow ones.
 *
 * @param programs a module for Deno, and one for the Python that PYTHON names
 */
export async function inPairs<S extends TimedSide>(
  programs: { ours: string; theirs: string },
  request: unknown,
  pairs: number,
): Promise<Sides<S>> {
  const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  const sides: Sides<S> = { ours: [], theirs: [] };
  for (let pair = 1; pair <= pairs; pair++) {
    const args = ["run", "-A", "--frozen", here(programs.ours)];
    const ours = await run<S>(Deno.execPath(), args, request);
    const core = /OpenBLAS [\d.]+ \((\w+)/.exec(ours.by)?.[1];
    const python = Deno.env.get("PYTHON") ?? "/usr/bin/python3";
    const theirs = await run<S>(python, [here(programs.theirs)], request, core);
    sides.ours.push(ours);
    sides.theirs.push(theirs);
    const best = ({ seconds }: S) => Math.min(...seconds).toFixed(3);
    console.error(`pair ${pair}: ${best(ours)} s and ${best(theirs)} s`);
  }
  return sides;
}

async function run<S>(
  program: string,
  args: string[],
  request: unknown,
  core?: string,
): Promise<S> {
  const env: Record<string, string> = core === undefined
    ? {}
    : { OPENBLAS_CORETYPE: core, OMP_WAIT_POLICY: "passive" };
  const child = new Deno.Command(program, {
    ...{ args, env, stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(request)));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) {
    console.error(`${program} ${args.join(" ")} failed`);
    Deno.exit(1);
  }
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Of all repeats of all processes. */
export function secondsOf(side: TimedSide[]): number[] {
  return side.flatMap(({ seconds }) => seconds);
}

export function sideLine(side: TimedSide[]): string {
  const seconds = secondsOf(side), bytes = Math.max(...side.map(({ bytes }) => bytes));
  return `${side[0].by}: median ${median(seconds).toFixed(3)} s, best ${
    Math.min(...seconds).toFixed(3)
  } s, ${(bytes / 1e9).toFixed(2)} GB`;
}

export function ratioLine({ ours, theirs }: Sides<TimedSide>): string {
  const [a, b] = [secondsOf(ours), secondsOf(theirs)];
  return `ratio of medians ${(median(a) / median(b)).toFixed(2)}, of bests ${
    (Math.min(...a) / Math.min(...b)).toFixed(2)
  }; load ${currentLoad().load.toFixed(1)}`;
}
