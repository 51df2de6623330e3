/** How the features of a video are made for a model: as those of its training were. */

import { existsSync } from "node:fs";
import { type FeatureRecipe, recipeDifference } from "../data/feature_recipe.ts";
import { type ExtractorPlan, type ExtractorRequest, planExtractor } from "../extract/extractor.ts";
import { fault } from "../fault.ts";
import { checkBackbone } from "../model/chain.ts";
import { backboneFacts } from "../model/load_backbone.ts";
import { loadRecordedPlugin } from "../model/load_plugins.ts";
import { modelConfig } from "../model/model_config.ts";
import type { LoadedCheckpoint } from "../run_folder/load_checkpoint.ts";

export interface PlanRequest {
  /** Where the checkpoint does not say how its features were made. */
  backbone?: string;
  /** Of the backbone; absent: where they lay when the features were made. */
  weights?: string;
  /** Files of --plugin. */
  plugins?: string[];
}

/**
 * How features must be made for the model.
 *
 * @throws {Error} a fault: nothing tells it, or they cannot be made so
 */
export async function planFor(
  checkpoint: LoadedCheckpoint,
  request: PlanRequest,
): Promise<ExtractorPlan> {
  const { config, dim, recipe, path } = checkpoint;
  const attempted = `Cannot score videos with "${path}"`;
  if (recipe === null && request.backbone === undefined) {
    throw fault(
      Error,
      `${attempted}: nothing says how the features of its training were made, and features of another kind would be scored at random; if you know their backbone, name it with --backbone; else extract the training videos with wsvad extract and train again`,
    );
  }
  if (recipe !== null && request.backbone !== undefined && request.backbone !== recipe.backbone) {
    throw fault(
      Error,
      `${attempted} by --backbone ${request.backbone}: it was trained on features of "${recipe.backbone}", lineage ${recipe.lineage}; leave --backbone out`,
    );
  }
  if (recipe?.plugin !== undefined) {
    await loadRecordedPlugin(recipe.plugin, path, request.plugins);
  }
  const asked: ExtractorRequest = recipe === null
    ? {
      ...{ backbone: request.backbone!, settings: {}, weights: request.weights ?? null },
      ...{ jpeg: false, segments: null, dtype: "float32" },
      crops: (config.data.crops ?? config.runner.features.crops ?? 1) >= 10 ? "ten" : undefined,
    }
    : {
      ...{ backbone: recipe.backbone, settings: recipe.settings },
      // Sound has none.
      crops: backboneFacts({ name: recipe.backbone, settings: recipe.settings }).modality ===
          "audio"
        ? undefined
        : recipe.crops,
      ...{ jpeg: recipe.jpeg, segments: recipe.segments, dtype: recipe.dtype },
      frames: recipe.frames ?? undefined,
      sampleTo: null, // every snippet of a video is scored
      weights: weightsOf(recipe, request, attempted),
      mean: recipe.mean,
    };
  const plan = await planExtractor(asked);
  checkBackbone(modelConfig(config.runner, config.data, dim), asked.backbone, plan.facts);
  const difference = recipe && recipeDifference(recipe, plan.recipe, { ofSets: true });
  if (difference !== null) {
    throw fault(
      Error,
      `${attempted}: the features of its training and those that would be made now differ (${difference})`,
    );
  }
  return plan;
}

function weightsOf(
  recipe: FeatureRecipe,
  { weights }: PlanRequest,
  attempted: string,
): string | null {
  if (weights !== undefined || recipe.weights_sha256 === null) return weights ?? null;
  if (recipe.weights !== null && existsSync(recipe.weights)) return recipe.weights;
  throw fault(
    Error,
    `${attempted}: the weights of backbone "${recipe.backbone}" are no longer at "${recipe.weights}"; name the file with --weights`,
  );
}
