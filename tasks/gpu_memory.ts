/**
 * `deno task gpu:memory [RUNNER[:VIDEOS] ...] [key=value ...]`: GPU memory of a training step with
 * the official batches, or with so many videos, counted without a GPU; with --score=SNIPPETS that
 * of scoring a video of so many snippets in ten crops. Figures in docs/performance.md come from
 * here.
 */

import * as tf from "@tensorflow/tfjs";
import { openDryGpu } from "../src/bench/dry_gpu.ts";
import { countGpuMemory } from "../src/bench/gpu_memory.ts";
import { countScoringMemory } from "../src/bench/scoring_memory.ts";
import { EMBEDDED } from "../src/config/embedded.ts";
import { resolveConfig } from "../src/config/resolve_config.ts";
import { formatBytes } from "../src/device/bytes.ts";
import { registry } from "../src/model/registry.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const CROPS = 10;
const USAGE = "gpu:memory [RUNNER[:VIDEOS] ...] [key=value ...] [--score=SNIPPETS]";
const { values: { score: scored }, positionals: words } = taskWords(USAGE, {
  score: { type: "string" },
});
const isCount = (text: string | undefined) => text === undefined || /^[1-9]\d*$/.test(text);
const settings = words.filter((word) => word.includes("="));
const named = words.filter((word) => !word.includes("="));
if (![scored, ...named.map((name) => name.split(":")[1])].every(isCount)) endWithUsage(USAGE);
const runners = named.length ? named : Object.keys(EMBEDDED.runner);
for (const runner of runners) {
  const [name, videos] = runner.split(":");
  const config = resolveConfig({ overrides: [`runner=${name}`, ...settings], catalog: registry });
  const backend = await openDryGpu();
  if (scored !== undefined) {
    const video = { crops: CROPS, snippets: Number(scored) };
    const { usedBytes, largestBytes } = await countScoringMemory(backend, config, video);
    tf.removeBackend("webgpu");
    console.log(
      `${name}, ${scored} snippets x ${CROPS} crops: tensors ${
        formatBytes(usedBytes)
      }, the largest ${formatBytes(largestBytes)}`,
    );
    continue;
  }
  const { batch, usedBytes, allocatedBytes, capturedBytes, dispatches } = await countGpuMemory(
    backend,
    config,
    videos === undefined ? undefined : Number(videos),
  );
  tf.removeBackend("webgpu");
  const [used, allocated, captured] = [usedBytes, allocatedBytes, capturedBytes].map(formatBytes);
  console.log(
    `${name} [${batch}]: tensors ${used}, buffers ${allocated}, with capture ${captured}; ${dispatches} dispatches`,
  );
}
