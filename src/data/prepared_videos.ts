/** Videos that are read, prepared as configured, and kept in memory as far as they fit. */

import type { DataConfig } from "../config/schema/data.ts";
import type { DataSet } from "../sets/data_set.ts";
import { placeOfCrop } from "./crops.ts";
import { placeInArchive } from "../io/features/open_features.ts";
import { expandHome } from "./data_paths.ts";
import { FeatureCache } from "./feature_cache.ts";
import { FeaturePack } from "./feature_pack.ts";
import type { FileFeatures } from "./feature_file.ts";
import { PIECE_BYTES, type Pooling } from "./pooled_reading.ts";
import { prepareFeatures } from "./prepare_features.ts";
import { ReadingBudget, readingShare } from "./reading_budget.ts";
import { randomRows } from "./segments.ts";
import type { AnnotatedSegment, TestTruth } from "./test_ground_truth.ts";
import type { FeatureParts, TestVideo, Video, VideoFeatures } from "./video.ts";

/** Snippets for each segment, from which reading segments back is less than reading snippets. */
const WORTH_PACKING = 1.2;

/** A video of any source, before preparation. */
export interface KnownVideo {
  id: string;
  classId: number;
  otherClassIds?: number[];
  snippets: number;
  /** The numbers of its crops, in their order. */
  crops: number[];
  /** Its files; absent of videos that are generated. */
  files?: readonly string[];
  /**
   * All crops, or the one at a place in `crops`; more snippets than `pooling` asks for may come
   * pooled.
   */
  read(crop?: number, pooling?: Pooling): Promise<FileFeatures>;
  /** All snippets as they are to be read where they are many; null where they are few. */
  inParts?(crop?: number): Promise<FeatureParts | null>;
}

/**
 * Makes the videos of both splits, which share the memory of data.cache_mb: training videos first.
 *
 * @param once test videos are asked for once, so that none is kept
 */
export function videoMakers(
  config: DataConfig,
  { classes, normalSegment }: DataSet,
  dim: number,
  train: readonly KnownVideo[],
  { once = false } = {},
) {
  const rowBytes = (dim + Number(config.magnitude)) * Float32Array.BYTES_PER_ELEMENT;
  const bytesOf = ({ snippets, crops }: KnownVideo, segments: number | null, crop?: number) =>
    rowBytes * (crop === undefined ? crops.length : 1) * (segments ?? snippets);
  const drawn = config.reduce === "random"; // anew in every pass, so that whole videos are kept
  const keptSegments = drawn ? null : config.segments;
  const trainBytes = train.reduce((sum, known) => sum + bytesOf(known, keptSegments), 0);
  const bytes = config.cache_mb * 1e6;
  const share = readingShare(bytes);
  // Once all training videos are kept, none is read any more.
  const trainCache = new FeatureCache(trainBytes <= bytes ? bytes : Math.max(0, bytes - share));
  const testCache = new FeatureCache(once ? 0 : Math.max(0, bytes - share - trainBytes));
  const reading = new ReadingBudget(() => {
    const left = bytes - trainCache.used - testCache.used;
    return Math.min(share / 2, Math.max(readingShare(0) / 2, left));
  });
  /**
   * Bytes that lie in memory while a video is read: what was read, what is made of it, and the
   * result.
   */
  const readingBytes = (known: KnownVideo, segments: number | null, crop?: number) => {
    const whole = 2 * bytesOf(known, null, crop);
    if (segments === null) return whole;
    return Math.min(whole, 2 * PIECE_BYTES) + bytesOf(known, segments, crop);
  };
  const { pack: folder, layout_train, dim: wanted, reduce, pad, normalize, magnitude } = config;
  const pack = folder === null ? null : new FeaturePack(expandHome(folder), config.pack_mb * 1e6);
  const prepared = JSON.stringify({ layout_train, wanted, dim, reduce, pad, normalize, magnitude });
  /** By way of the pack, where that is less to read than the files. */
  const packedOr = (
    { files, snippets }: KnownVideo,
    segments: number | null,
    crop: number | undefined,
    load: () => Promise<VideoFeatures>,
  ): Promise<VideoFeatures> => {
    if (pack === null || files === undefined) return load();
    const [file] = files;
    const alone = files.length === 1 && /\.npy$/i.test(file) && placeInArchive(file) === null;
    if (alone && snippets <= WORTH_PACKING * (segments ?? snippets)) return load();
    return pack.get(files, `${prepared} ${segments} ${crop}`, load);
  };
  const make = (
    known: KnownVideo,
    segments: number | null,
    cache: FeatureCache,
    { id = known.id, crop }: { id?: string; crop?: number } = {},
  ): Video => ({
    id,
    className: classes[known.classId],
    classId: known.classId,
    otherClassIds: known.otherClassIds,
    anomalous: known.classId > 0,
    bytes: bytesOf(known, segments, crop),
    load(random) {
      if (!drawn || random === undefined) {
        const pooling = segments === null ? undefined : { segments, reduce: config.reduce };
        const bytes = readingBytes(known, segments, crop);
        return cache.get(
          id,
          () =>
            reading.within(bytes, () => {
              const load = async () =>
                prepareFeatures(await known.read(crop, pooling), config, segments);
              return cache === trainCache ? packedOr(known, segments, crop, load) : load();
            }),
        );
      }
      const read = () => reading.within(readingBytes(known, null, crop), () => known.read(crop));
      return cache.get(id, read).then((whole) =>
        prepareFeatures(
          unshared(whole, segments),
          config,
          segments,
          randomRows(known.classId > 0, random),
        )
      );
    },
  });
  return {
    /** The samples of a video. */
    train(known: KnownVideo): Video[] {
      const video = make(known, config.segments, trainCache);
      if (config.train_crops === "together") return [video];
      const crops = known.crops.map((number, crop) =>
        make(known, config.segments, trainCache, { id: `${known.id}__${number}`, crop })
      );
      return config.train_crops === "each" ? crops : [{ ...video, crops }];
    },
    test(known: KnownVideo, truth: TestTruth): TestVideo {
      // Pooled test videos still cover the frames of their full length.
      const pooled = config.segments_test !== null;
      const at = (snippets: number) => truth.at(pooled ? known.snippets : snippets);
      at(known.snippets); // what cannot be computed is said now, not after the training
      const crop = config.test_crop === null
        ? undefined
        : placeOfCrop(known.id, known.crops, config.test_crop);
      const kept = () => testCache.keeps(known.id, bytesOf(known, config.segments_test, crop));
      return {
        ...make(known, config.segments_test, testCache, { crop }),
        inParts: async () => pooled || kept() ? null : await known.inParts?.(crop) ?? null,
        videoFrames: truth.videoFrames,
        marked: truth.marked,
        groundTruthFrames: (snippets) => at(snippets).frames,
        groundTruth: (snippets) => at(snippets).intervals,
        segments(snippets) {
          const { frames, intervals } = at(snippets);
          if (known.classId === 0) return [{ start: 0, end: frames, label: normalSegment }];
          const label = classes[known.classId];
          return (truth.events ?? intervals).map((event: AnnotatedSegment) => ({
            start: event.start,
            end: event.end,
            label: event.label ?? label,
          }));
        },
      };
    },
  };
}

/** Features that may be changed: pooling and padding copy them, other rows are copied here. */
function unshared<F extends VideoFeatures>(features: F, segments: number | null): F {
  if (segments !== null && segments !== features.snippets) return features;
  return { ...features, values: features.values.slice() };
}
