/**
 * What docs/walkthrough.md shows, with the numbers checked: ten real videos from features to a
 * report.
 */

import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { hasShared, shared } from "../support/shared.ts";
import { wsvad } from "./run_wsvad.ts";

interface SampleVideo {
  video: string;
  class: string;
  /** First and last anomalous frame, counted from 1. */
  events: [number, number][];
  frames: number;
}

interface ScoreFile {
  id: string;
  frames: number;
  start_frame: number[];
  end_frame: number[];
  scores: number[];
  ground_truth: [number, number][];
}

const settings = [
  ...["--runner", "mil", "data=ucf_crime_c3d", `data.root=${shared("data")}`],
  ...["data.train=c3d_sample", "data.test=c3d_sample"],
  "data.annotations=ucf_crime/UCF_Annotation_with_frames.txt",
  ...["data.batch_size=2", "trainer.max_steps=30", "trainer.eval_every=10"],
];

/**
 * Scores and labels of all frames: what evaluation.md says, frame by frame, from the score files.
 */
function framesOf(files: ScoreFile[], videos: SampleVideo[]) {
  const scores: number[] = [];
  const labels: boolean[] = [];
  files.forEach(({ frames, start_frame, end_frame, scores: segments }, i) => {
    const spread = new Float32Array(frames);
    segments.forEach((score, s) => spread.fill(score, start_frame[s], end_frame[s]));
    scores.push(...spread);
    for (let frame = 1; frame <= frames; frame++) {
      labels.push(videos[i].events.some(([first, last]) => frame >= first && frame <= last));
    }
  });
  return { scores, labels };
}

/**
 * Share of pairs of an anomalous and a normal frame in which the anomalous one scores higher; ties
 * half.
 */
function rocAuc({ scores, labels }: { scores: number[]; labels: boolean[] }): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a] - scores[b]);
  let below = 0, pairs = 0, positives = 0;
  for (let i = 0; i < order.length;) {
    let [positive, negative] = [0, 0];
    const score = scores[order[i]];
    for (; i < order.length && scores[order[i]] === score; i++) {
      if (labels[order[i]]) positive++;
      else negative++;
    }
    pairs += positive * (below + negative / 2);
    below += negative;
    positives += positive;
  }
  return pairs / (positives * below);
}

Deno.test({
  name:
    "wsvad trains on ten real C3D videos, scores them over their frames and evaluates these scores",
  ignore: !hasShared,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "wsvad_walkthrough_" });
    try {
      const done = async (...args: string[]) => {
        const { code, stdout, stderr } = await wsvad([...args, "--device", "cpu"], folder);
        assertEquals(code, 0, stderr);
        return { stdout, stderr };
      };
      const trained = await done("train", ...settings, "--out", "run");
      assertStringIncludes(trained.stderr, "10 of 10 test videos are training videos too");
      assertStringIncludes(trained.stdout, join("run", "report.html"));

      const evaluated = await done("eval", "run", "--out", "evaluation", "--json");
      const { evaluation, videos: count } = JSON.parse(evaluated.stdout);
      const result = JSON.parse(await Deno.readTextFile(join(folder, "run", "result.json")));
      assertEquals(evaluation.metrics, result.best.metrics);
      assertEquals(count, 10);

      const manifest = JSON.parse(await Deno.readTextFile(shared("data/c3d_sample/manifest.json")));
      const videos: SampleVideo[] = manifest.files;
      await done("score", "-c", "run", shared("data/c3d_sample"), "--out", "scores");
      const files: ScoreFile[] = await Promise.all(
        videos.map(async ({ video }) =>
          JSON.parse(await Deno.readTextFile(join(folder, "scores", `${video}.json`)))
        ),
      );
      for (const [i, { video, frames, events }] of videos.entries()) {
        assertEquals(files[i].id, video);
        assertEquals(files[i].frames, frames);
        assertEquals(files[i].scores.length, 32);
        assertEquals(files[i].ground_truth, events.map(([first, last]) => [first - 1, last]));
        // Never 16 frames a segment by rote: the last one ends a clip before the end of the video.
        const clips = Math.floor(frames / 16);
        if (clips > 17) assertEquals(files[i].end_frame.at(-1), 16 * (clips - 1));
        const csv = await Deno.readTextFile(join(folder, "scores", `${video}.csv`));
        assertEquals(csv.trimEnd().split("\n").length, 33);
        const svg = await Deno.readTextFile(join(folder, "scores", `${video}.svg`));
        assertEquals(svg.includes("shaded: ground truth"), events.length > 0, video);
      }

      const frames = framesOf(files, videos);
      assertEquals(evaluation.alignment.frames, frames.scores.length);
      assertEquals(evaluation.alignment.cut + evaluation.alignment.extended, 0);
      assertAlmostEquals(evaluation.metrics.roc_auc, rocAuc(frames), 1e-12);

      for (const report of ["run/report.html", "evaluation/report.html"]) {
        const page = await Deno.readTextFile(join(folder, report));
        for (const { video } of videos) assertStringIncludes(page, video);
        assertStringIncludes(page, "segments spread over all frames by the official bounds");
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "wsvad score asks for --frames where nothing tells the length of a pooled video",
  ignore: !hasShared,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "wsvad_walkthrough_" });
    try {
      const run = join(folder, "run");
      const short = settings.with(-2, "trainer.max_steps=1").with(-1, "data.test=null");
      const trained = await wsvad(["train", ...short, "--out", run, "--device", "cpu"]);
      assertEquals(trained.code, 0, trained.stderr);
      const mine = join(folder, "mine.npy");
      await Deno.copyFile(shared("data/c3d_sample/Explosion008_x264.npy"), mine);
      const args = ["score", "-c", run, mine, "--out", join(folder, "scores"), "--device", "cpu"];
      const refused = await wsvad(args);
      assertEquals(refused.code, 1);
      assertStringIncludes(refused.stderr, "give --frames N");
      const { code, stdout } = await wsvad([...args, "--frames", "1748"]);
      assertEquals(code, 0);
      assertStringIncludes(stdout, "mine  32 segments, 1748 frames");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
