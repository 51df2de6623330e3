/**
 * `deno task memory:video [MINUTES ...]`: the most memory that `wsvad extract` and `wsvad score`
 * take of videos of such lengths (1 and 60 by default), on Linux. The videos are small, 64x48 at 10
 * frames a second, and their features as large as those of I3D on ten crops.
 */

import { join } from "node:path";
import { formatBytes } from "../src/device/bytes.ts";
import { repository } from "./executable/repository.ts";
import { peakBytesOf } from "./other_process.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const RATE = 10, SNIPPET = 16;
/** Between two looks at a process. */
const LOOK_MS = 20;

const plugin = join(repository, "tasks", "wide_backbone.ts");
const backbones = {
  motion: { args: ["--backbone", "motion"], plugin: [], rowBytes: 4 * 256 },
  wide: {
    args: ["--backbone", "wide", "--crops", "ten"],
    plugin: ["--plugin", plugin],
    rowBytes: 4 * 2048 * 10,
  },
};

if (import.meta.main) {
  const usage = "memory:video [MINUTES ...]";
  const { positionals: words } = taskWords(usage);
  const minutes = words.length > 0 ? words.map(Number) : [1, 60];
  if (minutes.some((count) => !(count > 0))) endWithUsage(usage);
  const folder = await Deno.makeTempDir();
  try {
    console.log("| backbone | minutes | features | extract | score |");
    for (const name of Object.keys(backbones) as (keyof typeof backbones)[]) {
      await prepare(folder, name);
      for (const count of minutes) {
        const bytes = Math.ceil(count * 60 * RATE / SNIPPET) * backbones[name].rowBytes;
        const sizes = [bytes, await extractPeak(folder, name, count)];
        sizes.push(await scorePeak(folder, name, count));
        console.log(`| ${[name, count, ...sizes.map(formatBytes)].join(" | ")} |`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Bytes, at most, of an extraction of a video of so many minutes. */
export async function extractPeak(
  folder: string,
  name: keyof typeof backbones,
  minutes: number,
): Promise<number> {
  const video = clip(folder, `${minutes}`, minutes * 60 * RATE);
  const out = join(folder, name, `features of ${minutes}`);
  const { args, plugin } = backbones[name];
  return await peakOf(folder, ["extract", video, ...args, ...plugin, "--out", out]);
}

async function scorePeak(
  folder: string,
  name: keyof typeof backbones,
  minutes: number,
): Promise<number> {
  const video = clip(folder, `${minutes}`, minutes * 60 * RATE);
  const out = join(folder, name, `scores of ${minutes}`), { plugin } = backbones[name];
  return await peakOf(folder, [
    ...["score", "--checkpoint", join(folder, name, "run"), video],
    ...[...plugin, "--out", out],
  ]);
}

/** A model that scores features of the backbone. */
async function prepare(folder: string, name: keyof typeof backbones): Promise<void> {
  const { args, plugin } = backbones[name], root = join(folder, name);
  const clips = ["Normal_1", "Abuse001"].map((id) => clip(folder, id, 400));
  await peakOf(folder, ["extract", ...clips, ...args, ...plugin, "--out", join(root, "train")]);
  await peakOf(folder, [
    ...["train", "--runner", "mil", "data=features", `data.root=${root}`, "data.test=null"],
    ...["data.batch_size=1", "trainer=quick", "trainer.max_steps=2", ...plugin],
    ...["--out", join(root, "run")],
  ]);
}

function clip(folder: string, name: string, frames: number): string {
  const path = join(folder, `${name}.mp4`);
  const { success, stderr } = new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", `testsrc=size=64x48:rate=${RATE}`],
      ...["-frames:v", String(frames), "-c:v", "libx264", "-preset", "ultrafast"],
      ...["-pix_fmt", "yuv420p", path],
    ],
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return path;
}

/** The most bytes of a command of the tool that lay in memory at once. */
async function peakOf(folder: string, args: string[]): Promise<number> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "--no-check", "main.ts", ...args, "--device", "cpu", "--quiet"],
    ...{ cwd: repository, stdout: "null", stderr: "piped" },
    env: { XDG_CACHE_HOME: join(folder, "cache") },
  });
  const child = command.spawn();
  const said = new Response(child.stderr).text();
  let peak = 0, running = true;
  const ended = child.status.finally(() => running = false);
  while (running) {
    peak = Math.max(peak, peakBytesOf(child.pid));
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  if ((await ended).success) return peak;
  throw new Error(`wsvad ${args.join(" ")}: ${await said}`);
}
