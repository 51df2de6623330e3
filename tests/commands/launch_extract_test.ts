/** An extraction whose shards are tasks of Slurm; the tasks themselves are not started here. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { extractFeatures, type ExtractRequest } from "../../src/commands/extract_features.ts";
import { extractLocally, submitExtraction } from "../../src/commands/launch_extract.ts";
import { silent } from "../../src/progress.ts";
import { FakeSlurm } from "../launch/fake_slurm.ts";
import { hasFfmpeg } from "../support/ffmpeg.ts";
import { withFolder } from "../support/temporary_folder.ts";

const ignore = Deno.build.os === "windows" || !hasFfmpeg;

/** Two videos of a second. */
async function withVideos(use: (folder: string, request: ExtractRequest) => Promise<void>) {
  await withFolder(async (folder) => {
    const videos = join(folder, "videos");
    Deno.mkdirSync(videos);
    for (const name of ["a", "b"]) {
      const source = ["-f", "lavfi", "-i", "testsrc=size=32x24:rate=16:duration=1"];
      const args = ["-loglevel", "error", ...source, join(videos, `${name}.mp4`)];
      assert((await new Deno.Command("ffmpeg", { args }).output()).success);
    }
    await use(folder, {
      ...{ paths: [videos], backbone: "motion", settings: {}, weights: null, segments: null },
      ...{ sampleTo: null, mean: null, dtype: "float32", jpeg: false, overwrite: false },
      out: join(folder, "features"),
      device: { device: "cpu", blas: "off" },
      progress: silent,
    });
  });
}

Deno.test({
  name:
    "submitExtraction() submits the shards that have videos left, and lists what their tasks said",
  ignore,
  fn: () =>
    withVideos(async (folder, request) => {
      const slurm = new FakeSlurm(folder);
      const tasks = { request, args: ["extract", request.paths[0], "-b", "motion"], shards: 2 };
      const options = { grace: 60, sbatch: [] };
      const submit = (dryRun = false) =>
        submitExtraction(tasks, { options, place: { bin: slurm.bin }, dryRun });
      const { scripts } = await submit(true);
      assertStringIncludes(scripts[0], "\n  1\n  2\n)");
      assertStringIncludes(scripts[0], '-b motion --shard "$task"/2 --threads "$WSVAD_THREADS" &');
      assertEquals(slurm.asked("submitted"), []);

      const first = await submit();
      assertEquals([first.videos, first.finished, first.submitted[0].tasks], [2, 0, 2]);
      const [, name] = /--job-name=(\S+)/.exec(Deno.readTextFileSync(first.submitted[0].script))!;
      slurm.queue([name, 0, "2", "RUNNING"], [name, 1, "1", "PENDING"]);
      const second = await submit();
      assertEquals([second.submitted, second.queued, second.ended], [[], 2, []]);

      slurm.queue();
      Deno.writeTextFileSync(join(request.out, "shard-2.log"), "no memory\n");
      const third = await submit();
      assertEquals(third.ended, [{ shard: "2", log: ["no memory"] }]);
      await extractFeatures(request);
      const last = await submit();
      assertEquals([last.finished, last.submitted, last.ended], [2, [], []]);
    }),
});

Deno.test({
  name: "extractLocally() gives each process its shard, and does itself what they leave",
  ignore,
  fn: () =>
    withVideos(async (folder, request) => {
      const tool = join(folder, "tool.sh");
      Deno.writeTextFileSync(tool, 'echo "$@"; exit 1');
      const notes: string[] = [];
      const progress = { ...silent, note: (text: string) => void notes.push(text) };
      const tasks = { request: { ...request, progress }, args: ["extract", "x"], shards: 2 };
      const { extracted } = await extractLocally(tasks, ["sh", tool]);
      assertEquals(extracted.map(({ id }) => id), ["a", "b"]);
      const log = Deno.readTextFileSync(join(request.out, "shard-2.log"));
      assertStringIncludes(log, "extract x --shard 2/2 --threads ");
      assert(notes.some((note) => note.includes("shard 1 of 2 ended with code 1")), `${notes}`);
    }),
});
