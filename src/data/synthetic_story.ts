/**
 * What happens in the synthetic videos: their ids, lengths, anomalies and harmless bursts, drawn
 * from the seed and the id alone, so that the ground truth is known without making a single
 * feature.
 */

import type { SyntheticConfig } from "../config/schema/data.ts";
import { Random } from "../random.ts";
import type { FrameInterval } from "../frames/interval.ts";

/** Share of a video that its anomalies take: 2 to 20 %. */
const anomalyShare = [0.02, 0.2] as const;
/** Anomalous videos with two events; 16 of 140 on UCF-Crime. */
const twoEvents = 0.12;
/** Videos with harmless bursts: "hard normal" ones, and about half of the anomalous ones. */
const burstsInNormal = 0.8;
const burstsInAnomalous = 0.5;
/** Share of a video that one burst takes. */
const burstShare = [0.04, 0.2] as const;

/** One video before it is drawn. */
export interface Story {
  /**
   * In UCF-Crime's manner: `Abuse001_x264`, `Normal_Videos001_x264`, in test
   * `Normal_Videos_001_x264`.
   */
  id: string;
  classId: number;
  snippets: number;
  /** Anomalous snippets, half-open, sorted and disjoint. */
  events: FrameInterval[];
  /** [T] strength of the anomaly, about 1 within events, 0 elsewhere. */
  anomaly: Float32Array;
  /** [T] strength of the burst. */
  burst: Float32Array;
  /** Draws what is left to choose, from the point where the story ends. */
  random: () => Random;
}

/** The ids of both splits with their class ids; `classes` are the names by class id. */
export function syntheticIds(
  config: SyntheticConfig,
  classes: readonly string[],
): { train: { id: string; classId: number }[]; test: { id: string; classId: number }[] } {
  const three = (n: number) => String(n).padStart(3, "0");
  const sides = (count: number, normal: string, first: number) => {
    const videos = Array.from({ length: count }, (_, i) => {
      const classId = 1 + i % (classes.length - 1);
      const number = first + Math.floor(i / (classes.length - 1)) + 1;
      return { id: `${classes[classId]}${three(number)}_x264`, classId };
    });
    for (let i = 0; i < count; i++) {
      videos.push({ id: `${normal}${three(i + 1)}_x264`, classId: 0 });
    }
    return videos;
  };
  const numbersInTrain = Math.ceil(config.videos_train / (classes.length - 1));
  return {
    train: sides(config.videos_train, "Normal_Videos", 0),
    test: sides(config.videos_test, "Normal_Videos_", numbersInTrain),
  };
}

/** The story of one video, the same for the same seed and id. */
export function tellStory(
  seed: number,
  { id, classId }: { id: string; classId: number },
  shortest: number,
  longest: number,
): Story {
  const random = new Random(seed, `synthetic/story/${id}`);
  const between = ([low, high]: readonly [number, number]) => low + (high - low) * random.uniform();
  const snippets = shortest + random.integer(Math.max(longest, shortest) - shortest + 1);
  const anomaly = new Float32Array(snippets);
  const events: FrameInterval[] = [];
  if (classId > 0) {
    const share = between(anomalyShare);
    const count = random.uniform() < twoEvents && snippets >= 4 ? 2 : 1;
    const length = Math.max(1, Math.round(share * snippets / count));
    // Each event lies in its own part of the video, with a snippet between two.
    const part = Math.floor(snippets / count);
    for (let i = 0; i < count; i++) {
      const start = i * part + random.integer(Math.max(1, part - length));
      const end = Math.min(start + length, snippets);
      const level = between([0.6, 1.3]);
      for (let t = start; t < end; t++) anomaly[t] = level * between([0.5, 1.5]);
      events.push({ start, end });
    }
  }
  const burst = new Float32Array(snippets);
  if (random.uniform() < (classId > 0 ? burstsInAnomalous : burstsInNormal)) {
    const count = 1 + random.integer(2);
    for (let i = 0; i < count; i++) {
      const length = Math.max(1, Math.round(between(burstShare) * snippets));
      const start = random.integer(Math.max(1, snippets - length));
      burst.fill(between([0.7, 1.3]), start, Math.min(start + length, snippets));
    }
  }
  return {
    id,
    classId,
    snippets,
    events,
    anomaly,
    burst,
    random: () => new Random(seed, `synthetic/features/${id}`),
  };
}
