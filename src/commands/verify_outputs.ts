/**
 * `wsvad verify --weights`: the scores of a checkpoint beside those that another framework stored.
 */

import * as tf from "@tensorflow/tfjs";
import { prepareFeatures } from "../data/prepare_features.ts";
import type { DeviceOptions } from "../device/device.ts";
import { fault } from "../fault.ts";
import { openTensorFile } from "../io/open_tensor_file.ts";
import { float32Of } from "../io/safetensors.ts";
import type { TensorFile } from "../io/tensor_file.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { openDevice } from "../ops/open_device.ts";
import { openCheckpoint } from "../run_folder/import_checkpoint.ts";
import { modelOf } from "../run_folder/load_checkpoint.ts";
import { scoreVideo } from "../score/score_video.ts";
import { Scoring } from "../score/scoring.ts";
import { compare } from "../verify/compare.ts";
import type { VerifyReport } from "./run_verify.ts";

export interface OutputsRequest extends DeviceOptions {
  /** A run folder or a checkpoint file; with `runner` one of another program. */
  weights: string;
  runner?: string;
  /**
   * File with `features`, [T, D] or [N, T, D], and the `scores` that the other framework gave for
   * them, [T].
   */
  against: string;
}

/** As of a golden case without notes of its own. */
const USUAL = {
  kind: "eval" as const,
  noise: {},
  perturbed: {},
  zeroGradients: [],
  largestGradient: 0,
  gradients: new Map(),
  rounding: new Map(),
};

/**
 * Scores the features of the file, prepared as `wsvad score` does, and compares with the file's
 * scores.
 *
 * @throws fault: a file that is not read or lacks one of the two, features that the model does not
 *     take
 */
export async function verifyOutputs(request: OutputsRequest): Promise<VerifyReport> {
  const { weights, runner, against } = request;
  const checkpoint = await openCheckpoint({
    checkpoint: weights,
    runner,
    overrides: [],
    configDirs: [],
  });
  using file = await openTensorFile(against);
  const features = await tensorOf(file, "features", against);
  const expected = await tensorOf(file, "scores", against);
  const [dim, snippets, crops = 1] = features.shape.toReversed();
  if (features.shape.length < 2 || features.shape.length > 3 || dim !== checkpoint.dim) {
    throw fault(
      TypeError,
      `Cannot use "${against}": features are [${features.shape}], expected [T, ${checkpoint.dim}] or [N, T, ${checkpoint.dim}]`,
    );
  }
  const { config } = checkpoint;
  const device = await openDevice(request, false);
  const start = performance.now();
  try {
    const model = modelOf(checkpoint);
    const video = prepareFeatures(
      { values: features.data, crops, snippets, dim, length: snippets },
      config.data,
    );
    using scoring = new Scoring({
      recorder: device.recorder,
      capture: false,
      onFallback: () => {},
    });
    const onDevice = scoreVideo(model, video, new RandomStream(0), scoring);
    const data = await onDevice.scores.data();
    tf.dispose({ ...onDevice });
    device.assertHealthy();
    // [T, 1] and [1, T] hold the same as [T].
    const count = expected.data.length;
    const found = { shape: [data.length], data, integer: false };
    const tensor = compare("scores", { ...expected, shape: [count], integer: false }, found, USUAL);
    const seconds = (performance.now() - start) / 1000;
    const { ok } = tensor;
    const about = { name: device.name, ...device.describe() };
    const name = config.runner.name;
    const report = {
      folder: against,
      runner: name,
      case: "outputs",
      ok,
      seconds,
      tensors: [tensor],
    };
    return { device: about, ok, cases: [report] };
  } finally {
    await device.close();
  }
}

async function tensorOf(file: TensorFile, name: string, path: string) {
  if (!file.tensors.has(name)) {
    throw fault(
      TypeError,
      `Cannot use "${path}": it has no tensor "${name}"; store features and scores, such as by ` +
        "numpy.savez(path, features=..., scores=...)",
    );
  }
  const tensor = await file.read(name);
  return { shape: tensor.shape, data: float32Of(tensor) };
}
