/**
 * `deno task time:long RUNNER [SNIPPETS] [CROPS] [key=value ...]`: seconds and peak memory of
 * scoring one long video, from its features in memory to its scores, with what is told meanwhile.
 * One process measures one video, so that the peaks are its own. Figures in docs/performance.md
 * come from here.
 */

import process from "node:process";
import { LineProgress } from "../src/cli/progress.ts";
import { benchModel } from "../src/bench/bench_model.ts";
import { currentLoad, peakProcessBytes } from "../src/bench/measure.ts";
import { officialBatch, randomBatch } from "../src/bench/official_batch.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import { registry } from "../src/model/registry.ts";
import { openDevice } from "../src/ops/open_device.ts";
import { partsOf } from "../src/score/long_videos.ts";
import { scoreVideo } from "../src/score/score_video.ts";
import { Scoring } from "../src/score/scoring.ts";

const settings = Deno.args.filter((word) => word.includes("="));
const [name, snippets = "2000", crops = "10"] = Deno.args.filter((word) => !word.includes("="));
if (!name || !(Number(snippets) >= 1) || !(Number(crops) >= 1)) {
  console.error("usage: deno task time:long RUNNER [SNIPPETS] [CROPS] [key=value ...]");
  Deno.exit(1);
}

const device = await openDevice({ device: "cpu" });
const config = resolveConfig({ overrides: [`runner=${name}`, ...settings], catalog: registry });
const [, , , dim] = officialBatch(config, 2);
const { model, random } = benchModel(config, dim - Number(config.data.magnitude), null);
const video = { crops: Number(crops), snippets: Number(snippets), dim, length: Number(snippets) };
const { video: values } = randomBatch([1, video.crops, video.snippets, dim]);
const before = peakProcessBytes();

const progress = new LineProgress((line) => console.error(line));
progress.start(1, 0, "video");
using scoring = new Scoring({ recorder: null });
device.resetUse();
const start = performance.now(), used = process.cpuUsage();
scoring.begin(model);
const { scores } = scoreVideo(
  model,
  { ...video, values },
  random,
  scoring,
  partsOf({ ...video, id: name }, scoring, (told) => progress.step({ step: 0, ...told })),
);
const found = await scores.data();
const seconds = (performance.now() - start) / 1e3, { user, system } = process.cpuUsage(used);
const finite = found.every(Number.isFinite);
const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
console.log(
  `${name} ${video.snippets} x ${video.crops} x ${dim} on ${device.name}: ${
    seconds.toFixed(1)
  } s, ${((user + system) / 1e6).toFixed(1)} s of the processor; tensors ${
    gigabytes(device.memory().peak)
  }, process ${gigabytes(peakProcessBytes())} (${gigabytes(before)} with the features alone)${
    finite ? "" : "; SCORES THAT ARE NOT FINITE"
  }; load ${currentLoad().load.toFixed(1)}`,
);
Deno.exit(finite ? 0 : 1);
