/**
 * `deno task time:snippet RUNNER [REPEATS] [key=value ...]`: how long one new snippet of a live
 * video waits for its score, from its features in memory to the number: one call after another on
 * the cpu, as a camera would make them. Figures in docs/performance.md come from here.
 */

import { benchModel } from "../src/bench/bench_model.ts";
import { currentLoad } from "../src/bench/measure.ts";
import { officialBatch, randomBatch } from "../src/bench/official_batch.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import { registry } from "../src/model/registry.ts";
import { openDevice } from "../src/ops/open_device.ts";
import { partsOf } from "../src/score/long_videos.ts";
import { scoreVideo } from "../src/score/score_video.ts";
import { Scoring } from "../src/score/scoring.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const USAGE = "time:snippet RUNNER [REPEATS] [key=value ...]";
const { positionals: words } = taskWords(USAGE);
const settings = words.filter((word) => word.includes("="));
const [name, repeats = "2000"] = words.filter((word) => !word.includes("="));
if (!name || !(Number(repeats) >= 1)) endWithUsage(USAGE);

const device = await openDevice({ device: "cpu" });
const config = resolveConfig({ overrides: [`runner=${name}`, ...settings], catalog: registry });
const [, , , dim] = officialBatch(config, 2);
const { model, random } = benchModel(config, dim - Number(config.data.magnitude), null);
const { video: values } = randomBatch([1, 1, 1, dim]);
const video = { crops: 1, snippets: 1, dim, length: 1, values };
using scoring = new Scoring({ recorder: null });
scoring.begin(model);

const milliseconds: number[] = [];
for (let call = -200; call < Number(repeats); call++) { // the first calls compile and allocate
  const start = performance.now();
  const { scores } = scoreVideo(
    model,
    video,
    random,
    scoring,
    partsOf({ ...video, id: name }, scoring, () => {}),
  );
  await scores.data();
  if (call >= 0) milliseconds.push(performance.now() - start);
  scores.dispose();
}
milliseconds.sort((a, b) => a - b);
const at = (share: number) => milliseconds[Math.floor(share * (milliseconds.length - 1))];
console.log(
  `${name} [1, ${dim}] on ${device.name}: median ${at(0.5).toFixed(3)} ms, 99 % below ${
    at(0.99).toFixed(3)
  } ms, slowest ${at(1).toFixed(3)} ms of ${repeats}; load ${currentLoad().load.toFixed(1)}`,
);
Deno.exit(0);
