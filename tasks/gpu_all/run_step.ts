/** Runs a program, for so long at most, and keeps what it said. */

import type { Step } from "./steps.ts";
import { problemIn } from "./problem.ts";

/** What a step came to. */
export interface StepResult {
  name: string;
  /** When it began: ISO 8601. */
  date: string;
  seconds: number;
  /** What it printed as JSON; null where it printed none. */
  report: unknown;
  /** The end of what it wrote to stderr. */
  said: string;
  /** Why there is no report, or what was wrong; null where all is well. */
  problem: string | null;
}

/** Characters of stderr that are kept. */
const MOST_SAID = 4000;
/** Milliseconds that a killed process may take to end: one that hangs in a driver does not. */
const DYING = 5000;

/**
 * @param limit milliseconds that it may take
 * @param why it is ended then
 */
export async function runStep(step: Step, limit: number, why: string): Promise<StepResult> {
  const { name } = step, date = new Date().toISOString(), start = performance.now();
  const result = (found: Pick<StepResult, "report" | "said" | "problem">): StepResult => ({
    ...{ name, date, seconds: (performance.now() - start) / 1000 },
    ...found,
  });
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(step.program, {
      ...{ args: step.arguments, stdin: "null", stdout: "piped", stderr: "piped" },
      env: { NO_COLOR: "1" },
    }).spawn();
  } catch (error) {
    const report = { absent: `cannot start ${step.program}: ${(error as Error).message}` };
    return result({ report, said: "", problem: null });
  }
  const output = child.output();
  const alarm = Promise.withResolvers<null>();
  const timers = [
    setTimeout(() => child.kill("SIGKILL"), limit),
    setTimeout(() => alarm.resolve(null), limit + DYING),
  ];
  const ended = await Promise.race([output, alarm.promise]);
  for (const timer of timers) clearTimeout(timer);
  const late = performance.now() - start >= limit;
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  if (ended === null) {
    return result({ report: null, said: "", problem: `does not end, killed after ${seconds} s` });
  }
  const [printed, all] = [ended.stdout, ended.stderr].map((bytes) =>
    new TextDecoder().decode(bytes).trim()
  );
  const report = parsed(printed), said = all.slice(-MOST_SAID);
  const problem = late
    ? `ended after ${seconds} s: ${why}`
    : ended.signal !== null
    ? `died of ${ended.signal}: ${essence(said)}`
    : ended.code !== 0
    ? `exit code ${ended.code}: ${problemIn(report) ?? (essence(said) || "see the report")}`
    : report === null
    ? `printed no JSON: ${essence(said)}`
    : null;
  return result({ report, said, problem });
}

/** The line that names an error with the two behind it, or the last three. */
function essence(said: string): string {
  const lines = said.split("\n");
  const at = lines.findIndex((line) => /error|cannot|panicked/i.test(line));
  return (at < 0 ? lines.slice(-3) : lines.slice(at, at + 3)).map((line) => line.trim())
    .join(" / ");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
