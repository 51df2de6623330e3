/** The backbone of docs/plugins.md, outside the source tree: features, and scores by them. */

import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { train } from "../../mod.ts";
import { extractFeatures } from "../../src/commands/extract_features.ts";
import { scoreVideos } from "../../src/commands/score_videos.ts";
import { readRecipe } from "../../src/data/feature_recipe.ts";
import { pluginOverrides } from "../../src/model/load_plugins.ts";
import { silent } from "../../src/progress.ts";
import { weightsFile } from "../support/backbone_weights.ts";
import { hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { writeFilesOfPage } from "../support/page_files.ts";

const device = { device: "cpu", blas: "off" } as const;
const usual = { jpeg: false, segments: null, dtype: "float32", overwrite: false } as const;

/** Weights [4, 192] of the page's backbone: each channel sees one colour, the last all of them. */
function drawnWeights(): string {
  const data = Float32Array.from(
    { length: 4 * 192 },
    (_, i) => i >= 3 * 192 || i % 3 === Math.floor(i / 192) ? 1 / 64 : 0,
  );
  return weightsFile(new Map([["patch.weight", { shape: [4, 192], data }]]));
}

Deno.test({
  name:
    "a plugin's backbone makes features; what is trained on them scores videos by its file, or " +
    "names it",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "wsvad plugins " });
    const weights = drawnWeights();
    try {
      await writeFilesOfPage("plugins.md", folder);
      const plugin = join(folder, "patch_means.ts"), out = join(folder, "train");
      await pluginOverrides({ plugins: [plugin] });
      const clips = join(folder, "clips");
      await Deno.mkdir(clips);
      for (const name of ["Normal_1.mkv", "Fighting1.mkv"]) testClip(clips, name, { frames: 20 });
      const settings = { width: 4 };
      const made = await extractFeatures({
        ...{ ...usual, backbone: "patch_means", settings, weights, paths: [clips], out },
        ...{ device, progress: silent },
      });
      assertEquals([made.dim, made.lineage, made.failed], [4, "patch_means", []]);
      const recipe = (await readRecipe(out))!;
      assertMatch(recipe.plugin!, /patch_means\.ts#sha256=[0-9a-f]{64}$/);
      const run = join(folder, "run");
      const data = [`data.root=${folder}`, "data.train=train", "data.test=null", "data.segments=2"];
      const few = ["data.batch_size=1", "trainer.max_steps=1", "data.annotations=null"];
      await train({
        ...{ runner: "mil", settings: ["data=features", ...data, ...few], out: run, device },
      });
      const score = (plugins: string[] = []) =>
        scoreVideos({
          ...{ checkpoint: run, paths: [join(clips, "Normal_1.mkv")], overrides: [], plugins },
          ...{ configDirs: [], device, out: join(folder, "scores"), formats: ["csv"], top: 1 },
          ...{ cache: join(folder, "cache"), overwrite: true, embed: false, progress: silent },
        });
      const { files } = await score();
      assertEquals(files.map(({ snippets, frames }) => [snippets, frames]), [[2, 20]]);

      const moved = join(folder, "moved.ts");
      await Deno.rename(plugin, moved);
      const gone = await assertRejects(() => score(), Error);
      assertStringIncludes(gone.message, `Cannot load the plugin "${plugin}" of "${run}`);
      assertStringIncludes(gone.message, "no such file; put it back, or say by --plugin FILE");
      assertEquals((await score([moved])).files, files);
    } finally {
      await Deno.remove(weights);
      await Deno.remove(folder, { recursive: true });
    }
  },
});
