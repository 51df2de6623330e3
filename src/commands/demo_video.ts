/**
 * `wsvad demo video`: the whole way from videos to a page with scores, without a download. Clips
 * are rendered, features extracted, `mil` is trained on them, and a clip that it has not seen is
 * scored.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { resolveConfig } from "../config/resolve_config.ts";
import type { DeviceOptions } from "../device/device.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { registry } from "../model/registry.ts";
import type { Progress } from "../progress.ts";
import { type AskedFolder, claimRun, inFolder } from "../run_folder/claim_folder.ts";
import { toolVersion } from "../video/media_tools.ts";
import { renderClip, type SyntheticClip } from "../video/synthetic_clip.ts";
import { extractFeatures } from "./extract_features.ts";
import type { RunResult } from "./run_result.ts";
import type { ScoreResult } from "./score_files.ts";
import { scoreVideos } from "./score_videos.ts";
import { prepareRun } from "./start_run.ts";

export interface DemoVideoRequest extends AskedFolder {
  /** The folder below which features are kept; absent: the user's. */
  cache?: string;
  /** key=value, after the demo's own. */
  overrides: string[];
  device: DeviceOptions;
  progress: Progress;
  stop?: AbortSignal;
}

export interface DemoVideoResult {
  run: RunResult;
  scores: ScoreResult;
  /** The clip that was scored, and the frames of its event. */
  clip: { path: string; event: [number, number] };
  page: string;
}

/** Clips of each kind to train on. */
const TRAINED = 6;
/** Frames of a clip that is trained on: 12 seconds. */
const FRAMES = 144;

interface NamedClip extends SyntheticClip {
  id: string;
}

/** Names begin with a class of UCF-Crime, as those of its videos do. */
function clipsOf(split: "train" | "test"): NamedClip[] {
  const first = split === "train" ? 1 : 101;
  const count = split === "train" ? TRAINED : 2;
  return Array.from({ length: count }, (_, i) => {
    const number = String(first + i).padStart(3, "0");
    const frames = split === "train" ? FRAMES : 2 * FRAMES;
    const start = 32 + 16 * i + (split === "test" ? 64 : 0);
    const clip = { seed: first + i, frames };
    return [
      { ...clip, id: `Normal_Videos_${number}`, event: null },
      {
        ...{ ...clip, seed: clip.seed + 1000, id: `Fighting${number}` },
        event: [start, start + 48] as [number, number],
      },
    ];
  }).flat();
}

/** The folder of the training, in that of the demo. */
const RUN = "run";

/**
 * @throws a fault: ffmpeg is missing, the folder holds something, or as the commands that it joins
 */
export async function demoVideo(request: DemoVideoRequest): Promise<DemoVideoResult> {
  // A mistake in the settings is told before the clips are made.
  resolveConfig({ overrides: settingsOf("features", request.overrides), catalog: registry });
  const folder = claimRun("demo_video", request, RUN);
  return await inFolder(folder, () => inClaimed(folder.path, request));
}

/** What is trained on the features in a folder. */
function settingsOf(features: string, overrides: string[]): string[] {
  return [
    ...["runner=mil", "data=features", "trainer=quick", `data.root=${JSON.stringify(features)}`],
    ...["data.annotations=annotations.txt", `data.batch_size=${TRAINED}`],
    ...["trainer.max_steps=200", "trainer.eval_every=50", `data.fps=12`],
    ...overrides,
  ];
}

async function inClaimed(
  out: string,
  { overwrite = false, overrides, device, progress, stop, cache }: DemoVideoRequest,
): Promise<DemoVideoResult> {
  // Before anything lies in the folder, which would be in the way of the next start.
  for (const tool of ["ffmpeg", "ffprobe"] as const) await toolVersion(tool, "Cannot make clips");
  const features = join(out, "features");
  const clips = { train: clipsOf("train"), test: clipsOf("test") };
  for (const split of ["train", "test"] as const) {
    const folder = join(out, "clips", split);
    await mkdir(folder, { recursive: true });
    for (const clip of clips[split]) await renderClip(clip, join(folder, clip.id));
    progress.note(`${clips[split].length} clips in ${folder}`);
    await extractFeatures({
      ...{ backbone: "motion", settings: {}, weights: null, jpeg: false, segments: null },
      ...{ dtype: "float32", paths: [folder], out: join(features, split), overwrite },
      ...{ device, progress, stop },
    });
  }
  const annotations = join(features, "annotations.txt");
  const rows = clips.test.map(({ id, event }) => {
    const [start, end] = event ?? [-1, -1];
    return `${id}.mp4 ${event ? "Fighting" : "Normal"} ${start} ${end} -1 -1\n`;
  });
  await writeWhole(annotations, rows.join(""), { overwrite });
  const train = await prepareRun({
    overrides: settingsOf(features, overrides),
    out: join(out, RUN),
    overwrite,
  });
  const run = await train({ device, progress, stop });
  const shown = clips.test.find(({ event }) => event !== null)!;
  const path = join(out, "clips", "test", `${shown.id}.mp4`);
  const scores = await scoreVideos({
    ...{ checkpoint: run.runFolder, paths: [path], overrides: [], configDirs: [] },
    ...{ out: join(out, "scores"), formats: ["csv", "json", "svg", "html"], top: 3 },
    ...{ overwrite, embed: false, device, progress, cache },
  });
  const page = join(out, "scores", `${shown.id}.html`);
  return { run, scores, clip: { path, event: shown.event! }, page };
}
