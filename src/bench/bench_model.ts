/** A method on random numbers: what a bench steps and scores. */

import * as tf from "@tensorflow/tfjs";
import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Recorder } from "../device/recorder.ts";
import { assemble, type Model } from "../model/assemble.ts";
import { modelConfig } from "../model/model_config.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import { Random } from "../random.ts";
import { Optimizer } from "../train/optimizer.ts";
import { Watch } from "../train/watch.ts";

export interface BenchModel {
  model: Model;
  optimizer: Optimizer;
  random: RandomStream;
  config: ResolvedConfig;
  /** Reads the losses, as in training. */
  watch: Watch;
  dispose(): void;
}

/**
 * @param channels of the features, the magnitude channel not counted
 * @param recorder the device's
 */
export function benchModel(
  config: ResolvedConfig,
  channels: number,
  recorder: Recorder | null,
): BenchModel {
  const { runner, data } = config;
  const features = runner.features.text_aligned ? "clip" : data.features;
  const model = assemble(modelConfig(runner, { ...data, features }, channels), 0);
  for (const { name, shape, trained, variable } of model.parameters.all()) {
    // Tables that a training reads from files, such as a dictionary of normal patterns.
    if (!trained && shape.length > 1) overwrite(variable, uniformValues(name, variable));
  }
  const optimizer = new Optimizer(runner.optimizer, model.parameters, runner.optimizer_groups);
  const random = new RandomStream(0), watch = new Watch(recorder);
  return {
    model,
    optimizer,
    random,
    config,
    watch,
    dispose() {
      watch.dispose();
      random.dispose();
      optimizer.dispose();
      model.parameters.dispose();
    },
  };
}

function uniformValues(name: string, { size }: tf.Tensor): Float32Array {
  const random = new Random(0, name);
  return Float32Array.from({ length: size }, () => random.uniform());
}
