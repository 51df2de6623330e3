import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join, relative } from "node:path";
import { motion } from "../../src/backbones/motion.ts";
import { clip } from "../../src/backbones/clip.ts";
import { extractFeatures, type ExtractRequest } from "../../src/commands/extract_features.ts";
import { readRecipe, recipeDifference } from "../../src/data/feature_recipe.ts";
import { planExtractor } from "../../src/extract/extractor.ts";
import { findVideos } from "../../src/extract/find_videos.ts";
import { readNpy } from "../../src/io/npy.ts";
import { silent } from "../../src/progress.ts";
import { zipOf } from "../io/small_tensor_files.ts";
import { drawnWeights, weightsFile } from "../support/backbone_weights.ts";
import { ffmpegIn, hasFfmpeg, testClip } from "../support/ffmpeg.ts";

const usual: Omit<ExtractRequest, "paths" | "out"> = {
  backbone: "motion",
  settings: {},
  weights: null,
  jpeg: false,
  segments: null,
  dtype: "float32",
  overwrite: false,
  device: { device: "cpu", blas: "off" },
  progress: silent,
};

/** Numbers of a feature file, and its shape. */
async function featuresOf(out: string, id: string) {
  const { shape, data } = await readNpy(join(out, `${id}.npy`));
  return { shape, values: Array.from(data as Float32Array) };
}

