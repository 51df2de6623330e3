/** `wsvad extract`: videos to feature files, by a backbone. */

import { join } from "node:path";
import type { DeviceOptions } from "../device/device.ts";
import { Claims } from "../extract/claims.ts";
import { decodersOf } from "../extract/decoders.ts";
import {
  buildExtractor,
  type ExtractorPlan,
  type ExtractorRequest,
  planExtractor,
} from "../extract/extractor.ts";
import {
  claimRecipe,
  type FailedVideo,
  type VideoRecord,
  writeManifest,
} from "../extract/feature_folder.ts";
import { findVideos, type NamedVideo } from "../extract/find_videos.ts";
import { PIECES_FOLDER } from "../extract/kept_pieces.ts";
import { removeStaleTemporaries } from "../io/atomic_write.ts";
import { openDevice } from "../ops/open_device.ts";
import { claimOutput, inFolder } from "../run_folder/claim_folder.ts";
import { Extraction, type ExtractionRequest, lookOver, type Outcome } from "./extraction.ts";

export interface ExtractRequest extends ExtractorRequest, ExtractionRequest {
  /** Videos, folders of them or of pictures, lists of them. */
  paths: string[];
  /** Features are called by the names of the folders and that of the video. */
  folderNames?: boolean;
  device: DeviceOptions;
}

export interface ExtractResult {
  out: string;
  backbone: string;
  lineage: string;
  dim: number;
  crops: number;
  /** Null where nothing was to be done. */
  device: string | null;
  /** Of this process. */
  extracted: VideoRecord[];
  /** Videos whose features were there. */
  skipped: number;
  /** Videos on which other processes work. */
  elsewhere: number;
  failed: FailedVideo[];
  frames: number;
  seconds: number;
}

/** How features will be made, and of which videos. */
export interface Asked {
  plan: ExtractorPlan;
  videos: NamedVideo[];
}

/**
 * Plans the extraction and finds its videos.
 *
 * @throws a fault: no video, a plan that cannot be carried out
 */
export async function planExtraction(request: ExtractRequest): Promise<Asked> {
  const plan = await planExtractor(request);
  const { paths, folderNames = false } = request;
  const sounds = plan.frames === null;
  return { plan, videos: await findVideos(paths, { sounds, folderNames, keepAbsent: true }) };
}

/**
 * Extracts the features of every video that has none; videos that fail are listed and do not stop
 * the rest.
 *
 * @throws a fault: as {@link planExtraction}; features of another recipe lie in the folder, or it
 *     cannot be written
 */
export async function extractFeatures(request: ExtractRequest): Promise<ExtractResult> {
  const asked = await planExtraction(request);
  const { out, overwrite } = request;
  return await inFolder(claimOutput(out), async () => {
    const start = performance.now();
    const { plan: { recipe }, videos } = asked;
    const writeRecipe = await claimRecipe(out, recipe, overwrite);
    const { records, missing } = await lookOver(videos, recipe, request);
    const skipped = records.size;
    const { device, extracted, elsewhere, failed, frames } = missing.length === 0
      ? { device: null, extracted: [], elsewhere: 0, failed: [], frames: 0 }
      : await extractMissing(request, asked, { records, missing, writeRecipe });
    const inOrder = videos.flatMap(({ id }) => records.get(id) ?? []);
    await writeManifest(out, recipe, inOrder, failed);
    const { backbone, lineage, dim, crop_order } = recipe;
    return {
      ...{ out, backbone, lineage, dim, crops: crop_order.length, device },
      ...{ extracted, skipped, elsewhere, failed, frames },
      seconds: (performance.now() - start) / 1000,
    };
  });
}

/** Adds to `records` what it extracts. */
async function extractMissing(
  request: ExtractRequest,
  { plan, videos }: Asked,
  { records, missing, writeRecipe }: {
    records: Map<string, VideoRecord>;
    missing: NamedVideo[];
    writeRecipe: () => Promise<void>;
  },
): Promise<Outcome & { device: string }> {
  const { progress, out } = request;
  const device = await openDevice(request.device, false);
  try {
    const extractor = await buildExtractor(plan);
    try {
      await writeRecipe();
      const crops = plan.recipe.crop_order.length;
      progress.note(
        `${request.backbone}, lineage ${plan.facts.lineage}, ${crops} ${
          crops === 1 ? "crop" : "crops"
        }: ${videos.length} ${videos.length === 1 ? "video" : "videos"}; ${device.name}`,
      );
      if (device.remark !== undefined) progress.note(device.remark);
      await removeStaleTemporaries(join(out, PIECES_FOLDER));
      using claims = new Claims(out);
      const check = () => device.assertHealthy();
      const beside = { claims, check, device: device.name };
      const decoders = decodersOf(extractor, device, request);
      const extraction = new Extraction(extractor, { ...request, decoders }, beside, records);
      return { ...await extraction.run(missing), device: device.name };
    } finally {
      extractor.dispose();
      progress.stop();
    }
  } finally {
    await device.close();
  }
}
