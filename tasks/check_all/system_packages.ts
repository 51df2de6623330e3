/** What the tests use of the system: a software GPU, a BLAS, ffmpeg, a browser. */

import { existsSync } from "node:fs";

/** Debian's names; tests that miss one of them are ignored, or fail under WSVAD_REQUIRE_TOOLS. */
const quick = ["mesa-vulkan-drivers", "libvulkan1", "libopenblas0-pthread", "ffmpeg"];
// opencv-doc holds the video of a surveillance camera; Slurm of one node runs a matrix.
const full = ["chromium", "opencv-doc", "slurm-wlm", "munge"];

async function run(command: string, ...args: string[]): Promise<boolean> {
  const child = new Deno.Command(command, { args, stdin: "null" }).spawn();
  return (await child.status).success;
}

async function missingOf(names: string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names) {
    const query = new Deno.Command("dpkg-query", {
      args: ["--show", "--showformat=${db:Status-Status}", name],
      stderr: "null",
    });
    const { stdout } = await query.output();
    if (new TextDecoder().decode(stdout) !== "installed") missing.push(name);
  }
  return missing;
}

/** Installs what is missing where that is possible, or says how to. */
export async function installSystemPackages({ browser }: { browser: boolean }): Promise<void> {
  if (!existsSync("/etc/debian_version")) {
    if (Deno.build.os === "linux") {
      console.error(
        "Tests of GPU kernels and of the system BLAS run where Mesa's software Vulkan driver " +
          "(lavapipe) and OpenBLAS are installed",
      );
    }
    return;
  }
  const missing = await missingOf(browser ? [...quick, ...full] : quick);
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