Deno.test({
  name: "extractFeatures() makes the features of folders, lists and pictures, goes on where it " +
    "stopped, and lists what failed",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const videos = join(folder, "videos"), out = join(folder, "features");
      await Deno.mkdir(join(videos, "inner", "still"), { recursive: true });
      testClip(videos, "long.mkv", { frames: 40 });
      ffmpegIn(join(videos, "inner", "still"), "-i", join(videos, "long.mkv"), "%d.png");
      await Deno.writeTextFile(join(videos, "broken.mp4"), "nothing");
      await Deno.writeTextFile(join(folder, "list.txt"), "# of a set\nvideos/inner\n");
      const first = await extractFeatures({ ...usual, paths: [videos], out });
      assertEquals(first.extracted.map(({ id, shape }) => [id, ...shape]), [
        ["still", 3, 1, motion.facts({}).dim],
        ["long", 3, 1, motion.facts({}).dim],
      ]);
      assertEquals(first.failed.map(({ id }) => id), ["broken"]);
      assertStringIncludes(first.failed[0].reason, "no video that ffmpeg can read");
      const long = await featuresOf(out, "long");
      assertEquals(long.shape, [3, 256]);
      assertEquals(await featuresOf(out, "still"), long);
      const manifest = (await Deno.readTextFile(join(out, "manifest.jsonl"))).trim().split("\n");
      const told = manifest.map((line) => JSON.parse(line).features);
      assertEquals(told, ["still.npy", "long.npy", null]);

      // As a kill leaves it: the record is written first, the array last.
      const bytes = await Deno.readFile(join(out, "long.npy"));
      await Deno.remove(join(out, "long.npy"));
      const again = await extractFeatures({ ...usual, paths: [videos], out });
      assertEquals([again.extracted.map(({ id }) => id), again.skipped], [["long"], 1]);
      assertEquals(await Deno.readFile(join(out, "long.npy")), bytes);

      const pooled = { ...usual, segments: 2 };
      const otherwise = extractFeatures({ ...pooled, paths: [videos], out });
      await assertRejects(() => otherwise, Error, "segments: null and 2");
      const half = join(folder, "half");
      const paths = [join(folder, "list.txt")];
      await extractFeatures({ ...pooled, dtype: "float16", paths, out: half });
      const { shape, dtype } = await readNpy(join(half, "still.npy"));
      assertEquals([shape, dtype], [[2, 256], "f2"]);
      assertEquals((await readRecipe(half))?.segments, 2);

      await Deno.remove(join(out, "long.json"));
      const foreign = extractFeatures({ ...usual, paths: [videos], out });
      await assertRejects(() => foreign, Error, 'no "long.json" says how it was made');
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "extractFeatures() of a zip unpacks one member at a time; --sample-to keeps some snippets",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const out = join(folder, "features");
      const read = (path: string) => Deno.readFile(path);
      const one = await read(testClip(folder, "one.mkv", { frames: 70 }));
      const broken = new TextEncoder().encode("nothing");
      const members = { "in/one.mkv": one, "in/two.avi": broken, "in/.x.mkv": one, "a.md": broken };
      const archive = join(folder, "videos.zip");
      await Deno.writeFile(archive, await zipOf(members, 6));
      // A killed process has left a part of it.
      await Deno.mkdir(join(out, ".unpacked"), { recursive: true });
      await Deno.writeTextFile(join(out, ".unpacked", "one.mkv"), "part");
      const { extracted, failed } = await extractFeatures({ ...usual, paths: [archive], out });
      assertEquals(extracted.map(({ id, path }) => [id, path]), [["one", `${archive}/in/one.mkv`]]);
      assertEquals(failed.map(({ id }) => id), ["two"]);
      assertStringIncludes(failed[0].reason, `Cannot decode "${archive}/in/two.avi": `);
      assertEquals([...Deno.readDirSync(out)].map(({ name }) => name).sort(), [
        ...["manifest.jsonl", "one.json", "one.npy", "recipe.json"],
      ]);
      const [line] = (await Deno.readTextFile(join(out, "manifest.jsonl"))).split("\n");
      assertEquals(JSON.parse(line).recipe.backbone, "motion");

      const sampled = join(folder, "sampled"), paths = [join(folder, "one.mkv")];
      await extractFeatures({ ...usual, sampleTo: 3, paths, out: sampled });
      const all = await featuresOf(out, "one"), some = await featuresOf(sampled, "one");
      assertEquals([all.shape, some.shape], [[5, 256], [3, 256]]);
      const row = (i: number) => all.values.slice(256 * i, 256 * (i + 1));
      assertEquals(some.values, [...row(0), ...row(2), ...row(4)]);
      const other = extractFeatures({ ...usual, paths, out: sampled });
      await assertRejects(() => other, Error, "sample_to: 3 and null");
      const recipes = await Promise.all([out, sampled].map(readRecipe));
      assertEquals(recipeDifference(recipes[0]!, recipes[1]!, { ofSets: true }), null);

      const damaged = (await read(archive)).slice();
      damaged[80] ^= 255; // of the packed bytes of the first
      await Deno.writeFile(join(folder, "damaged.zip"), damaged);
      const damage = await extractFeatures({
        ...{ ...usual, paths: [join(folder, "damaged.zip")], out: join(folder, "none") },
      });
      assertStringIncludes(damage.failed[0].reason, 'member "in/one.mkv" is damaged');
      await Deno.writeFile(join(folder, "empty.zip"), await zipOf({ "a.md": broken }, 0));
      const empty = () => findVideos([join(folder, "empty.zip")]);
      await assertRejects(empty, Error, "none of its 1 members is a video");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "extractFeatures() of single frames: the mean of 16, or one of them, for each crop",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    const settings = {
      ...{ resolution: 32, patch: 16, width: 16, layers: 1, heads: 2, embed: 8 },
      activation: "quick_gelu",
    };
    const drawn = drawnWeights(clip, clip.config.parse(settings));
    const weights = weightsFile(
      new Map([...drawn].map(([key, value]) => [`visual.${key}`, value])),
    );
    try {
      const still = join(folder, "still.mkv");
      const one = testClip(folder, "one.mkv", { frames: 35, width: 48, height: 32 });
      // Frame 8 of each snippet, 16 times: all choices agree on it.
      const loop = "select='eq(mod(n,16),8)',loop=loop=15:size=1,setpts=N/10/TB";
      ffmpegIn(folder, "-i", one, "-frames:v", "16", "-vf", loop, "-c:v", "ffv1", still);
      const extract = (frames: "mean" | "middle", out: string) =>
        extractFeatures({
          ...{ ...usual, backbone: "clip", settings, weights, frames, crops: "ten" as const },
          ...{ paths: [one, still], out: join(folder, out), batch: 7 },
        });
      await extract("mean", "mean");
      await extract("middle", "middle");
      const [mean, middle] = [join(folder, "mean"), join(folder, "middle")];
      const stillMean = await featuresOf(mean, "still");
      const [T, N, D] = (await featuresOf(mean, "one")).shape;
      assertEquals([T, N, D], [2, 10, 8]); // 35 frames, the tail of 3 is dropped
      const oneMiddle = await featuresOf(middle, "one");
      const close = (a: number[], b: number[]) =>
        a.forEach((x, i) => assert(Math.abs(x - b[i]) < 1e-5, `${i}: ${x} and ${b[i]}`));
      close(stillMean.values, (await featuresOf(middle, "still")).values);
      close(oneMiddle.values.slice(0, N * D), stillMean.values);
      const apart = (await featuresOf(mean, "one")).values.some((x, i) =>
        Math.abs(x - oneMiddle.values[i]) > 1e-4
      );
      assert(apart);
      assertEquals((await readRecipe(mean))?.weights_sha256?.length, 64);
      const here = { ...usual, backbone: "clip", settings, weights: relative(Deno.cwd(), weights) };
      // Another folder may be the working one when a model asks for them.
      assertEquals((await planExtractor(here)).recipe.weights, weights);
    } finally {
      await Deno.remove(folder, { recursive: true });
      await Deno.remove(weights);
    }
  },
});

Deno.test({
  name: "planning refuses what the backbone cannot do, before anything is decoded",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const video = join(folder, "v.mp4");
      await Deno.writeTextFile(video, "");
      const refused = (more: Partial<ExtractRequest>, text: string) =>
        assertRejects(
          () => extractFeatures({ ...usual, ...more, paths: [video], out: join(folder, "out") }),
          Error,
          text,
        );
      await refused({ backbone: "motoin" }, 'did you mean "motion"');
      await refused({ crops: "ten" }, 'its lineage "motion" has centre');
      await refused({ frames: "first" }, "it sees 16 frames at once");
      await refused({ backbone: "clip" }, "wsvad data download clip fetches it");
      await refused({ weights: video }, "it has no weights");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
