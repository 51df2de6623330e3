/** A backbone with the way from a frame to its features: what `wsvad extract` runs. */

import { createHash } from "node:crypto";
import type { BackboneFacts, Network } from "../contract/backbone.ts";
import type { FeatureRecipe } from "../data/feature_recipe.ts";
import { fault } from "../fault.ts";
import { backboneFacts, loadBackbone, ownPreprocessing } from "../model/load_backbone.ts";
import { pluginOfBackbone } from "../model/load_plugins.ts";
import { tool } from "../tool.ts";
import type { CropChoice } from "../video/crops.ts";
import { toolVersion } from "../video/media_tools.ts";
import { prepareFrames } from "../video/prepare_frames.ts";
import { type Preprocessing, preprocessings } from "../video/preprocessing.ts";
import { type SnippetGrid, snippetGrids } from "../video/snippet_grid.ts";

/** Frames of a snippet of backbones that see single frames. */
const FRAMES_OF_SNIPPET = 16;

export interface ExtractorRequest {
  backbone: string;
  settings: Record<string, unknown>;
  weights: string | null;
  /** Absent: the usual choice of the lineage. */
  crops?: CropChoice;
  /** Of a backbone that sees single frames; absent: the mean of all. */
  frames?: "mean" | "first" | "middle";
  jpeg: boolean;
  segments: number | null;
  dtype: "float32" | "float16";
}

/** What is known before weights are read and a device is opened. */
export interface ExtractorPlan {
  facts: BackboneFacts;
  lineage: Preprocessing;
  grid: SnippetGrid;
  crops: CropChoice;
  /** Frames of a snippet. */
  snippet: number;
  /** Of a snippet's frames, those that the backbone sees one by one; null: it sees them at once. */
  single: number[] | null;
  recipe: FeatureRecipe;
}

export interface Extractor extends ExtractorPlan {
  network: Network;
  dispose(): void;
}

/**
 * Checks what is asked, hashes the weights and writes down how features will be made.
 *
 * @throws a fault: an unknown backbone or setting, crops that its lineage does not have, weights
 *     that are missing, ffmpeg that is not there
 */
export async function planExtractor(request: ExtractorRequest): Promise<ExtractorPlan> {
  const attempted = `Cannot extract features of backbone "${request.backbone}"`;
  const asked = { name: request.backbone, settings: request.settings };
  const facts = backboneFacts(asked), plugin = pluginOfBackbone(request.backbone);
  const lineage = lineageOf(facts, ownPreprocessing(asked), attempted);
  const crops = request.crops ?? Object.keys(lineage.crops)[0] as CropChoice;
  if (lineage.crops[crops] === undefined) {
    throw fault(
      RangeError,
      `${attempted} with --crops ${crops}: its lineage "${facts.lineage}" has ${
        Object.keys(lineage.crops).join(", ")
      }`,
    );
  }
  const ofFrames = facts.unit === "frame";
  if (!ofFrames && request.frames !== undefined) {
    throw fault(
      RangeError,
      `${attempted} with --frames ${request.frames}: it sees ${facts.snippet} frames at once; leave the option out`,
    );
  }
  const snippet = ofFrames ? FRAMES_OF_SNIPPET : facts.snippet;
  const frames = ofFrames ? request.frames ?? "mean" : null;
  const grid = snippetGrids[lineage.grid];
  const side = facts.input[1];
  const places = prepareFrames({ width: 340, height: 256 }, lineage, { crops, side }).places;
  const recipe: FeatureRecipe = {
    backbone: request.backbone,
    settings: request.settings,
    lineage: facts.lineage,
    weights_sha256: request.weights === null ? null : await hashOfFile(request.weights),
    dim: facts.dim,
    preprocessing: lineage.summary,
    crops,
    crop_order: places.map(({ mirrored, top, left }) => [Number(mirrored), top, left]),
    snippet,
    tail: grid.summary,
    frames,
    jpeg: request.jpeg,
    segments: request.segments,
    dtype: request.dtype,
    weights: request.weights,
    decoder: await toolVersion("ffmpeg", attempted),
    tool: `${tool.name} ${tool.version}`,
    ...(plugin !== undefined && { plugin }),
  };
  const single = frames === null ? null : framesSeen(frames, snippet);
  return { facts, lineage, grid, crops, snippet, single, recipe };
}

function framesSeen(choice: "mean" | "first" | "middle", snippet: number): number[] {
  if (choice === "mean") return Array.from({ length: snippet }, (_, k) => k);
  return [choice === "first" ? 0 : Math.floor(snippet / 2)];
}

function lineageOf(
  { lineage, modality }: BackboneFacts,
  own: Preprocessing | undefined,
  attempted: string,
): Preprocessing {
  const known: Record<string, Preprocessing> = preprocessings;
  const found = own ?? known[lineage];
  if (found === undefined) {
    throw fault(
      Error,
      modality === "audio"
        ? `${attempted}: it hears sound, and frames alone are decoded; take a backbone of modality rgb (wsvad slots backbone lists them)`
        : `${attempted}: its lineage "${lineage}" has no grid of 16-frame snippets; take another lineage (wsvad slots backbone lists them)`,
    );
  }
  if (found.meanVolume) {
    throw fault(
      Error,
      `${attempted}: its lineage "${lineage}" takes off the mean volume of Caffe's files, which is not read; take lineage c3d_port`,
    );
  }
  return found;
}

/**
 * Builds the network of a plan on the current device.
 *
 * @throws a fault: weights that are not those of the backbone
 */
export async function buildExtractor(plan: ExtractorPlan): Promise<Extractor> {
  const { backbone: name, settings, weights } = plan.recipe;
  const { network, dispose } = await loadBackbone({ name, settings, weights });
  return { ...plan, network, dispose };
}

/** SHA-256 of a file, read piece by piece. */
export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    using file = await Deno.open(path);
    const piece = new Uint8Array(1 << 20);
    for (let n = await file.read(piece); n !== null; n = await file.read(piece)) {
      hash.update(piece.subarray(0, n));
    }
  } catch (error) {
    throw fault(Error, `Cannot read "${path}": ${(error as Error).message}`, { cause: error });
  }
  return hash.digest("hex");
}
