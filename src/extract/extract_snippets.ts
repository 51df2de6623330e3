/** Features of a video on a grid of snippets: frames are resized and cut as they come. */

import { fault } from "../fault.ts";
import { countFrames, decodeFrames } from "../video/decode_frames.ts";
import { type FramePreparer, prepareFrames, type ResizedFrame } from "../video/prepare_frames.ts";
import { snippetCount, snippetFrames } from "../video/snippet_grid.ts";
import type { VideoSource } from "../video/video_source.ts";
import { ClipRows } from "./clip_rows.ts";
import { type ExtractedVideo, type ExtractOptions, requireGoingOn } from "./extracted_video.ts";
import type { Extractor, FrameWay } from "./extractor.ts";

/** Stands for a frame that the backbone does not look at. */
const NOT_SEEN = new Uint8Array(0);

/** @throws a fault, as {@link extractVideo} */
export async function extractSnippets(
  source: VideoSource,
  extractor: Extractor,
  way: FrameWay,
  { batch, onFrame, stop }: ExtractOptions,
): Promise<ExtractedVideo> {
  const { snippet, lineage, crops, single, grid } = way;
  const { recipe } = extractor;
  const attempted = `Cannot extract features of "${source.name}"`;
  const snippetsOf = (frames: number) => {
    try {
      return snippetCount(grid!, frames, snippet);
    } catch (error) {
      throw fault(RangeError, `${attempted}: ${(error as Error).message}`, { cause: error });
    }
  };
  const wanted = recipe.sample_to === null
    ? null
    : evenlyPlaced(snippetsOf(await countFrames(source, stop)), recipe.sample_to);
  let damage: string | null = null;
  let rows: SnippetRows | null = null;
  let preparer: FramePreparer | null = null;
  let waiting: ResizedFrame[] = [];
  let frames = 0;
  const isWanted = (i: number) => wanted?.has(i) ?? true;
  const options = { jpeg: recipe.jpeg, onDamage: (text: string) => damage = text };
  for await (const frame of decodeFrames(source, options)) {
    requireGoingOn(stop);
    preparer ??= prepareFrames(frame, lineage, {
      ...{ crops, side: extractor.facts.input[1], mean: way.mean },
    });
    rows ??= new SnippetRows(extractor, preparer, single, batch);
    const seen = (single?.includes(waiting.length) ?? true) &&
      isWanted(Math.floor(frames / snippet));
    const resized = seen ? preparer.resize(frame.data) : NOT_SEEN;
    // The frame's memory is that of the next one.
    waiting.push(resized === frame.data ? frame.data.slice() : resized);
    frames++;
    onFrame?.(frames);
    if (waiting.length < snippet) continue;
    if (isWanted(frames / snippet - 1)) await rows.add(waiting);
    waiting = [];
  }
  const count = snippetsOf(frames);
  if (rows === null || count === 0) {
    throw fault(
      RangeError,
      `${attempted}: its ${frames} frames make no snippet of ${snippet}; take a longer video`,
    );
  }
  if (waiting.length > 0 && grid!.tail !== "dropped" && isWanted(count - 1)) {
    const first = frames - waiting.length;
    const order = snippetFrames(grid!, count - 1, frames, snippet);
    await rows.add(order.map((frame) => waiting[frame - first]));
  }
  const shape: ExtractedVideo["shape"] = [wanted?.size ?? count, rows.crops, recipe.dim];
  return { shape, values: await rows.finish(), frames, damage };
}

/**
 * At most n of so many snippets, evenly placed: the whole parts of n numbers from the first to the
 * last.
 */
export function evenlyPlaced(snippets: number, n: number): Set<number> {
  if (snippets <= n) return new Set(Array.from({ length: snippets }, (_, i) => i));
  if (n === 1) return new Set([0]);
  return new Set(Array.from({ length: n }, (_, i) => Math.floor(i * (snippets - 1) / (n - 1))));
}

/** Each crop of a snippet is a clip, or where frames are seen singly, each frame of each crop. */
class SnippetRows {
  readonly crops: number;
  readonly #rows: ClipRows;
  readonly #preparer: FramePreparer;
  readonly #single: number[] | null;
  readonly #dim: number;

  constructor(
    extractor: Extractor,
    preparer: FramePreparer,
    single: number[] | null,
    batch?: number,
  ) {
    this.#rows = new ClipRows(extractor, batch);
    this.#preparer = preparer;
    this.#single = single;
    this.#dim = extractor.facts.dim;
    this.crops = preparer.places.length;
  }

  async add(frames: ResizedFrame[]): Promise<void> {
    const clips = this.#single ? this.#single.map((k) => [frames[k]]) : [frames];
    const { side } = this.#preparer, size = side * side * 3;
    for (let n = 0; n < this.crops; n++) {
      for (const clip of clips) {
        await this.#rows.add((batch, at) =>
          clip.forEach((frame, k) => this.#preparer.write(frame, n, batch, at + k * size, k))
        );
      }
    }
  }

  /** [T, N, D]. */
  async finish(): Promise<Float32Array> {
    const rows = await this.#rows.finish();
    const perSnippet = this.#single?.length ?? 1;
    return perSnippet === 1 ? rows : meanOfRows(rows, this.#dim, perSnippet);
  }
}

/** The mean of every `count` rows of D numbers. */
function meanOfRows(rows: Float32Array, dim: number, count: number): Float32Array {
  const means = new Float32Array(rows.length / count);
  for (let i = 0; i < means.length; i++) {
    const first = Math.floor(i / dim) * count * dim + i % dim;
    let sum = 0;
    for (let k = 0; k < count; k++) sum += rows[first + k * dim];
    means[i] = sum / count;
  }
  return means;
}
