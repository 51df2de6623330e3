/**
 * Every command with exactly the permissions that docs/commands.md lists, and the word where one is
 * lacking.
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNpy } from "../../src/io/npy.ts";
import { hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { denoRun } from "./run_wsvad.ts";
import { withFolder } from "../support/temporary_folder.ts";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
const page = Deno.readTextFileSync(new URL("../../docs/commands.md", import.meta.url));

/** The rows of the page's table: a command, and its flags. */
const LISTED = [...page.matchAll(/^\| (`[^|]+`) +\| `(--allow-[^|`]+)` +\|$/gm)].flatMap(
  ([, commands, flags]) =>
    [...commands.matchAll(/`([^`]+)`/g)].map(([, command]) => ({
      command,
      flags: flags.split(" "),
    })),
);

const small = [
  ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2", "trainer.max_steps=1"],
  "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
];

function argumentsOf(command: string, run: string, features: string, video: string): string[] {
  switch (command) {
    case "config":
      return ["config", "--runner", "mil"];
    case "demo":
      return ["demo", ...small, "--out", "demo", "--device", "cpu"];
    case "train":
      return ["train", "--runner", "mil", ...small, "--out", "train", "--device", "cpu"];
    case "matrix":
      return [
        "matrix",
        "--runners",
        "mil",
        "--seeds",
        "1",
        ...small,
        "--out",
        "m",
        "--device",
        "cpu",
      ];
    case "dictionary":
      return ["dictionary", ...small, "--out", "dictionary.npy"];
    case "eval":
      return ["eval", run, "--device", "cpu"];
    case "eval --out":
      return ["eval", run, "--out", "report", "--device", "cpu"];
    case "score":
      return ["score", "-c", run, features, "--out", "scores", "--device", "cpu"];
    case "extract":
      return ["extract", "-b", "motion", video, "--out", "features", "--device", "cpu"];
    case "verify":
      return ["verify", "mil/eval_c3d_t47", "--device", "cpu"];
    case "data":
      return ["data", "list"];
    case "doctor":
    case "slots":
      return [command];
    default:
      throw new Error(`"${command}" is listed and not tried`);
  }
}

Deno.test("every command runs with the permissions that are listed for it", () =>
  withFolder(async (folder) => {
    const wsvad = (flags: string[], args: string[]) =>
      denoRun(["run", "--no-prompt", "--no-check", ...flags, main, ...args], folder);
    const run = join(folder, "run"), features = join(folder, "v.npy");
    Deno.writeFileSync(features, encodeNpy([5, 8], new Float32Array(40).fill(0.5)));
    const trained = await wsvad(["-A"], [
      ...["train", "--runner", "mil", ...small, "--out", run, "--device", "cpu"],
    ]);
    assertEquals(trained.code, 0, trained.stderr);
    assertEquals(LISTED.length, 13);
    const video = hasFfmpeg ? testClip(folder, "v.mkv") : "";
    for (const { command, flags } of LISTED) {
      if (command === "extract" && !hasFfmpeg) continue;
      const args = argumentsOf(command, run, features, video);
      const { code, stderr } = await wsvad(flags, args);
      // doctor finds machines on which something is to be mended
      assert(code === 0 || command === "doctor" && code === 1, `${command}: ${stderr}`);
      assert(!/\n +at /.test(stderr), stderr);
    }
  }));

for (
  const [lacking, flags, args] of [
    ["read", ["--allow-env"], ["eval", "run"]],
    ["env", ["--allow-read"], ["config", "--runner", "mil"]],
    ["write", ["--allow-read", "--allow-env"], ["train", "--runner", "mil"]],
  ] as const
) {
  Deno.test(`without --allow-${lacking} the message names that flag, and no file is blamed`, () =>
    withFolder(async (folder) => {
      const args0 = ["run", "--no-prompt", "--no-check", ...flags, main, ...args];
      const { code, stderr } = await denoRun(args0, folder);
      assertEquals(code, 1, stderr);
      assert(stderr.includes(`run again with the --allow-${lacking} flag`), stderr);
      assert(!/Cannot read|give another|bug/.test(stderr), stderr);
    }));
}

for (const args of [["completion", "bash"], ["version"]]) {
  Deno.test(`wsvad ${args.join(" ")} needs no permission`, async () => {
    const { code, stderr } = await denoRun(["run", "--no-prompt", main, ...args]);
    assertEquals([code, stderr], [0, ""]);
  });
}
