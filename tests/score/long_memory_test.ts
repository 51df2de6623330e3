/**
 * What scoring a long video takes: memory in proportion to its length, and scores that do not
 * depend on how attention is divided.
 */

import { assert } from "@std/assert";
import { EMBEDDED } from "../../src/config/embedded.ts";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { priorLimit } from "../../src/encoders/context_aggregation.ts";
import { cacheLimit } from "../../src/ops/attention/cpu_blocks.ts";
import { scoreVideo } from "../../src/score/score_video.ts";
import { ScoringMemo } from "../../src/score/scoring_memo.ts";
import { smallRunner } from "../model/combinations.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { withModel } from "../support/small_model.ts";

const DIM = 32, SNIPPETS = 320;
const WHOLE = { entries: 1 << 22, keys: 2048, queries: 256 };
const DIVIDED = { entries: 1 << 13, keys: 64, queries: 33 };

/** Does some work with attention in other pieces. */
function within<T>(pieces: typeof WHOLE, work: () => T): T {
  const [cache, prior] = [{ ...cacheLimit }, { ...priorLimit }];
  Object.assign(cacheLimit, pieces);
  Object.assign(priorLimit, { entries: pieces.entries });
  try {
    return work();
  } finally {
    Object.assign(cacheLimit, cache);
    Object.assign(priorLimit, prior);
  }
}

/** Scores of a video of one crop, and the most bytes that its tensors took. */
function scored(backend: CpuBackend, runner: string, snippets: number) {
  const found = { scores: new Float32Array(0), bytes: 0 };
  withModel(smallRunner(runner), (model, context) => {
    using memo = new ScoringMemo();
    const values = Float32Array.from(randomTensor([snippets * DIM], 3).dataSync());
    const video = { crops: 1, snippets, dim: DIM, values, length: snippets };
    backend.budget.resetPeak();
    const { peak: before } = backend.budget;
    const given = { memo, replays: null };
    const { scores } = scoreVideo(model, video, context("eval").random, given);
    found.bytes = backend.budget.peak - before;
    found.scores = Float32Array.from(scores.dataSync());
  });
  return found;
}

for (const runner of Object.keys(EMBEDDED.runner)) {
  onCpu(`${runner} takes at most twice the memory for a video of twice the length`, (backend) => {
    const [once, twice] = [SNIPPETS, 2 * SNIPPETS].map((snippets) =>
      within(DIVIDED, () => scored(backend, runner, snippets).bytes)
    );
    assert(twice <= 2 * once, `${once} bytes, then ${twice}`);
  });
}

for (const runner of ["ur_dmu", "bn_wvad", "mgfn", "gs_moe", "pel4vad"]) {
  onCpu(`${runner} gives the same scores with attention in pieces of any size`, (backend) => {
    const [whole, divided] = [WHOLE, DIVIDED].map((pieces) =>
      within(pieces, () => scored(backend, runner, SNIPPETS).scores)
    );
    whole.forEach((score, t) => {
      assert(Math.abs(score - divided[t]) <= 1e-6 * Math.abs(score), `${t}: ${score}`);
    });
  });
}
