/** Runs the steps of a part one after the other, within its minutes, and keeps what they said. */

import { pageOf } from "./page.ts";
import type { PartName, Step } from "./steps.ts";

/** What a step came to. */
export interface StepResult {
  name: string;
  seconds: number;
  /** What it printed as JSON; null where it printed none. */
  report: unknown;
  /** Why there is no report, or what was wrong; null where all is well. */
  problem: string | null;
}

export interface PartOptions {
  folder: string;
  minutes: number;
}

/** @returns whether every step ran and was well */
export async function runPart(
  part: PartName,
  steps: Step[],
  { folder, minutes }: PartOptions,
): Promise<boolean> {
  const began = new Date(), end = Date.now() + minutes * 60_000;
  const name = `${part}-${began.toISOString().slice(0, 19).replaceAll(":", "-")}`;
  Deno.mkdirSync(folder, { recursive: true });
  const results: StepResult[] = [];
  for (const step of steps) {
    const result = await runStep(step, end - Date.now(), minutes);
    results.push(result);
    console.error(`${result.name}: ${result.problem ?? "well"}, ${result.seconds.toFixed(0)} s`);
    Deno.writeTextFileSync(`${folder}/${name}.json`, JSON.stringify(results, null, 1));
    Deno.writeTextFileSync(`${folder}/${name}.md`, pageOf(part, began, results));
  }
  console.error(`${part}: ${folder}/${name}.md`);
  return results.every(({ problem }) => problem === null);
}

async function runStep(step: Step, left: number, minutes: number): Promise<StepResult> {
  const { name } = step, start = performance.now();
  if (left <= 0) {
    return { name, seconds: 0, report: null, problem: `not run: the ${minutes} minutes were over` };
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "--no-check", ...step.arguments],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const alarm = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, left);
  const { stdout, stderr, code, signal } = await child.output();
  clearTimeout(alarm);
  const seconds = (performance.now() - start) / 1000;
  const report = parsed(new TextDecoder().decode(stdout));
  const said = new TextDecoder().decode(stderr).trim().split("\n").slice(-3).join(" / ");
  const problem = late
    ? `ended after ${seconds.toFixed(0)} s: the ${minutes} minutes were over`
    : signal !== null
    ? `died of ${signal}: ${said}`
    : code !== 0
    ? `exit code ${code}: ${said || "see the report"}`
    : report === null
    ? `printed no JSON: ${said}`
    : null;
  return { name, seconds, report, problem };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
