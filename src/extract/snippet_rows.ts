/** Rows of a run of snippets: each crop is a clip, or where frames are seen singly, each frame. */

import type { FramePreparer, ResizedFrame } from "../video/prepare_frames.ts";
import { ClipRows, type OnRows } from "./clip_rows.ts";
import type { Extractor } from "./extractor.ts";

export interface SnippetRowsOptions {
  preparer: FramePreparer;
  /** Of a snippet's frames, those that are seen one by one; null: it is seen at once. */
  single: number[] | null;
  /** Clips at once; absent: by their size. */
  batch?: number;
  /** Is given rows [snippets x crops, D], in order. */
  onRows: OnRows;
}

export class SnippetRows implements Disposable {
  readonly #clips: ClipRows;
  readonly #preparer: FramePreparer;
  readonly #single: number[] | null;

  constructor(extractor: Extractor, { preparer, single, batch, onRows }: SnippetRowsOptions) {
    const count = single?.length ?? 1;
    const take = count === 1 ? onRows : meansOf(extractor.facts.dim, count, onRows);
    this.#clips = new ClipRows(extractor, take, batch);
    this.#preparer = preparer;
    this.#single = single;
  }

  async add(frames: ResizedFrame[]): Promise<void> {
    const clips = this.#single ? this.#single.map((k) => [frames[k]]) : [frames];
    const { side, places } = this.#preparer, size = side * side * 3;
    for (let n = 0; n < places.length; n++) {
      for (const clip of clips) {
        await this.#clips.add((batch, at) =>
          clip.forEach((frame, k) => this.#preparer.write(frame, n, batch, at + k * size, k))
        );
      }
    }
  }

  /** Gives the rows that wait for a batch to be full. */
  async finish(): Promise<void> {
    await this.#clips.flush();
  }

  [Symbol.dispose](): void {
    this.#clips[Symbol.dispose]();
  }
}

/** Passes on the mean of every `count` rows of D numbers; rows of one mean come in two batches. */
function meansOf(dim: number, count: number, onMeans: OnRows): OnRows {
  let waiting = new Float32Array(0);
  return (rows) => {
    const all = new Float32Array(waiting.length + rows.length);
    all.set(waiting);
    all.set(rows, waiting.length);
    const means = Math.floor(all.length / (dim * count));
    waiting = all.slice(means * count * dim);
    if (means > 0) onMeans(meanOfRows(all.subarray(0, means * count * dim), dim, count));
  };
}

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
