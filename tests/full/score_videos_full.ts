/** Videos scored by a model that was trained on features of wsvad extract. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { extractFeatures } from "../../src/commands/extract_features.ts";
import {
  namesVideos,
  scoreVideos,
  type ScoreVideosRequest,
} from "../../src/commands/score_videos.ts";
import { prepareRun } from "../../src/commands/start_run.ts";
import { vggish } from "../../src/backbones/vggish.ts";
import { silent } from "../../src/progress.ts";
import { drawnWeights, weightsFile } from "../support/backbone_weights.ts";
import { ffmpegIn, hasFfmpeg, testClip } from "../support/ffmpeg.ts";

const device = { device: "cpu", blas: "off" } as const;

/** A run on features that `wsvad extract` made of two clips. */
async function trained(folder: string): Promise<string> {
  const train = join(folder, "train");
  await Deno.mkdir(join(folder, "clips"));
  for (const name of ["Normal_1.mkv", "Fighting1.mkv"]) {
    testClip(join(folder, "clips"), name, { frames: 40 });
  }
  await extractFeatures({
    ...{ backbone: "motion", settings: {}, weights: null, jpeg: false, segments: null },
    ...{ dtype: "float32", overwrite: false, paths: [join(folder, "clips")], out: train },
    ...{ device, progress: silent },
  });
  const data = [`data.root=${folder}`, "data.train=train", "data.test=null", "data.segments=4"];
  const few = ["data.batch_size=1", "trainer.max_steps=1", "data.annotations=null"];
  const run = await prepareRun({
    overrides: ["runner=mil", "data=features", ...data, ...few],
    out: join(folder, "run"),
  });
  await run({ device, progress: silent });
  return join(folder, "run");
}

