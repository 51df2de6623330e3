/** What scoring a video takes of a GPU's memory, counted without one. */

import type { WsvadWebGPUBackend } from "../device/webgpu/backend.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { loadForms } from "../ops/operations.ts";
import { scoreVideo } from "../score/score_video.ts";
import { ScoringMemo } from "../score/scoring_memo.ts";
import { benchModel } from "./bench_model.ts";
import { officialBatch, randomBatch } from "./official_batch.ts";

export interface ScoringMemory {
  /** Bytes of tensors at most, parameters among them. */
  usedBytes: number;
  /** Bytes of the largest buffer, which an adapter must allow in one piece. */
  largestBytes: number;
}

/**
 * Scores one video without capture.
 *
 * @param backend a dry GPU's, as for `countGpuMemory`
 */
export async function countScoringMemory(
  backend: WsvadWebGPUBackend,
  config: ResolvedConfig,
  { crops, snippets }: { crops: number; snippets: number },
): Promise<ScoringMemory> {
  await loadForms("gpu");
  const { device } = backend, createBuffer = device.createBuffer.bind(device);
  let largestBytes = 0;
  device.createBuffer = (descriptor) => {
    if (descriptor.usage & GPUBufferUsage.STORAGE) {
      largestBytes = Math.max(largestBytes, descriptor.size);
    }
    return createBuffer(descriptor);
  };
  const [, , , channels] = officialBatch(config, 2);
  const bench = benchModel(config, channels - Number(config.data.magnitude), null);
  const { video: values } = randomBatch([1, crops, snippets, channels]);
  using memo = new ScoringMemo();
  try {
    const video = { crops, snippets, dim: channels, values, length: snippets };
    const found = scoreVideo(bench.model, video, bench.random, { memo, replays: null });
    await found.scores.data();
    for (const tensor of Object.values(found)) tensor.dispose();
    return { usedBytes: backend.use.peak, largestBytes };
  } finally {
    bench.dispose();
  }
}
