/**
 * Training batches from two loaders: as many normal as anomalous videos, each side shuffled on its
 * own.
 *
 * The order, and the crop of each video where one alone is taken, is a function of seed, side and
 * pass, so a position in it is two numbers per side, and a restored loader continues exactly, in
 * the middle of an epoch too. Incomplete batches are dropped: models split the batch in the middle.
 */

import { fault } from "../fault.ts";
import { Random, streamOf } from "../random.ts";
import { multiHot } from "./labels.ts";
import { Prefetch } from "./prefetch.ts";
import type { Batch, Video, VideoFeatures } from "./video.ts";

export interface LoaderOptions {
  /** Videos per side; a batch has twice as many. */
  batchSize: number;
  /** Classes of the data set: columns of the labels. */
  classes: number;
  seed: number;
  /**
   * epochs: the shorter side ends the epoch for both; steps: each side starts its next pass on its
   * own when it is used up, so that the pairing drifts.
   */
  loop: "epochs" | "steps";
  /** Batches end with the longest of their videos, in place of with its padding. */
  cut?: boolean;
  /** Batches whose videos are loaded ahead; 2 when absent. */
  prefetch?: number;
  /**
   * Bytes of the features of those batches: as many are loaded ahead as they take; no limit when
   * absent.
   */
  waitingBytes?: number;
  /**
   * Where the values of a batch go: called when all its videos are in memory, filled before `next`
   * gives control back. Absent: one array that is used again for every batch.
   */
  allocate?: (values: number) => Float32Array;
}

/**
 * Place of one side: batches of earlier passes and the first `position` videos of this one are
 * used.
 */
export interface SidePosition {
  pass: number;
  position: number;
}

/** Place of a loader, as checkpoints keep it (JSON). */
export interface LoaderState {
  normal: SidePosition;
  abnormal: SidePosition;
  /** Tells the videos and their order apart from others. */
  videos: number;
}

const start: SidePosition = { pass: 0, position: 0 };

type Cursor = Pick<LoaderState, "normal" | "abnormal">;

/** A batch before it is loaded: null ends an epoch. */
interface Plan {
  videos: Video[] | null;
  /** The pass of each side that the videos are of. */
  pass: Record<SideName, number>;
  after: Cursor;
}

const sides = ["normal", "abnormal"] as const;
type SideName = typeof sides[number];

/**
 * Training videos, the normal and the anomalous ones apart.
 *
 * @param batchSize videos of each side in a batch
 * @throws {RangeError} a fault: one side has fewer videos than a batch needs
 */
export function sidesOf(videos: readonly Video[], batchSize: number): Record<SideName, Video[]> {
  const normal = videos.filter((video) => !video.anomalous);
  const abnormal = videos.filter((video) => video.anomalous);
  const least = Math.min(normal.length, abnormal.length);
  if (least >= batchSize) return { normal, abnormal };
  throw fault(
    RangeError,
    `Cannot make batches of ${batchSize} normal and ${batchSize} anomalous videos: the training set has ${normal.length} normal and ${abnormal.length} anomalous ones; ${
      least > 0 ? `set data.batch_size=${least} or less` : "training needs both kinds"
    }`,
  );
}

/** Shuffled batches without end. One call of `next` at a time. */
export class BatchLoader {
  /** Batches of an epoch: the complete ones of the shorter side. */
  readonly stepsPerEpoch: number;
  readonly #sides: Record<SideName, Video[]>;
  readonly #orders: Partial<Record<SideName, { pass: number; order: Video[] }>> = {};
  readonly #options: LoaderOptions;
  readonly #fingerprint: number;
  readonly #prefetch: Prefetch<Plan, VideoFeatures[]>;
  /** What was handed out. */
  #cursor: Cursor = { normal: start, abnormal: start };
  /** What was planned, by prefetching. */
  #planned: Cursor = this.#cursor;
  #buffer = new Float32Array(0);

