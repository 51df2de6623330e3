/**
 * What a plugin is given, and what it gives: a file outside the tool whose default export makes
 * entries of slots. It gets the tool's own tfjs, zod and operations as an argument, so that it
 * imports nothing and runs from an executable too; types come by `import type`.
 */

import * as tf from "tfjs-whole";
import { z } from "zod";
import type { Backbone } from "../contract/backbone.ts";
import { sideOf } from "../contract/halves.ts";
import type { LossTerm, Slot } from "../contract/slot.ts";
import { fault } from "../fault.ts";
import { batchNorm } from "../nn/batch_norm.ts";
import { dropped } from "../nn/dropout.ts";
import * as initialisers from "../nn/initialisers.ts";
import { layerNorm } from "../nn/layer_norm.ts";
import { convLayer, linearLayer, pointwiseLayer } from "../nn/torch_layers.ts";
import { attention } from "../ops/attention/op.ts";
import { bagMax } from "../ops/bag_max/op.ts";
import { binaryCrossEntropy } from "../ops/binary_cross_entropy/op.ts";
import { cropMean } from "../ops/crop_mean/op.ts";
import { gelu } from "../ops/gelu/op.ts";
import { l2Norm } from "../ops/l2_norm/op.ts";
import { softmax } from "../ops/softmax/op.ts";
import { gatherScores, gatherSnippets, topKIndices } from "../ops/top_k/op.ts";
import { topKMean } from "../ops/top_k_mask/op.ts";
import { parseUcfAnnotations } from "../sets/annotations.ts";
import type { DataSet } from "../sets/data_set.ts";
import { eventRuleOf, xdHalfOpen } from "../sets/ground_truth.ts";
import { sideOfWord } from "../sets/sides.ts";
import * as crops from "../video/crops.ts";
import { preprocessings } from "../video/preprocessing.ts";

/** tfjs, zod, layers, starting values and operations, those of the tool itself. */
export const pluginKit = {
  tf,
  z,
  /** Normal or abnormal videos of a training batch. */
  sideOf,
  initialisers,
  /** Makes an error of the user's: its message is printed alone. */
  fault,
  /** Layers with parameters of their own. */
  layers: { linearLayer, convLayer, pointwiseLayer, layerNorm, batchNorm, dropped },
  /** Operations with gradients, each fast on the cpu and on a GPU; so is tfjs's own. */
  ops: {
    ...{ attention, bagMax, binaryCrossEntropy, cropMean, gelu, gatherScores, gatherSnippets },
    ...{ l2Norm, softmax, topKIndices, topKMean },
  },
  /** For backbones: what is done to frames in each lineage, and the places of crops. */
  video: { preprocessings, crops },
  /** For data sets: how events become labels of frames, a form of annotations, words for sides. */
  sets: { eventRuleOf, halfOpen: xdHalfOpen, parseUcfAnnotations, sideOfWord },
};

export type PluginKit = typeof pluginKit;

/** Entries of a plugin, by the slot that they are for. */
export interface PluginEntries {
  // deno-lint-ignore no-explicit-any -- each entry's settings are checked by its own schema
  encoder?: Slot<any>[];
  // deno-lint-ignore no-explicit-any -- likewise
  head?: Slot<any>[];
  // deno-lint-ignore no-explicit-any -- likewise
  branch?: Slot<any>[];
  // deno-lint-ignore no-explicit-any -- likewise
  loss?: LossTerm<any>[];
  // deno-lint-ignore no-explicit-any -- likewise
  backbone?: Backbone<any>[];
  data_set?: (DataSet & {
    /** As `data.classes` names it. */
    name: string;
  })[];
}

/** The default export of a plugin. */
export type Plugin = (kit: PluginKit) => PluginEntries;
