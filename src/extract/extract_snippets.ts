/**
 * Features of a video on a grid of snippets: frames are resized and cut as they come, from one
 * decoder or from several that are each at another place of it.
 */

import { fault } from "../fault.ts";
import { decodeFrames, StretchDiffers } from "../video/decode_frames.ts";
import { type FramePreparer, prepareFrames, type ResizedFrame } from "../video/prepare_frames.ts";
import { snippetCount, snippetFrames } from "../video/snippet_grid.ts";
import type { VideoSource } from "../video/video_source.ts";
import { packetTimes } from "../video/packet_times.ts";
import { clipsOfBatch } from "./clip_rows.ts";
import {
  type KnownFrames,
  knownFrames,
  LEAST_FRAMES,
  missingRuns,
  pieceFrames,
  type Run,
  stretchOf,
} from "./decoding_plan.ts";
import { type ExtractedVideo, type ExtractOptions, requireGoingOn } from "./extracted_video.ts";
import type { Extractor, FrameWay } from "./extractor.ts";
import type { KeptPieces } from "./kept_pieces.ts";
import { SeamsOfRun } from "./seams.ts";
import { SnippetRows } from "./snippet_rows.ts";

/** Stands for a frame that the backbone does not look at. */
const NOT_SEEN = new Uint8Array(0);

/** @throws a fault, as {@link extractVideo} */
export async function extractSnippets(
  source: VideoSource,
  extractor: Extractor,
  way: FrameWay,
  options: ExtractOptions,
  kept: KeptPieces,
): Promise<Omit<ExtractedVideo, "rows">> {
  const work = new SnippetWork(source, extractor, way, options, kept);
  return extractor.recipe.sample_to === null
    ? await work.all()
    : await work.some(extractor.recipe.sample_to);
}

class SnippetWork {
  readonly #source: VideoSource;
  readonly #extractor: Extractor;
  readonly #way: FrameWay;
  readonly #options: ExtractOptions;
  readonly #kept: KeptPieces;
  #frames = 0;
  #damage: string | null = null;
  #failed = false;

  constructor(
    source: VideoSource,
    extractor: Extractor,
    way: FrameWay,
    options: ExtractOptions,
    kept: KeptPieces,
  ) {
    this.#source = source;
    this.#extractor = extractor;
    this.#way = way;
    this.#options = options;
    this.#kept = kept;
  }

