/**
 * `deno task time:long RUNNER [SNIPPETS] [CROPS] [key=value ...] [--float16] [--eval] [--device
 * NAME]`: seconds and peak memory of `wsvad score` on a features file of one long video, or with
 * --eval of `wsvad eval` on that video among eight short ones, from the start of the process to its
 * end, with the lines that it shows meanwhile. Figures in docs/performance.md come from here.
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { currentLoad } from "../src/bench/measure.ts";
import { officialBatch } from "../src/bench/official_batch.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import { registry } from "../src/model/registry.ts";
import { openDevice } from "../src/ops/open_device.ts";
import { type LongFile, writeLongFile, writeTestSplit, writeUntrained } from "./long_files.ts";
import { peakBytesOf, processorSecondsOf } from "./other_process.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const USAGE = "time:long RUNNER [SNIPPETS] [CROPS] [key=value ...] [--float16] [--eval] " +
  "[--device NAME]";
const { values: flags, positionals } = taskWords(USAGE, {
  float16: { type: "boolean", default: false },
  eval: { type: "boolean", default: false },
  device: { type: "string", default: "cpu" },
});
const settings = positionals.filter((word) => word.includes("="));
const [runner, snippets = "2000", crops = "10"] = positionals.filter((word) => !word.includes("="));
if (!runner || !(Number(snippets) >= 1) || !(Number(crops) >= 1)) endWithUsage(USAGE);

const EVERY_MS = 50, SHORT_VIDEOS = 8;
const { float16, eval: evaluates, device: kind } = flags;
const device = await openDevice({ device: "cpu" });
const resolved = (...more: string[]) =>
  resolveConfig({ overrides: [`runner=${runner}`, ...more, ...settings], catalog: registry });
const config = resolved().runner.features.text_aligned
  ? resolved("data.features=clip")
  : resolved();
const [, , , channels] = officialBatch(config, 2);
const dim = channels - Number(config.data.magnitude);
const long: LongFile = { crops: Number(crops), snippets: Number(snippets), dim, float16 };
const folder = await Deno.makeTempDir({ prefix: "wsvad_long_" });
try {
  const checkpoint = join(folder, "untrained.safetensors"), video = join(folder, "long.npy");
  await writeUntrained(checkpoint, config, dim);
  await device.close();
  if (evaluates) await writeTestSplit(folder, long, SHORT_VIDEOS);
  else await writeLongFile(video, long);
  const asked = evaluates
    ? ["eval", checkpoint, "data=binary", `data.root=${folder}`, "data.train=null"]
    : ["score", "-c", checkpoint, video, "--out", join(folder, "scores"), "--format", "csv"];
  const layout = evaluates ? ["data.layout_test=crops_first"] : ["--layout", "crops_first"];
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const before = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--frozen", "--no-check", main],
      ...[...asked, ...layout, "--device", kind],
    ],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  let peak = 0, processor = 0;
  const look = () => {
    peak = Math.max(peak, peakBytesOf(child.pid));
    processor = Math.max(processor, processorSecondsOf(child.pid));
  };
  const looking = setInterval(look, EVERY_MS);
  const { code } = await child.status;
  clearInterval(looking);
  const seconds = (performance.now() - before) / 1e3;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  const { crops: N, snippets: T } = long;
  console.log(
    `${runner} ${evaluates ? "eval" : "score"} ${T} x ${N} x ${dim} (${
      float16 ? "float16" : "float32"
    }, ${gigabytes(N * T * dim * (float16 ? 2 : 4))}): ${seconds.toFixed(1)} s, ${
      processor.toFixed(1)
    } s of the processor, process ${gigabytes(peak)}; load ${currentLoad().load.toFixed(1)}`,
  );
  Deno.exitCode = code; // the files are removed first
} finally {
  await Deno.remove(folder, { recursive: true });
}