  /** @throws {RangeError} a fault: one side has fewer videos than a batch needs */
  constructor(videos: readonly Video[], options: LoaderOptions) {
    const { batchSize, prefetch = 2, waitingBytes } = options;
    this.#sides = sidesOf(videos, batchSize);
    const { normal, abnormal } = this.#sides;
    this.#options = options;
    this.stepsPerEpoch = Math.floor(Math.min(normal.length, abnormal.length) / batchSize);
    this.#fingerprint = streamOf(JSON.stringify([...normal, ...abnormal].map(({ id }) => id)));
    this.#prefetch = new Prefetch(
      () => this.#plan(),
      ({ videos, pass }) =>
        Promise.all((videos ?? []).map((video) => {
          const side = video.anomalous ? "abnormal" : "normal";
          return video.load(new Random(options.seed, `rows/${video.id}`, pass[side]));
        })),
      {
        items: prefetch,
        bytes: waitingBytes,
        bytesOf: ({ videos }) => (videos ?? []).reduce((sum, { bytes = 0 }) => sum + bytes, 0),
      },
    );
  }

  /**
   * The next batch, normal videos first; null ends an epoch with `loop: epochs`.
   *
   * Its `video` array may be asked for, and is valid, until the next call of `next` (unless
   * `allocate` says otherwise): the caller hands it to the device, or copies it, before.
   *
   * @throws {RangeError} a fault: videos of different sizes, which names them
   * @throws as the `load` of the videos; the batch then comes again with the next call
   */
  async next(): Promise<Batch | null> {
    try {
      const { item, result } = (await this.#prefetch.next())!; // plans have no end
      const batch = item.videos === null ? null : this.#assemble(item.videos, result);
      this.#cursor = item.after;
      return batch;
    } catch (error) {
      await this.#rewind();
      throw error;
    }
  }

  /** Where the batch after the last one that `next` gave begins. */
  state(): LoaderState {
    const { normal, abnormal } = this.#cursor;
    return { normal: { ...normal }, abnormal: { ...abnormal }, videos: this.#fingerprint };
  }

  /**
   * Continues at a place that `state` told.
   *
   * @throws {RangeError} a fault: the state belongs to other training videos
   */
  async restore(state: LoaderState): Promise<void> {
    if (state.videos !== this.#fingerprint) {
      throw fault(
        RangeError,
        "Cannot resume: the training videos are not those of the checkpoint; restore the files, or start a new run",
      );
    }
    this.#cursor = { normal: { ...state.normal }, abnormal: { ...state.abnormal } };
    await this.#rewind();
  }

  /** Forgets what was read ahead; resolves when no file is being read any more. */
  async dispose(): Promise<void> {
    await this.#rewind();
    this.#buffer = new Float32Array(0);
  }

  async #rewind(): Promise<void> {
    await this.#prefetch.clear();
    this.#planned = this.#cursor;
  }

  #plan(): Plan {
    const { batchSize, loop } = this.#options;
    const used = (side: SideName) =>
      this.#planned[side].position + batchSize > this.#sides[side].length;
    const nextPass = (side: SideName) => ({ pass: this.#planned[side].pass + 1, position: 0 });
    if (loop === "epochs" && sides.some(used)) {
      this.#planned = { normal: nextPass("normal"), abnormal: nextPass("abnormal") };
      return { videos: null, pass: { normal: 0, abnormal: 0 }, after: this.#planned };
    }
    const from = {} as Cursor, after = {} as Cursor;
    const videos = sides.flatMap((side) => {
      from[side] = used(side) ? nextPass(side) : this.#planned[side];
      const { pass, position } = from[side];
      after[side] = { pass, position: position + batchSize };
      return this.#order(side, pass).slice(position, position + batchSize);
    });
    this.#planned = after;
    return { videos, pass: { normal: from.normal.pass, abnormal: from.abnormal.pass }, after };
  }

  /** The videos of a side as shuffled for a pass. */
  #order(side: SideName, pass: number): Video[] {
    const known = this.#orders[side];
    if (known?.pass === pass) return known.order;
    const random = new Random(this.#options.seed, `shuffle/${side}`, pass);
    const order = random.shuffle([...this.#sides[side]]).map((video) =>
      video.crops ? video.crops[random.integer(video.crops.length)] : video
    );
    this.#orders[side] = { pass, order };
    return order;
  }

  #assemble(videos: Video[], features: VideoFeatures[]): Batch {
    const { crops, snippets, dim } = features[0];
    const other = features.findIndex((one) =>
      one.crops !== crops || one.snippets !== snippets || one.dim !== dim
    );
    if (other >= 0) {
      const sizes = ({ crops, snippets, dim }: VideoFeatures) => `[${crops}, ${snippets}, ${dim}]`;
      throw fault(
        RangeError,
        `Cannot put videos of different sizes into one batch: "${videos[0].id}" is ${
          sizes(features[0])
        }, "${videos[other].id}" is ${sizes(features[other])}; ${
          features[other].snippets === snippets
            ? "extract all videos the same way"
            : "set data.segments=32"
        }`,
      );
    }
    const longest = Math.max(...features.map(({ length }) => length));
    const kept = this.#options.cut ? longest : snippets;
    const row = kept * dim;
    let whole: Float32Array | undefined;
    const together = () => {
      const video = this.#room(videos.length * crops * row);
      features.forEach(({ values }, b) => {
        for (let n = 0; n < crops; n++) {
          const from = n * snippets * dim;
          video.set(values.subarray(from, from + row), (b * crops + n) * row);
        }
      });
      return video;
    };
    if (this.#options.allocate) whole = together();
    return {
      get video() {
        return whole ??= together();
      },
      parts: kept === snippets ? features.map(({ values }) => values) : undefined,
      shape: [videos.length, crops, kept, dim],
      lengths: Int32Array.from(features, ({ length }) => length),
      classIds: Int32Array.from(videos, ({ classId }) => classId),
      labels: multiHot(
        videos.map(({ classId, otherClassIds = [] }) => [classId, ...otherClassIds]),
        this.#options.classes,
      ),
      ids: videos.map(({ id }) => id),
    };
  }

  #room(values: number): Float32Array {
    if (this.#options.allocate) return this.#options.allocate(values);
    if (this.#buffer.length !== values) this.#buffer = new Float32Array(values);
    return this.#buffer;
  }
}
