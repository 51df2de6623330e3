/** What a run is, beside what it found: in run.json from its beginning, and in result.json. */

import { writeWhole } from "../io/atomic_write.ts";
import { rulesOf } from "../report/describe_run.ts";
import { tool } from "../tool.ts";
import type { Run } from "./opened_run.ts";

/** The part of result.json that is known before the first step. */
export function runFacts({ config, dataset, device, model }: Run) {
  return {
    tool,
    runner: config.runner.name,
    paper: config.runner.paper,
    data: {
      name: dataset.name,
      provenance: dataset.provenance,
      features: dataset.features,
      ground_truth_rule: dataset.groundTruthRule,
      train_videos: dataset.trainVideos,
      train_samples: dataset.train.length,
      test_videos: dataset.test.length,
      dim: dataset.dim,
      crops: dataset.crops,
    },
    rules: rulesOf(config, model.cropsApart),
    seed: config.trainer.seed,
    device: { name: device.name, ...device.describe() },
    parameters: model.parameters.size,
    unbounded_scores: !model.scoresInUnitRange,
  };
}

/** Writes run.json: what `wsvad watch` and `wsvad report` know of a run that has not ended. */
export async function writeRunFacts(run: Run): Promise<void> {
  const facts = { ...runFacts(run), steps: run.trainer.totalSteps };
  const text = JSON.stringify(facts, null, 1) + "\n";
  await writeWhole(run.files.facts, text, { overwrite: true, fs: run.fs });
}
