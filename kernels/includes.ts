/** The WGSL texts that several kernels share: what a line `// include NAME` asks for. */

import activation from "./activation.wgsl" with { type: "text" };
import attentionGradient from "./attention_gradient.wgsl" with { type: "text" };
import attentionTables from "./attention_tables.wgsl" with { type: "text" };
import attentionWeights from "./attention_weights.wgsl" with { type: "text" };
import columnLanes from "./column_lanes.wgsl" with { type: "text" };
import dropoutFactors from "./dropout_factors.wgsl" with { type: "text" };
import groupMoments from "./group_moments.wgsl" with { type: "text" };
import lanes from "./lanes.wgsl" with { type: "text" };
import optimizerSettings from "./optimizer_settings.wgsl" with { type: "text" };
import optimizerStep from "./optimizer_step.wgsl" with { type: "text" };
import philoxRounds from "./philox_rounds.wgsl" with { type: "text" };

/**
 * By file name. Some kernels bring texts of their own besides, such as how their operands are
 * stored.
 */
export const INCLUDES: Readonly<Record<string, string>> = {
  "activation.wgsl": activation,
  "attention_gradient.wgsl": attentionGradient,
  "attention_tables.wgsl": attentionTables,
  "attention_weights.wgsl": attentionWeights,
  "column_lanes.wgsl": columnLanes,
  "dropout_factors.wgsl": dropoutFactors,
  "group_moments.wgsl": groupMoments,
  "lanes.wgsl": lanes,
  "optimizer_settings.wgsl": optimizerSettings,
  "optimizer_step.wgsl": optimizerStep,
  "philox_rounds.wgsl": philoxRounds,
};
