/**
 * `deno task test`: what must hold before a change is accepted. Installs what the tests use of the
 * system (a software GPU, a BLAS, ffmpeg) where that is possible, checks format, lint and types
 * beside the tests, and ends with the line `N passed, N failed`. `--tests-alone` leaves the checks
 * out, `--browser` installs one too; other arguments go to `deno test`.
 */

import { installSystemPackages } from "./check_all/system_packages.ts";
import {
  aloneOf,
  findTests,
  groupsOf,
  withoutEntry,
  writeEntries,
} from "./check_all/test_groups.ts";
import { TestOutput } from "./check_all/test_output.ts";

const alone = "--tests-alone", browser = "--browser";
const forTests = Deno.args.filter((arg) => arg !== alone && arg !== browser);

interface Check {
  command: string;
  success: boolean;
  output: string;
}

/** One after the other, as the tests keep the other cores busy. */
async function staticChecks(): Promise<Check[]> {
  const checks: Check[] = [];
  for (const args of [["fmt", "--check"], ["lint"], ["check", "--quiet"]]) {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      stdin: "null",
    }).output();
    const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
    checks.push({ command: `deno ${args.join(" ")}`, success, output });
  }
  return checks;
}

/**
 * Entries of tests run side by side, a core each: most tests keep one busy at a time. More than
 * four would want more memory than a small machine has, as tests of memory fill a heap of 4 GB.
 */
const jobs = Deno.env.get("DENO_JOBS") ?? `${Math.min(navigator.hardwareConcurrency, 4)}`;

/** Runs the tests, passing their output on, and reads their names and numbers from it. */
async function tests(args: string[]): Promise<TestOutput> {
  const child = new Deno.Command(Deno.execPath(), {
    // Types are checked beside.
    args: ["test", "-A", "--frozen", "--no-check", "--parallel", ...args],
    env: { DENO_JOBS: jobs },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const output = new TestOutput();
  let unfinished = "";
  const pass = (line: string) => {
    const shown = withoutEntry(line);
    output.read(shown);
    console.log(shown);
  };
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (unfinished + text).split("\n");
    unfinished = lines.pop() ?? "";
    lines.forEach(pass);
  }
  if (unfinished !== "") pass(unfinished);
  const { success } = await child.status;
  // No summary at all: a crash, or no test found.
  if (!success && output.failed === 0) output.failed = 1;
  return output;
}

/** All quick tests, in groups. */
async function quickTests(): Promise<TestOutput> {
  const folder = await Deno.makeTempDir({ prefix: "wsvad_tests_" });
  try {
    const files = findTests(Deno.cwd()), alone = aloneOf(files, Deno.cwd());
    return await tests(writeEntries(groupsOf(files, alone), folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await installSystemPackages({ browser: Deno.args.includes(browser) });
const [checks, output] = await Promise.all([
  Deno.args.includes(alone) ? [] : staticChecks(),
  forTests.length > 0 ? tests(forTests) : quickTests(),
]);
console.log("Slowest files:");
for (const [file, seconds] of output.slowest(10)) {
  console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${file}`);
}
for (const { command, success, output } of checks) {
  console.log(`${command}: ${success ? "ok" : `failed\n${output}`}`);
}
if (output.ignored.length > 0) {
  console.log(`${output.ignored.length} ignored:`);
  for (const name of output.ignored) console.log(`  ${name}`);
}
const passed = output.passed + checks.filter(({ success }) => success).length;
const failed = output.failed + checks.filter(({ success }) => !success).length;
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