  get #attempted(): string {
    return `Cannot extract features of "${this.#source.name}"`;
  }

  /** @throws {RangeError} a fault: the grid demands more frames */
  #snippetsOf(frames: number): number {
    try {
      return snippetCount(this.#way.grid!, frames, this.#way.snippet);
    } catch (error) {
      const { message } = error as Error;
      throw fault(RangeError, `${this.#attempted}: ${message}`, { cause: error });
    }
  }

  /** All snippets: by several decoders, and from where another run stopped, where that can be. */
  async all(): Promise<Omit<ExtractedVideo, "rows">> {
    const { decoders = 1, pieceFrames: least = LEAST_FRAMES, onNote } = this.#options;
    const { expectedFrames } = this.#source;
    const short = expectedFrames !== null && expectedFrames < 2 * least;
    const wanted = !short && (decoders > 1 || this.#kept.lasting);
    const known = !wanted
      ? null
      : this.#extractor.recipe.jpeg
      ? "the quality of a JPEG goes by those before it"
      : await knownFrames(this.#source);
    if (typeof known === "string" || known === null) {
      if (known !== null && decoders > 1) {
        onNote?.(`"${this.#source.name}" is decoded by one decoder: ${known}`);
      }
      return await this.#straight();
    }
    try {
      return await this.#inPieces(known, decoders);
    } catch (error) {
      if (!(error instanceof StretchDiffers)) throw error;
      onNote?.(
        `"${this.#source.name}" is decoded anew, by one decoder from its beginning: ${error.message}`,
      );
      return await this.#straight();
    }
  }

  /** From the first frame to the last. */
  async #straight(
    isWanted?: (snippet: number) => boolean,
  ): Promise<Omit<ExtractedVideo, "rows">> {
    this.#kept.clear();
    this.#failed = false;
    this.#frames = 0;
    this.#damage = null;
    const frames = await this.#run({ first: 0, end: null }, null, null, isWanted);
    return this.#result(frames);
  }

  async #inPieces(
    known: KnownFrames,
    decoders: number,
  ): Promise<Omit<ExtractedVideo, "rows">> {
    const { snippet, single } = this.#way, { recipe } = this.#extractor;
    const clips = recipe.crop_order.length * (single?.length ?? 1);
    const batch = clipsOfBatch(this.#extractor, this.#options.batch);
    const piece = pieceFrames({ snippet, clips, batch }, this.#options.pieceFrames);
    this.#kept.resume(piece);
    const { seams } = this.#kept;
    this.#frames = Math.min(known.frames, piece * seams.size);
    const runs = missingRuns(known.frames, piece, decoders, (i) => seams.has(i));
    if (runs.length === 1 && seams.size === 0) {
      return this.#result(await this.#run(runs[0], null, piece));
    }
    const next = runs.values();
    const decoder = async () => {
      for (const run of next) {
        if (this.#failed) return;
        try {
          await this.#run(run, known, piece);
        } catch (error) {
          this.#failed = true;
          throw error;
        }
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: decoders }, decoder));
    const failures = ends.filter((end) => end.status === "rejected");
    if (failures.length > 0) throw failures[0].reason;
    for (const [i, { tail }] of seams) {
      const head = seams.get(i + 1)?.head;
      if (head === undefined || head.join() === tail.join()) continue;
      throw new StretchDiffers(`frames from ${piece * (i + 1)} on differ by where decoding begins`);
    }
    return this.#result(known.frames);
  }

  /**
   * At most n snippets, evenly placed: of one decoding, where the file tells its frames rightly,
   * else of a second one, once they are counted.
   */
  async some(n: number): Promise<Omit<ExtractedVideo, "rows">> {
    const { pictures } = this.#source;
    let frames = pictures?.files.length ?? (await packetTimes(this.#source)).packets;
    for (;;) {
      const wanted = evenlyPlaced(this.#snippetsIfAny(frames), n);
      const { shape: [, crops, dim], ...told } = await this.#straight((i) => wanted.has(i));
      if (told.frames === frames) return { ...told, shape: [wanted.size, crops, dim] };
      frames = told.frames;
    }
  }

  #snippetsIfAny(frames: number): number {
    try {
      return this.#snippetsOf(frames);
    } catch {
      return 0;
    }
  }

  #result(frames: number): Omit<ExtractedVideo, "rows"> {
    const count = this.#snippetsOf(frames), { recipe } = this.#extractor;
    if (count === 0) {
      throw fault(
        RangeError,
        `${this.#attempted}: its ${frames} frames make no snippet of ${this.#way.snippet}; take a longer video`,
      );
    }
    const shape: ExtractedVideo["shape"] = [count, recipe.crop_order.length, recipe.dim];
    return { shape, frames, damage: this.#damage };
  }

  /**
   * Decodes a run of frames and writes the rows of its snippets.
   *
   * @param known of a run that begins or ends within the video
   * @param piece frames of a piece, which is written down when it is passed; null: none is
   * @returns the number of the last frame, and one
   */
  async #run(
    run: Run,
    known: KnownFrames | null,
    piece: number | null,
    isWanted: (snippet: number) => boolean = () => true,
  ): Promise<number> {
    const { snippet, single, grid, lineage, crops, mean } = this.#way;
    const { facts, recipe } = this.#extractor, { batch, stop, onFrame } = this.#options;
    const seams = piece === null ? null : new SeamsOfRun(run, piece, this.#kept);
    let row = run.first / snippet * recipe.crop_order.length;
    const onRows = (rows: Float32Array) => {
      this.#kept.write(row, rows);
      row += rows.length / facts.dim;
    };
    let preparer: FramePreparer | null = null, rows: SnippetRows | null = null;
    let waiting: ResizedFrame[] = [], frame = run.first;
    try {
      const frames = decodeFrames(this.#source, {
        jpeg: recipe.jpeg,
        onDamage: (text) => this.#damage = text,
        stretch: known === null ? undefined : stretchOf(run, known),
      });
      for await (const decoded of frames) {
        requireGoingOn(stop);
        if (this.#failed) return frame;
        await seams?.see(frame, decoded);
        if (run.end !== null && frame >= run.end) {
          frame++;
          continue;
        }
        preparer ??= prepareFrames(decoded, lineage, { crops, side: facts.input[1], mean });
        rows ??= new SnippetRows(this.#extractor, { preparer, single, batch, onRows });
        const seen = (single?.includes(waiting.length) ?? true) &&
          isWanted(Math.floor(frame / snippet));
        const resized = seen ? preparer.resize(decoded.data) : NOT_SEEN;
        // The frame's memory is that of the next one.
        waiting.push(resized === decoded.data ? decoded.data.slice() : resized);
        frame++;
        onFrame?.(++this.#frames);
        if (waiting.length < snippet) continue;
        if (isWanted(frame / snippet - 1)) await rows.add(waiting);
        waiting = [];
      }
      if (known !== null && run.end === null && frame !== known.frames) {
        throw new StretchDiffers(`it has ${frame} frames, and ${known.frames} by its packets`);
      }
      const last = Math.floor(frame / snippet);
      if (waiting.length > 0 && grid!.tail !== "dropped" && isWanted(last)) {
        const order = snippetFrames(grid!, last, frame, snippet);
        await rows!.add(order.map((shown) => waiting[shown - last * snippet]));
      }
      await rows?.finish();
      await seams?.finish(frame);
      return frame;
    } finally {
      rows?.[Symbol.dispose]();
    }
  }
}

/**
 * At most n of so many snippets, evenly placed: the whole parts of n numbers from the first to the
 * last.
 */
function evenlyPlaced(snippets: number, n: number): Set<number> {
  if (snippets <= n) return new Set(Array.from({ length: snippets }, (_, i) => i));
  if (n === 1) return new Set([0]);
  return new Set(Array.from({ length: n }, (_, i) => Math.floor(i * (snippets - 1) / (n - 1))));
}