Deno.test({
  name:
    "scoreVideos() reads the checkpoint once: what becomes of it while videos are decoded is nothing to the scores",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const checkpoint = await trained(folder);
      const video = testClip(folder, "a.mkv", { frames: 50, fps: "10" });
      const away = () => {
        if (existsSync(checkpoint)) Deno.renameSync(checkpoint, join(folder, "moved"));
      };
      const { files: [{ snippets }] } = await scoreVideos({
        ...{ checkpoint, paths: [video], overrides: [], configDirs: [], device },
        ...{ out: join(folder, "scores"), formats: ["csv"], top: 2 },
        ...{ cache: join(folder, "cache"), overwrite: false, embed: false },
        progress: { ...silent, start: away, step: away },
      });
      assertEquals([snippets, existsSync(checkpoint)], [4, false]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "scoreVideos() scores videos by the recipe of the training, keeps their features, and " +
    "refuses where it is not known or not the same",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    const cache = join(folder, "cache");
    try {
      const checkpoint = await trained(folder);
      const video = testClip(folder, "a b#1.mkv", { frames: 50, fps: "10" });
      const variable = join(folder, "variable.mkv");
      const late = "setpts='if(lt(N,20),N,N+100)/10/TB'";
      const every = ["-vsync", "passthrough", "-c:v", "ffv1"];
      ffmpegIn(folder, "-i", `file:${video}`, "-vf", late, ...every, variable);
      const request: ScoreVideosRequest = {
        ...{ checkpoint, paths: [video, variable], overrides: [], configDirs: [], device },
        ...{ out: join(folder, "scores"), formats: ["csv", "json", "html"], top: 2 },
        ...{ cache, overwrite: false, embed: false, progress: silent },
      };
      const result = await scoreVideos(request);
      assertEquals(
        result.files.map(({ id, path, snippets, frames }) => [id, path, snippets, frames]),
        [
          ["a b#1", video, 4, 50],
          ["variable", variable, 4, 50],
        ],
      );
      const rows = async (id: string) =>
        (await Deno.readTextFile(join(folder, "scores", `${id}.csv`))).trim().split("\n")
          .map((row) => row.split(",").slice(1, 5).join(" "));
      assertEquals((await rows("a b#1")).slice(-1), ["48 50 0:00:04.800 0:00:05.000"]);
      // Frames from 20 on are shown ten seconds later.
      assertEquals((await rows("variable"))[2], "16 32 0:00:01.600 0:00:13.200");
      const json = JSON.parse(await Deno.readTextFile(join(folder, "scores", "a b#1.json")));
      assertEquals(json.provenance.video, video);
      const page = await Deno.readTextFile(join(folder, "scores", "a b#1.html"));
      // No browser plays FFV1: a copy lies beside the page.
      assertStringIncludes(page, 'src="a%20b%231.preview.mp4"');
      assert(existsSync(join(folder, "scores", "a b#1.preview.mp4")));
      assertStringIncludes(page, "data:image/jpeg;base64,");
      const index = await Deno.readTextFile(join(folder, "scores", "index.html"));
      assertStringIncludes(index, 'href="a%20b%231.html"');

      // What was scored before is not looked at again, whatever lies there now.
      const bytes = await Deno.readFile(variable);
      await Deno.writeTextFile(variable, "no video");
      const { skipped, failed, shown } = await scoreVideos({ ...request, skipExisting: true });
      assertEquals([skipped, failed], [2, []]);
      assert(shown.includes(variable));
      await Deno.writeFile(variable, bytes);

      const kept = () =>
        [...Deno.readDirSync(join(cache, "features"))].map(({ name }) => name)
          .sort().join();
      const before = kept();
      await Deno.copyFile(video, join(folder, "moved.mkv")); // the content decides
      const again = { ...request, paths: [join(folder, "moved.mkv")], embed: true };
      const { files: [moved] } = await scoreVideos(again);
      assertEquals(kept(), before);
      assertEquals(moved.maximum, result.files[0].maximum);
      const embedded = await Deno.readTextFile(join(folder, "scores", "moved.html"));
      assertStringIncludes(embedded, 'src="data:video/mp4;base64,');
      assert(!existsSync(join(folder, "scores", "moved.preview.mp4")));

      const refused = (more: Partial<ScoreVideosRequest>, text: string) =>
        assertRejects(() => scoreVideos({ ...request, ...more }), Error, text);
      await refused({}, "it exists");
      const out = join(folder, "other");
      await refused({ out, backbone: "clip" }, 'trained on features of "motion", lineage motion');
      await refused({ out, weights: video }, "would be made now differ (weights_sha256: null and");
      const unknown = await prepareRun({
        overrides: [
          ...["runner=mil", "data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2"],
          ...[
            "trainer.max_steps=1",
            "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
          ],
        ],
        out: join(folder, "unknown"),
      });
      await unknown({ device, progress: silent });
      const elsewhere = { out, checkpoint: join(folder, "unknown") };
      await refused(elsewhere, "nothing says how the features of its training were made");
      await refused({ ...elsewhere, backbone: "motion" }, "they have 256 channels");

      assertEquals(
        await Promise.all([video, folder, join(folder, "train"), "x.npy"].map(namesVideos)),
        [
          true,
          false,
          false,
          false,
        ],
      );
      assert(await namesVideos(join(folder, "clips")));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "scoreVideos() scores sound by a model of VGGish, of videos and of files of sound; a video " +
    "without any is listed",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    const settings = { channels: [4, 4, 4, 4, 4, 4], fc: [16, 16, 8] };
    const weights = weightsFile(drawnWeights(vggish, vggish.config.parse(settings)));
    try {
      const picture = ["-f", "lavfi", "-i", "testsrc=size=32x24:rate=10:duration=4"];
      const sound = ["-f", "lavfi", "-i", "anoisesrc=duration=4:seed=1"];
      ffmpegIn(folder, ...picture, ...sound, "-pix_fmt", "yuv420p", "Fighting1.mp4");
      ffmpegIn(folder, "-i", "Fighting1.mp4", "-c", "copy", "Normal_1.mp4");
      ffmpegIn(folder, "-i", "Fighting1.mp4", "-vn", "heard.wav");
      ffmpegIn(folder, "-i", "Fighting1.mp4", "-an", "-c:v", "copy", "silent.mp4");
      const path = (name: string) => join(folder, name);
      await extractFeatures({
        ...{ backbone: "vggish", settings, weights, jpeg: false, segments: null, sampleTo: null },
        ...{
          dtype: "float32",
          overwrite: false,
          paths: ["Fighting1.mp4", "Normal_1.mp4"].map(path),
        },
        ...{ out: path("train"), device, progress: silent },
      });
      const few = ["data.batch_size=1", "trainer.max_steps=1", "data.annotations=null"];
      const run = await prepareRun({
        overrides: [
          ...["runner=mil", "data=features", `data.root=${folder}`, "data.train=train"],
          ...["data.test=null", "data.segments=4"],
          ...few,
        ],
        out: path("run"),
      });
      await run({ device, progress: silent });
      const request: ScoreVideosRequest = {
        ...{ checkpoint: path("run"), overrides: [], configDirs: [], device, top: 2 },
        paths: ["Fighting1.mp4", "silent.mp4", "heard.wav"].map(path),
        ...{ out: path("scores"), formats: ["csv", "html"], cache: path("cache") },
        ...{ overwrite: false, embed: false, progress: silent, fps: 10 },
      };
      const { files, failed } = await scoreVideos(request);
      assertEquals(files.map(({ id, snippets }) => [id, snippets]), [["Fighting1", 4], [
        "heard",
        4,
      ]]);
      assertEquals(failed.map(({ id }) => id), ["silent"]);
      assertStringIncludes(failed[0].reason, "it has no audio stream");
      const rows = (await Deno.readTextFile(path("scores/heard.csv"))).trim().split("\n");
      assertStringIncludes(rows[2], ",0:00:00.960,0:00:01.920,");
      const page = await Deno.readTextFile(path("scores/heard.html"));
      assertStringIncludes(page, '<audio src="../heard.wav"');
      assertStringIncludes(await Deno.readTextFile(path("scores/Fighting1.html")), "<video src=");
      const alone = { ...request, paths: [path("silent.mp4")], out: path("alone") };
      await assertRejects(() => scoreVideos(alone), Error, "it has no audio stream");
      assert(await namesVideos(path("heard.wav")));
    } finally {
      await Deno.remove(folder, { recursive: true });
      await Deno.remove(weights);
    }
  },
});

Deno.test({
  name: "scoreVideos() of a model of pooled features lays segments over the whole video; pooled " +
    "training goes with whole test videos",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const videos = join(folder, "clips");
      await Deno.mkdir(videos);
      const clip = testClip(videos, "Fighting1.mkv", { frames: 80 });
      testClip(videos, "Normal_1.mkv", { frames: 80 });
      const extract = (out: string, segments: number | null) =>
        extractFeatures({
          ...{ backbone: "motion", settings: {}, weights: null, jpeg: false, segments },
          ...{ dtype: "float32", overwrite: false, paths: [videos], out: join(folder, out) },
          ...{ device, progress: silent },
        });
      await extract("train", 2);
      await extract("test", null);
      const marked = "Fighting1.mkv Fighting 16 32 -1 -1\nNormal_1.mkv Normal -1 -1 -1 -1\n";
      await Deno.writeTextFile(join(folder, "annotations.txt"), marked);
      const run = async (name: string, test: string) => {
        const made = await prepareRun({
          overrides: [
            ...["runner=mil", "data=features", `data.root=${folder}`, `data.test=${test}`],
            ...["data.segments=2", "data.batch_size=1", "trainer.max_steps=1"],
            ...test === "null" ? ["data.annotations=null"] : [],
          ],
          out: join(folder, name),
        });
        await made({ device, progress: silent });
        const { files } = await scoreVideos({
          ...{ checkpoint: join(folder, name), paths: [clip], overrides: [], configDirs: [] },
          ...{ out: join(folder, `${name}_scores`), formats: ["csv"], cache: join(folder, "c") },
          ...{ overwrite: false, embed: false, progress: silent, top: 1, device },
        });
        const rows = await Deno.readTextFile(join(folder, `${name}_scores`, "Fighting1.csv"));
        return [files[0].snippets, ...rows.trim().split("\n").at(-1)!.split(",").slice(1, 3)];
      };
      assertEquals(await run("pooled", "null"), [2, "32", "64"]);
      assertEquals(await run("both", "test"), [5, "64", "80"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
