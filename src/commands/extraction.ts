/** The videos of a command line one after another, beside other processes that do the same. */

import { recipeIdentity } from "../data/feature_recipe.ts";
import type { Claims } from "../extract/claims.ts";
import { requireGoingOn } from "../extract/extracted_video.ts";
import { extractionError, extractVideo, openSource } from "../extract/extract_video.ts";
import type { Extractor } from "../extract/extractor.ts";
import { Pace } from "../extract/extraction_pace.ts";
import {
  type FailedVideo,
  finishedVideo,
  type VideoRecord,
  writeFeatures,
} from "../extract/feature_folder.ts";
import type { NamedVideo } from "../extract/find_videos.ts";
import type { PiecesPlace } from "../extract/kept_pieces.ts";
import { withVideoFile } from "../extract/packed_video.ts";
import { isFault } from "../fault.ts";
import { isNameTooLong } from "../io/file_system.ts";
import { type Progress, warn } from "../progress.ts";

/** So often it is looked whether other processes are done with theirs. */
const LOOK_MS = 1000;

export interface ExtractionRequest {
  out: string;
  overwrite: boolean;
  /** This process begins with every n-th video; absent: with all. */
  shard?: { number: number; of: number };
  batch?: number;
  /** Programs that decode a video at once; absent: by device and backbone. */
  decoders?: number;
  progress: Progress;
  /** Stops after the frame it is at; the videos that are done stay. */
  stop?: AbortSignal;
}

/** What became of the videos that had no features. */
export interface Outcome {
  /** Of this process. */
  extracted: VideoRecord[];
  /** Videos on which other processes work. */
  elsewhere: number;
  failed: FailedVideo[];
  frames: number;
}

/** Which videos have features by the recipe. */
export interface Look {
  records: Map<string, VideoRecord>;
  /** The shard's own, and after them those of the others, which may have been lost. */
  missing: NamedVideo[];
}

/**
 * Looks which of the videos have features; with `overwrite` those of the shard's own do not count.
 *
 * @throws {Error} a fault: an array without a record, which somebody else wrote
 */
export async function lookOver(
  videos: readonly NamedVideo[],
  recipe: Extractor["recipe"],
  { out, overwrite, shard }: Pick<ExtractionRequest, "out" | "overwrite" | "shard">,
): Promise<Look> {
  const records = new Map<string, VideoRecord>();
  const own: NamedVideo[] = [], others: NamedVideo[] = [];
  for (const [i, video] of videos.entries()) {
    const isOwn = shard === undefined || i % shard.of === shard.number - 1;
    const anew = overwrite && isOwn;
    const record = anew ? null : await finishedVideo(out, video.id, recipe, { overwrite });
    if (record !== null) records.set(video.id, record);
    else (isOwn ? own : others).push(video);
  }
  return { records, missing: [...own, ...others] };
}

export class Extraction {
  readonly #extractor: Extractor;
  readonly #request: ExtractionRequest;
  readonly #claims: Claims;
  readonly #check: () => void;
  readonly #device: string;
  readonly #records: Map<string, VideoRecord>;
  readonly #begun = Date.now();
  readonly #extracted: VideoRecord[] = [];
  readonly #failed: FailedVideo[] = [];
  readonly #time = new Pace();
  #bytesLeft = 0;
  #bytesDone = 0;
  #frames = 0;
  #noted = false;

  /**
   * @param beside whose videos are whose; what throws where the device has failed; its name
   * @param records of the videos that have features; those made are added
   */
  constructor(
    extractor: Extractor,
    request: ExtractionRequest,
    { claims, check, device }: { claims: Claims; check: () => void; device: string },
    records: Map<string, VideoRecord>,
  ) {
    this.#extractor = extractor;
    this.#request = request;
    this.#claims = claims;
    this.#check = check;
    this.#device = device;
    this.#records = records;
  }

