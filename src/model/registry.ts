/** All entries of all slots. A new entry is a file in its slot's folder and one line here. */

import { c3d } from "../backbones/c3d.ts";
import { clip } from "../backbones/clip.ts";
import { i3dGowtham } from "../backbones/i3d_gowtham.ts";
import { i3dInception } from "../backbones/i3d_inception.ts";
import { i3dPytorchvideo } from "../backbones/i3d_pytorchvideo.ts";
import { i3dTushar } from "../backbones/i3d_tushar.ts";
import { motion } from "../backbones/motion.ts";
import { vggish } from "../backbones/vggish.ts";
import { videomae } from "../backbones/videomae.ts";
import { adaptedAlignment } from "../branches/adapted_alignment.ts";
import { classPrompts } from "../branches/class_prompts.ts";
import { promptAlignment } from "../branches/prompt_alignment.ts";
import { normalityRefiner } from "../branches/normality_refiner.ts";
import { normalityGuidance } from "../branches/normality_guidance.ts";
import { adaptiveSpan } from "../encoders/adaptive_span.ts";
import { cropMeanEncoder } from "../encoders/crop_mean.ts";
import { distanceTransformer } from "../encoders/distance_transformer.ts";
import { experts } from "../encoders/experts.ts";
import { glanceFocus } from "../encoders/glance_focus.ts";
import { dictionaryStreams } from "../encoders/dictionary_streams.ts";
import { perturbedPyramid } from "../encoders/perturbed_pyramid.ts";
import { localGlobalAdapter } from "../encoders/local_global_adapter.ts";
import { contextAggregation } from "../encoders/context_aggregation.ts";
import { prototypeInteraction } from "../encoders/prototype_interaction.ts";
import { pyramidNonLocal } from "../encoders/pyramid_non_local.ts";
import { batchNormCriterion } from "../heads/batch_norm_criterion.ts";
import { dualMemory } from "../heads/dual_memory.ts";
import { expertGate } from "../heads/expert_gate.ts";
import { causalClassifier } from "../heads/causal_classifier.ts";
import { geluChain } from "../heads/gelu_chain.ts";
import { magnitudeTopk } from "../heads/magnitude_topk.ts";
import { mlp } from "../heads/mlp.ts";
import { normLinear } from "../heads/norm_linear.ts";
import { normedMagnitudeTopk } from "../heads/normed_magnitude_topk.ts";
import { residualClassifier } from "../heads/residual_classifier.ts";
import { streamTopk } from "../heads/stream_topk.ts";
import { classAlignment } from "../losses/class_alignment.ts";
import { distributionInconsistency } from "../losses/distribution_inconsistency.ts";
import { expertBce } from "../losses/expert_bce.ts";
import { extremeContrast } from "../losses/extreme_contrast.ts";
import { gaussianSplatting } from "../losses/gaussian_splatting.ts";
import { abnormalCluster, normalCluster } from "../losses/magnitude_cluster.ts";
import { magnitudeContrast } from "../losses/magnitude_contrast.ts";
import { magnitudeMargin } from "../losses/magnitude_margin.ts";
import { latentKl } from "../losses/latent_kl.ts";
import { memoryAbnormalHit } from "../losses/memory_abnormal_hit.ts";
import { memoryAbnormalMiss } from "../losses/memory_abnormal_miss.ts";
import { memoryDistance } from "../losses/memory_distance.ts";
import { memoryNormalHit } from "../losses/memory_normal_hit.ts";
import { memoryNormalMiss } from "../losses/memory_normal_miss.ts";
import { memoryTriplet } from "../losses/memory_triplet.ts";
import { prototypeGather, reconstructionConsistency } from "../losses/normality_terms.ts";
import { backgroundAlignment, eventAlignment } from "../losses/pooled_alignment.ts";
import { normalProbability } from "../losses/normal_probability.ts";
import { abnormalPromptRanking, normalPromptRanking } from "../losses/prompt_ranking.ts";
import { promptDistribution } from "../losses/prompt_distribution.ts";
import { pseudoLabelBce } from "../losses/pseudo_label_bce.ts";
import { pullPush1, pullPush2 } from "../losses/pull_push.ts";
import { ranking } from "../losses/ranking.ts";
import { reconstructionBce } from "../losses/reconstruction_bce.ts";
import { selectedBce } from "../losses/selected_bce.ts";
import { similaritySmoothness, similaritySparsity } from "../losses/similarity_shape.ts";
import { smoothness } from "../losses/smoothness.ts";
import { smoothedTopkBce } from "../losses/smoothed_topk_bce.ts";
import { sparsity } from "../losses/sparsity.ts";
import { textContrast } from "../losses/text_contrast.ts";
import { topkBce } from "../losses/topk_bce.ts";
import { validBagBce } from "../losses/valid_bag_bce.ts";
import { validTopkBce } from "../losses/valid_topk_bce.ts";
import { weightL2 } from "../losses/weight_l2.ts";
import type { Backbone } from "../contract/backbone.ts";
import type { LossTerm, Slot } from "../contract/slot.ts";

// deno-lint-ignore no-explicit-any -- each entry's settings are checked by its own schema before use
export type SlotEntry = Slot<any>;
// deno-lint-ignore no-explicit-any -- likewise
export type LossEntry = LossTerm<any>;
// deno-lint-ignore no-explicit-any -- likewise
export type BackboneEntry = Backbone<any>;

function byName<E extends { name: string }>(entries: E[]): Record<string, E> {
  return Object.fromEntries(entries.map((entry) => [entry.name, entry]));
}

export const registry = {
  backbone: byName<BackboneEntry>([
    clip,
    i3dGowtham,
    i3dTushar,
    i3dPytorchvideo,
    i3dInception,
    c3d,
    videomae,
    vggish,
    motion,
  ]),
  encoder: byName<SlotEntry>([
    cropMeanEncoder,
    pyramidNonLocal,
    glanceFocus,
    distanceTransformer,
    experts,
    dictionaryStreams,
    adaptiveSpan,
    localGlobalAdapter,
    perturbedPyramid,
    prototypeInteraction,
    contextAggregation,
  ]),
  head: byName<SlotEntry>([
    mlp,
    magnitudeTopk,
    normedMagnitudeTopk,
    dualMemory,
    batchNormCriterion,
    expertGate,
    streamTopk,
    residualClassifier,
    normLinear,
    geluChain,
    causalClassifier,
  ]),
  branch: byName<SlotEntry>([
    normalityGuidance,
    promptAlignment,
    classPrompts,
    adaptedAlignment,
    normalityRefiner,
  ]),
  loss: byName<LossEntry>([
    ranking,
    selectedBce,
    magnitudeMargin,
    smoothness,
    sparsity,
    weightL2,
    magnitudeContrast,
    normalCluster,
    abnormalCluster,
    topkBce,
    gaussianSplatting,
    expertBce,
    reconstructionBce,
    memoryAbnormalHit,
    memoryNormalMiss,
    memoryNormalHit,
    memoryAbnormalMiss,
    memoryTriplet,
    latentKl,
    memoryDistance,
    normalProbability,
    pullPush1,
    pullPush2,
    pseudoLabelBce,
    normalPromptRanking,
    abnormalPromptRanking,
    distributionInconsistency,
    similaritySmoothness,
    similaritySparsity,
    validTopkBce,
    classAlignment,
    textContrast,
    smoothedTopkBce,
    extremeContrast,
    validBagBce,
    promptDistribution,
    eventAlignment,
    backgroundAlignment,
    reconstructionConsistency,
    prototypeGather,
  ]),
};
