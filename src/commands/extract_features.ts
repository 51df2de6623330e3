/** `wsvad extract`: videos to feature files, by a backbone. */

import type { DeviceOptions } from "../device/device.ts";
import { Claims } from "../extract/claims.ts";
import { extractVideo, openSource } from "../extract/extract_video.ts";
import {
  buildExtractor,
  type Extractor,
  type ExtractorRequest,
  planExtractor,
} from "../extract/extractor.ts";
import {
  claimRecipe,
  type FailedVideo,
  finishedVideo,
  type VideoRecord,
  writeFeatures,
  writeManifest,
} from "../extract/feature_folder.ts";
import { findVideos, type NamedVideo } from "../extract/find_videos.ts";
import { withVideoFile } from "../extract/packed_video.ts";
import { isFault } from "../fault.ts";
import { openDevice } from "../ops/open_device.ts";
import { type Progress, warn } from "../progress.ts";
import { claimOutput, inFolder } from "../run_folder/claim_folder.ts";

export interface ExtractRequest extends ExtractorRequest {
  /** Videos, folders of them or of pictures, lists of them. */
  paths: string[];
  out: string;
  overwrite: boolean;
  /** This process begins with every n-th video; absent: with all. */
  shard?: { number: number; of: number };
  batch?: number;
  device: DeviceOptions;
  progress: Progress;
  /** Stops after the frame it is at; the videos that are done stay. */
  stop?: AbortSignal;
}

export interface ExtractResult {
  out: string;
  backbone: string;
  lineage: string;
  dim: number;
  crops: number;
  device: string;
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

/**
 * Extracts the features of every video that has none; videos that fail are listed and do not stop
 * the rest.
 *
 * @throws a fault: no video, a plan that cannot be carried out, features of another recipe in the
 *     folder
 */
export async function extractFeatures(request: ExtractRequest): Promise<ExtractResult> {
  const plan = await planExtractor(request);
  const videos = await findVideos(request.paths, { sounds: plan.frames === null });
  return await inFolder(claimOutput(request.out), async () => {
    const writeRecipe = await claimRecipe(request.out, plan.recipe, request.overwrite);
    const device = await openDevice(request.device);
    try {
      const extractor = await buildExtractor(plan);
      await writeRecipe();
      request.progress.note(
        `${request.backbone}, lineage ${plan.facts.lineage}, ${plan.recipe.crop_order.length} ${
          plan.recipe.crop_order.length === 1 ? "crop" : "crops"
        }: ${videos.length} ${videos.length === 1 ? "video" : "videos"}; ${device.name}`,
      );
      if (device.remark !== undefined) request.progress.note(device.remark);
      using claims = new Claims(request.out);
      try {
        const work = new Extraction(extractor, request, videos, claims);
        return { ...await work.run(), device: device.name };
      } finally {
        extractor.dispose();
        request.progress.stop();
      }
    } finally {
      await device.close();
    }
  });
}

class Extraction {
  readonly #extractor: Extractor;
  readonly #request: ExtractRequest;
  readonly #videos: NamedVideo[];
  readonly #claims: Claims;
  readonly #records = new Map<string, VideoRecord>();
  readonly #failed: FailedVideo[] = [];
  readonly #start = performance.now();
  #bytesLeft = 0;
  #bytesDone = 0;
  #frames = 0;

  constructor(
    extractor: Extractor,
    request: ExtractRequest,
    videos: NamedVideo[],
    claims: Claims,
  ) {
    this.#extractor = extractor;
    this.#request = request;
    this.#videos = videos;
    this.#claims = claims;
  }

  async run(): Promise<Omit<ExtractResult, "device">> {
    const { out, progress, overwrite } = this.#request;
    const { recipe } = this.#extractor;
    const missing: NamedVideo[] = [];
    for (const video of this.#videos) {
      const record = overwrite ? null : await finishedVideo(out, video.id, recipe);
      if (record === null) missing.push(video);
      else this.#records.set(video.id, record);
    }
    const skipped = this.#records.size;
    this.#bytesLeft = missing.reduce((sum, { bytes }) => sum + bytes, 0);
    progress.start(this.#videos.length, skipped, "video");
    const extracted: VideoRecord[] = [];
    let elsewhere = 0;
    for (const video of ownFirst(missing, this.#request.shard)) {
      if (!this.#claims.take(video.id)) {
        elsewhere++;
        continue;
      }
      try {
        const record = await this.#videoOf(video);
        if (record) extracted.push(record);
      } finally {
        this.#claims.release(video.id);
      }
      this.#bytesDone += video.bytes;
      progress.step({ step: this.#records.size + this.#failed.length, ...this.#pace() });
    }
    const inOrder = this.#videos.map(({ id }) => this.#records.get(id))
      .filter((record) => record !== undefined);
    await writeManifest(out, recipe, inOrder, this.#failed);
    const { backbone, lineage, dim, crop_order } = recipe;
    return {
      ...{ out, backbone, lineage, dim, crops: crop_order.length },
      ...{ extracted, skipped, elsewhere, failed: this.#failed, frames: this.#frames },
      seconds: (performance.now() - this.#start) / 1000,
    };
  }

  /** The record of a video whose features were made; null where they were there, or cannot be. */
  async #videoOf(named: NamedVideo): Promise<VideoRecord | null> {
    const { id, path, bytes } = named;
    const { out, overwrite, progress, batch, stop } = this.#request;
    const { recipe } = this.#extractor;
    // Another process may have finished it since we looked.
    const done = overwrite ? null : await finishedVideo(out, id, recipe);
    if (done !== null) {
      this.#records.set(id, done);
      return null;
    }
    const before = this.#frames;
    try {
      const work = async (file: string) => {
        const source = await openSource(file, this.#extractor);
        const expected = source.expectedFrames;
        const onFrame = (frames: number) => {
          this.#frames = before + frames;
          const share = expected === null ? 0 : Math.min(1, frames / expected);
          progress.step({
            step: this.#records.size + this.#failed.length,
            doing: `${id} frame ${frames}${expected === null ? "" : `/${expected}`}`,
            ...this.#pace(share * bytes),
          });
        };
        const video = await extractVideo(source, this.#extractor, { batch, stop, onFrame });
        return { video, fps: source.fps };
      };
      const { video, fps } = await withVideoFile(named, out, work);
      const { shape, frames, damage } = video;
      const record = { id, path, shape: [...shape], frames, fps, damage };
      await writeFeatures(out, record, recipe, video);
      if (damage !== null) warn(progress, damage);
      this.#records.set(id, record);
      return record;
    } catch (error) {
      if (!isFault(error) || stop?.aborted) throw error;
      this.#failed.push({ id, path, reason: error.message });
      warn(progress, error.message);
      return null;
    }
  }

  /** Frames per second, and how long the rest will take, by the bytes of the files. */
  #pace(ofCurrent = 0): { secondsLeft?: number; framesPerSecond?: number } {
    const seconds = (performance.now() - this.#start) / 1000;
    const done = this.#bytesDone + ofCurrent;
    return {
      framesPerSecond: this.#frames > 0 ? this.#frames / seconds : undefined,
      secondsLeft: done > 0 ? seconds / done * (this.#bytesLeft - done) : undefined,
    };
  }
}

/** The videos of a shard, and after them those of the others, which may have been lost. */
function ownFirst(videos: NamedVideo[], shard: ExtractRequest["shard"]): NamedVideo[] {
  if (shard === undefined) return videos;
  const own = videos.filter((_, i) => i % shard.of === shard.number - 1);
  return [...own, ...videos.filter((video) => !own.includes(video))];
}