  /** @param missing the videos to work on, of all shards */
  async run(missing: readonly NamedVideo[]): Promise<Outcome> {
    const { progress } = this.#request;
    this.#bytesLeft = missing.reduce((sum, { bytes }) => sum + bytes, 0);
    progress.start(this.#records.size + missing.length, this.#records.size, "video");
    const ofOthers: NamedVideo[] = [];
    for (const video of missing) {
      if (!await this.#work(video)) ofOthers.push(video);
    }
    const elsewhere = await this.#lostOnes(ofOthers);
    return {
      ...{ extracted: this.#extracted, elsewhere: elsewhere.length },
      ...{ failed: this.#failed, frames: this.#frames },
    };
  }

  /** False where another process has the video. */
  async #work(video: NamedVideo): Promise<boolean> {
    if (video.absent !== undefined) this.#fail(video, video.absent);
    else {
      try {
        if (!this.#claims.take(video.id)) return false;
        try {
          await this.#make(video);
        } finally {
          this.#claims.release(video.id);
        }
      } catch (error) {
        if (!isNameTooLong(error)) throw error;
        this.#fail(video, (error as Error).message);
      }
    }
    this.#bytesDone += video.bytes;
    this.#request.progress.step({ step: this.#done(), ...this.#pace() });
    return true;
  }

  /**
   * Videos that other processes had when their turn came: what these leave is made here. A process
   * that touches its claim lives, and keeps it.
   *
   * @returns those that others go on with
   */
  async #lostOnes(videos: NamedVideo[]): Promise<NamedVideo[]> {
    const touched = new Map(videos.map(({ id }) => [id, this.#claims.others(id)?.touched]));
    const alive: NamedVideo[] = [];
    for (let left = videos; left.length > 0;) {
      requireGoingOn(this.#request.stop);
      const waiting: NamedVideo[] = [];
      for (const video of left) {
        const claim = this.#claims.others(video.id);
        if (claim !== null && claim.touched > (touched.get(video.id) ?? Infinity)) {
          alive.push(video);
        } else if (!await this.#work(video)) waiting.push(video);
      }
      left = waiting;
      if (left.length === 0) break;
      const count = `${left.length} ${left.length === 1 ? "video" : "videos"}`;
      const doing = `${count} of other processes: waiting to see whether these still run`;
      this.#request.progress.step({ step: this.#done(), doing });
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return alive;
  }

  /** Makes the features of a video, unless another process has made them since we looked. */
  async #make(named: NamedVideo): Promise<void> {
    const { id } = named;
    const { out, overwrite } = this.#request;
    const { recipe } = this.#extractor;
    const since = overwrite ? this.#begun : 0;
    const done = await finishedVideo(out, id, recipe, { overwrite, since });
    if (done !== null) {
      this.#records.set(id, done);
      return;
    }
    const record = await this.#extract(named);
    if (record === null) return;
    if (record.damage !== null) warn(this.#request.progress, record.damage);
    this.#records.set(id, record);
    this.#extracted.push(record);
  }

  /** Null where the video cannot be decoded, which is noted. */
  async #extract(named: NamedVideo): Promise<VideoRecord | null> {
    const { id, path, bytes } = named;
    const { out, progress, batch, decoders, stop } = this.#request;
    const { recipe } = this.#extractor;
    const before = this.#frames;
    // What cannot be written now, cannot be for the next video either: that stops the work.
    let unwritable: unknown = null;
    const onUnwritable = (error: unknown) => void (unwritable = error);
    const onNote = (text: string) => {
      if (!this.#noted) progress.note(text);
      this.#noted = true; // of a folder of such videos once
    };
    try {
      return await withVideoFile(named, out, async (file) => {
        const source = await openSource(file, this.#extractor, named.path);
        const of = `${recipeIdentity(recipe)} ${contentMark(named)} ${batch} ${this.#device}`;
        const place: PiecesPlace = { folder: out, id, of, onUnwritable };
        const expected = source.expectedFrames;
        const onFrame = (frames: number) => {
          this.#frames = before + frames;
          const share = expected === null ? 0 : Math.min(1, frames / expected);
          progress.step({
            step: this.#done(),
            doing: `${id} frame ${frames}${expected === null ? "" : `/${expected}`}`,
            ...this.#pace(share * bytes),
          });
        };
        const options = { batch, stop, decoders, onFrame, onNote };
        return await extractVideo(source, this.#extractor, options, place, async (video) => {
          this.#requireHealthy(path);
          const { shape, frames, damage } = video;
          const record = { id, path, shape: [...shape], frames, fps: source.fps, damage };
          await writeFeatures(out, record, recipe, video).catch((error) => {
            onUnwritable(error);
            throw error;
          });
          return record;
        });
      });
    } catch (error) {
      this.#requireHealthy(path);
      if (!isFault(error) || error === unwritable || stop?.aborted) throw error;
      this.#fail(named, error.message);
      return null;
    }
  }

  /** @throws the device's first error */
  #requireHealthy(path: string): void {
    try {
      this.#check();
    } catch (error) {
      throw extractionError(error, path);
    }
  }

  #fail({ id, path }: NamedVideo, reason: string): void {
    this.#failed.push({ id, path, reason });
    warn(this.#request.progress, reason);
  }

  /** Videos that are done with, for better or worse. */
  #done(): number {
    return this.#records.size + this.#failed.length;
  }

  /** Frames per second, and how long the rest will take, by the bytes of the files. */
  #pace(ofCurrent = 0): { secondsLeft?: number; framesPerSecond?: number } {
    return this.#time.of(this.#frames, this.#bytesDone + ofCurrent, this.#bytesLeft);
  }
}

/** Changes with the content of a video, as far as the file system tells. */
function contentMark({ path, bytes, packed }: NamedVideo): string {
  const { mtime } = Deno.statSync(packed?.archive ?? path);
  return `${path} ${bytes} ${mtime?.getTime()}`;
}
