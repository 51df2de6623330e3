/** A backbone with the way from a frame to its features: what `wsvad extract` runs. */

import { resolve } from "node:path";
import type { BackboneFacts, Network } from "../contract/backbone.ts";
import type { FeatureRecipe } from "../data/feature_recipe.ts";
import { fault } from "../fault.ts";
import { readMeanVolume } from "../io/caffe_mean.ts";
import { sha256OfFile } from "../io/file_sum.ts";
import { backboneFacts, loadBackbone, ownPreprocessing } from "../model/load_backbone.ts";
import { pluginOfBackbone } from "../model/load_plugins.ts";
import { tool } from "../tool.ts";
import type { CropChoice } from "../video/crops.ts";
import { toolVersion } from "../video/media_tools.ts";
import { EXAMPLE_FRAMES } from "../video/log_mel.ts";
import { type MeanVolume, prepareFrames } from "../video/prepare_frames.ts";
import { type Preprocessing, preprocessings } from "../video/preprocessing.ts";
import { type SnippetGrid, snippetGrids } from "../video/snippet_grid.ts";
import { WHOLE_STEP } from "./whole_passes.ts";

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
  /** File of the mean volume, of a lineage that takes one off. */
  mean?: string | null;
  segments: number | null;
  /** Snippets of a video that are worked on, evenly placed; null, and absent: all. */
  sampleTo?: number | null;
  dtype: "float32" | "float16";
}

/** How frames become what a network sees. */
export interface FrameWay {
  lineage: Preprocessing;
  /** Null where the network runs over the whole video. */
  grid: SnippetGrid | null;
  crops: CropChoice;
  /** Frames of a snippet. */
  snippet: number;
  /** Of a snippet's frames, those that the backbone sees one by one; null: it sees them at once. */
  single: number[] | null;
  mean?: MeanVolume;
}

/** What is known before weights are read and a device is opened. */
export interface ExtractorPlan {
  facts: BackboneFacts;
  /** Null of a backbone that hears sound. */
  frames: FrameWay | null;
  /** Frames from one feature to the next; of sound, rows of 10 ms. */
  step: number;
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
  const facts = backboneFacts({ name: request.backbone, settings: request.settings });
  const plugin = pluginOfBackbone(request.backbone);
  const decoder = await toolVersion("ffmpeg", attempted);
  await toolVersion("ffprobe", attempted); // asked of every video: its lack is told once
  const way = facts.modality === "audio"
    ? soundAlone(request, attempted)
    : await frameWay(request, facts, attempted);
  const step = way === null ? EXAMPLE_FRAMES : way.grid === null ? WHOLE_STEP : way.snippet;
  const recipe: FeatureRecipe = {
    backbone: request.backbone,
    settings: request.settings,
    lineage: facts.lineage,
    weights_sha256: request.weights === null ? null : await sha256OfFile(request.weights),
    mean_sha256: request.mean == null ? null : await sha256OfFile(request.mean),
    dim: facts.dim,
    preprocessing: way?.lineage.summary ?? "sound of 16 kHz mono, log-mel examples of 0.96 s",
    crops: way?.crops ?? "centre",
    crop_order: way === null ? [[0, 0, 0]] : cropOrder(way, facts.input[1]),
    snippet: way?.snippet ?? facts.snippet,
    step,
    sound: way === null,
    tail: way === null
      ? "whole examples of 96 rows of 10 ms, the tail is dropped"
      : way.grid?.summary ??
        "the whole video at once, above 1600 frames in passes that overlap: a feature every 8 frames",
    frames: facts.unit === "frame" ? request.frames ?? "mean" : null,
    jpeg: request.jpeg,
    segments: request.segments,
    sample_to: request.sampleTo ?? null,
    dtype: request.dtype,
    // Whole paths: a model is used from other folders than its features were made in.
    weights: request.weights && resolve(request.weights),
    mean: request.mean == null ? null : resolve(request.mean),
    decoder,
    tool: `${tool.name} ${tool.version}`,
    ...(plugin !== undefined && { plugin }),
  };
  return { facts, frames: way, step, recipe };
}

/** @throws {RangeError} a fault: what is of frames, asked of a backbone that hears sound */
function soundAlone(
  { crops, frames, jpeg, mean, sampleTo }: ExtractorRequest,
  attempted: string,
): null {
  const [asked] = Object.entries({
    "--crops": crops,
    "--frames": frames,
    "--jpeg": jpeg || undefined,
    "--mean": mean ?? undefined,
    "--sample-to": sampleTo ?? undefined,
  }).filter(([, value]) => value !== undefined);
  if (asked === undefined) return null;
  throw fault(
    RangeError,
    `${attempted} with ${asked[0]}: it hears sound, and that is for frames; leave the option out`,
  );
}

async function frameWay(
  request: ExtractorRequest,
  facts: BackboneFacts,
  attempted: string,
): Promise<FrameWay> {
  const lineage = lineageOf(request, facts, attempted);
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
  const grid = lineage.grid === null ? null : snippetGrids[lineage.grid];
  if (grid === null && request.sampleTo != null) {
    throw fault(
      RangeError,
      `${attempted} with --sample-to ${request.sampleTo}: it runs over the whole video, and no snippet can be left out; leave the option out, or take --segments`,
    );
  }
  const mean = await meanOf(request, facts, lineage, attempted);
  const single = ofFrames ? framesSeen(request.frames ?? "mean", snippet) : null;
  return { lineage, grid, crops, snippet, single, mean };
}

/** @throws {Error} a fault: the backbone of a plugin names a lineage that is not known */
function lineageOf(
  { backbone: name, settings }: ExtractorRequest,
  { lineage }: BackboneFacts,
  attempted: string,
): Preprocessing {
  const known: Partial<Record<string, Preprocessing>> = preprocessings;
  const found = ownPreprocessing({ name, settings }) ?? known[lineage];
  if (found !== undefined) return found;
  throw fault(
    Error,
    `${attempted}: nothing says what its lineage "${lineage}" does to frames; its plugin must have preprocessing() (docs/plugins.md), or name one of ${
      Object.keys(known).join(", ")
    }`,
  );
}

/** @throws a fault: a mean volume that is missing, not wanted, or cannot be read */
async function meanOf(
  { mean }: ExtractorRequest,
  { lineage: name, input }: BackboneFacts,
  lineage: Preprocessing,
  attempted: string,
): Promise<MeanVolume | undefined> {
  if (lineage.meanVolume !== (mean != null)) {
    throw fault(
      RangeError,
      lineage.meanVolume
        ? `${attempted}: its lineage "${name}" takes off the mean of its training videos, which is not given; name the file with --mean (sport1m_train16_128_mean.binaryproto of C3D's program)`
        : `${attempted} with --mean ${mean}: its lineage "${name}" takes no mean volume off; leave the option out`,
    );
  }
  if (mean == null) return undefined;
  const [frames] = input, { width, height } = lineage.sizeOf({ width: 340, height: 256 }, 0);
  return { frames, data: await readMeanVolume(mean, [3, frames, height, width]) };
}

/** Crops of a frame of 340x256: mirrored, top, left. */
function cropOrder({ lineage, crops, mean }: FrameWay, side: number): [number, number, number][] {
  const { places } = prepareFrames({ width: 340, height: 256 }, lineage, { crops, side, mean });
  return places.map(({ mirrored, top, left }) => [Number(mirrored), top, left]);
}

function framesSeen(choice: "mean" | "first" | "middle", snippet: number): number[] {
  if (choice === "mean") return Array.from({ length: snippet }, (_, k) => k);
  return [choice === "first" ? 0 : Math.floor(snippet / 2)];
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
