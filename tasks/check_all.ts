/**
 * `deno task test`: what must hold before a change is accepted. Installs what the tests use of the
 * system (a software GPU, a BLAS, ffmpeg) where that is possible, checks format, lint and types,
 * runs the tests, and ends with the line `N passed, N failed`. `--tests-alone` leaves the checks
 * out, `--browser` installs one too; other arguments go to `deno test`.
 */

import { existsSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

const alone = "--tests-alone", browser = "--browser";
const forTests = Deno.args.filter((arg) => arg !== alone && arg !== browser);

/** Debian's names; tests that miss one of them are ignored, or fail under WSVAD_REQUIRE_TOOLS. */
const systemPackages = ["mesa-vulkan-drivers", "libvulkan1", "libopenblas0-pthread", "ffmpeg"];
// opencv-doc holds the video of a surveillance camera.
if (Deno.args.includes(browser)) systemPackages.push("chromium", "opencv-doc");

async function run(command: string, ...args: string[]): Promise<boolean> {
  const child = new Deno.Command(command, { args, stdin: "null" }).spawn();
  return (await child.status).success;
}

async function missingPackages(): Promise<string[]> {
  const missing: string[] = [];
  for (const name of systemPackages) {
    const query = new Deno.Command("dpkg-query", {
      args: ["--show", "--showformat=${db:Status-Status}", name],
      stderr: "null",
    });
    const { stdout } = await query.output();
    if (new TextDecoder().decode(stdout) !== "installed") missing.push(name);
  }
  return missing;
}

async function installSystemPackages(): Promise<void> {
  if (!existsSync("/etc/debian_version")) {
    if (Deno.build.os === "linux") {
      console.error(
        "Tests of GPU kernels and of the system BLAS run where Mesa's software Vulkan driver " +
          "(lavapipe) and OpenBLAS are installed",
      );
    }
    return;
  }
  const missing = await missingPackages();
  if (missing.length === 0) return;
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  if (Deno.uid() !== 0) {
    console.error(`For all tests: sudo apt-get ${install.join(" ")}`);
    return;
  }
  Deno.env.set("DEBIAN_FRONTEND", "noninteractive");
  const installed = await run("apt-get", "-q", "update") &&
    await run("apt-get", "-q", ...install);
  if (!installed) console.error(`Could not install ${missing.join(", ")}: their tests are ignored`);
}

async function staticChecks(): Promise<boolean[]> {
  const results: boolean[] = [];
  for (const args of [["fmt", "--check"], ["lint"], ["check"]]) {
    console.log(`\ndeno ${args.join(" ")}`);
    results.push(await run(Deno.execPath(), ...args));
  }
  return results;
}

interface Counts {
  passed: number;
  failed: number;
  ignored: string[];
}

/**
 * Files of tests run side by side, a core each: most tests keep one busy at a time. More than four
 * would want more memory than a small machine has, as tests of memory fill a heap of 4 GB.
 */
const jobs = Deno.env.get("DENO_JOBS") ?? `${Math.min(navigator.hardwareConcurrency, 4)}`;

/** Runs the tests, passing their output on, and reads their names and numbers from it. */
async function tests(args: string[]): Promise<Counts> {
  console.log("\ndeno test");
  const child = new Deno.Command(Deno.execPath(), {
    // Types are checked already.
    args: ["test", "-A", "--frozen", "--no-check", "--parallel", ...args],
    env: { DENO_JOBS: jobs },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const counts: Counts = { passed: 0, failed: 0, ignored: [] };
  let unfinished = "";
  const decoder = new TextDecoder();
  for await (const bytes of child.stdout) {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    const lines = (unfinished + decoder.decode(bytes, { stream: true })).split("\n");
    unfinished = lines.pop() ?? "";
    for (const line of lines) readLine(stripVTControlCharacters(line), counts);
  }
  const { success } = await child.status;
  // No summary at all: a crash, or no test found.
  if (!success && counts.failed === 0) counts.failed = 1;
  return counts;
}

function readLine(line: string, counts: Counts): void {
  const ignored = /^(.*) \.\.\. ignored \(/.exec(line);
  if (ignored) counts.ignored.push(ignored[1]);
  const summary = /^(?:ok|FAILED) \| (\d+) passed\b.*? \| (\d+) failed\b/.exec(line);
  if (!summary) return;
  counts.passed = Number(summary[1]);
  counts.failed = Number(summary[2]);
}

await installSystemPackages();
const checks = Deno.args.includes(alone) ? [] : await staticChecks();
const counts = await tests(forTests);
if (counts.ignored.length > 0) {
  console.log(`${counts.ignored.length} ignored:`);
  for (const name of counts.ignored) console.log(`  ${name}`);
}
const passed = counts.passed + checks.filter((ok) => ok).length;
const failed = counts.failed + checks.filter((ok) => !ok).length;
console.log(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
