/** How a training begins on the terminal: what is trained on what, where, and into which folder. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Dataset } from "../data/video.ts";
import type { Device } from "../device/device.ts";
import { warn } from "../progress.ts";
import type { Run } from "./opened_run.ts";
import { dataWarnings } from "./run_result.ts";

interface Opened {
  config: ResolvedConfig;
  dataset: Dataset;
  device: Device;
  files: { folder: string };
}

/**
 * `mil on synthetic: 80 training and 40 test videos, batches of [60, 10, 32, 2048]; cpu, products
 * by OpenBLAS 0.3.21 (2 threads); run folder runs/mil-synthetic-seed0`. Axes are those of the
 * batch: videos of both sides, crops, snippets (T where each video keeps its own), channels.
 */
function openingLine({ config, dataset, device, files }: Opened): string {
  const { batch_size: side, segments, magnitude, train_crops: crops } = config.data;
  const batch = [
    2 * side,
    crops === "together" ? dataset.crops : 1,
    segments ?? "T",
    dataset.dim + Number(magnitude),
  ];
  const videos = `${dataset.trainVideos} training and ${dataset.test.length} test videos`;
  return [
    `${config.runner.name} on ${dataset.name}: ${videos}, batches of [${batch.join(", ")}]`,
    device.name,
    `run folder ${files.folder}`,
  ].join("; ");
}

/** Tells what begins, once nothing stands against it. */
export function tellOpening(run: Run): void {
  const { progress, device, dataset, warnings } = run;
  progress.note(openingLine(run));
  if (device.remark !== undefined) progress.note(device.remark);
  for (const note of dataset.notes) progress.note(note);
  for (const warning of [...dataWarnings(dataset), ...warnings]) warn(progress, warning);
}
