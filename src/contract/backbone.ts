/**
 * The slot of feature backbones: what a network that makes features of frames or sound declares of
 * itself, what it is given, and what it gives. Decoding, preprocessing and the grid of snippets
 * belong to its lineage, which it names; the network sees clips that are ready.
 */

import type * as tf from "@tensorflow/tfjs";
import type { z } from "zod";
import type { AttentionImplementation } from "../ops/attention/op.ts";
import type { Preprocessing } from "../video/preprocessing.ts";

/** What a backbone with certain settings is, before any weights are read. */
export interface BackboneFacts {
  /** Channels of a feature. */
  dim: number;
  /** What one feature stands for. */
  unit: "snippet" | "frame" | "audio";
  /**
   * Frames of video that one feature is made of; for unit "audio" rows of the log-mel spectrogram,
   * 10 ms apart.
   */
  snippet: number;
  /** Whether features share a space with texts, as text branches need. */
  textAligned: boolean;
  modality: "rgb" | "audio";
  /**
   * A way from a file to clips that published code took: resize, crops, values, order of frames and
   * the grid of snippets. The same network under two lineages gives features that do not mix.
   */
  lineage: string;
  /** One clip: frames, rows, columns, channels. Of sound: rows of a spectrogram, bands. */
  input: number[];
  /** The values of a clip, in words: scale, order of the colours. */
  values: string;
  /**
   * Numbers of the widest activation of a clip, of which a few stand in memory at once: what
   * batches are sized by.
   */
  widest: number;
}

/** Told of what lies between input and feature, by name: for golden cases. */
export type Observe = (name: string, activation: tf.Tensor) => void;

/**
 * Clips float32 [clips, ...facts.input], frames before rows before columns before colours (sound:
 * [clips, rows, bands]) -> features [clips, dim]. Call within tf.tidy; clips do not see each other,
 * so that any number of them may go together.
 */
export type Network = (clips: tf.Tensor, observe?: Observe) => tf.Tensor;

/** Gives a network its weights, by the keys of the published checkpoints. */
export interface WeightScope {
  /**
   * A tensor that is made of weights of the checkpoint and stays until the network is disposed of.
   *
   * @param keys of the checkpoint with their shapes
   * @param shape of the tensor
   * @param make its numbers from those of the keys, in their order; absent: those of the one key
   */
  tensor(
    keys: Record<string, number[]>,
    shape?: number[],
    make?: (...values: Float32Array[]) => Float32Array,
  ): tf.Tensor;
  /** For {@link attention}'s options. */
  attnImpl: AttentionImplementation;
}

/** Where a tensor of a file belongs. */
export interface WeightPlace {
  key: string;
  /** The key is stacked of so many tensors along its first axis, of which this is number `part`. */
  part?: number;
  parts?: number;
  /** The file holds the matrix the other way round. */
  transposed?: true;
}

/** One entry of the slot `backbone`: what `--backbone NAME` refers to. */
export interface Backbone<Config = unknown> {
  name: string;
  /** One line for `wsvad slots`. */
  summary: string;
  /** Paper, and the code that is followed. */
  source: string;
  /** strictObject; each key has a default and a description. */
  config: z.ZodType<Config>;
  facts(config: Config): BackboneFacts;
  /** What the lineage does to frames, where `src/video/preprocessing.ts` does not know it. */
  preprocessing?(config: Config): Preprocessing;
  build(config: Config, scope: WeightScope): Network;
  /**
   * Where a tensor of a published file goes, by its name there without containers and wrappers
   * such as "module.";
   * "unused" for what the features do not need, such as a classifier; null for what is unknown.
   */
  placeOf(name: string, config: Config): WeightPlace | "unused" | null;
}
