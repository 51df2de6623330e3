/**
 * Synthetic features that look like I3D's: non-negative, about 40 % zeros, snippet L2 norm about
 * 20, crops of one snippet alike but not equal. Nothing is stored: a video is drawn when it is
 * asked for, about 10 ns a value, the same on every machine (only sums, products, divisions and
 * square roots, which IEEE 754 fixes).
 *
 * A snippet is max(0, gain x (scene + own pattern + anomaly + burst + noise - threshold)):
 *
 * - scene: two of 16 patterns that all videos share, fading over time: most of the variation
 * - own pattern: of this video alone, so that videos can be told apart without telling anything
 * - anomaly: along the direction of the video's class, only within its events
 * - burst: along one of 4 harmless directions, larger than an anomaly, in most normal videos:
 *   whoever looks at the magnitude alone raises false alarms
 * - gain: per crop and channel
 *
 * Text-aligned features look like CLIP's: of either sign, without threshold and maximum, classes
 * where a text tower puts their names, and what is no anomaly in the direction of Normal.
 */

import type { SyntheticConfig } from "../config/schema/data.ts";
import { Random } from "../random.ts";
import { builtInClassDirections } from "../text/built_in_tower.ts";
import { type Story, syntheticIds, tellStory } from "./synthetic_story.ts";
import type { VideoFeatures } from "./video.ts";

const sceneCount = 16;
const burstCount = 4;
/** Share of a class direction's squared norm that all classes have in common. */
const commonShare = 0.15;
const threshold = 0.15;
/**
 * Share of an anomaly's strength with which text-aligned snippets lie in the direction of Normal
 * otherwise.
 */
const normalShare = 0.5;
/** Values of the noise table; rows start at 65 536 different places in it. */
const noiseStarts = 0x10000;

/** The sizes of a synthetic data set. */
export interface SyntheticSizes extends SyntheticConfig {
  seed: number;
  dim: number;
  crops: number;
  /** Features that share a space with the text of the built-in tower. */
  textAligned?: boolean;
}

/** A synthetic video: its story, and its features on demand. */
export interface SyntheticVideo extends Story {
  /** All crops, or one alone: the same numbers as among all. */
  draw(crop?: number): VideoFeatures;
}

/** All videos of the synthetic data set; `classes` are the names by class id. */
export function syntheticVideos(
  sizes: SyntheticSizes,
  classes: readonly string[],
): { train: SyntheticVideo[]; test: SyntheticVideo[] } {
  const { seed, shortest, longest_train, longest_test } = sizes;
  const world = makeWorld(sizes, classes);
  const ids = syntheticIds(sizes, classes);
  const tell = (video: { id: string; classId: number }, longest: number): SyntheticVideo => {
    const story = tellStory(seed, video, shortest, longest);
    return { ...story, draw: (crop) => drawVideo(story, world(), crop) };
  };
  return {
    train: ids.train.map((video) => tell(video, longest_train)),
    test: ids.test.map((video) => tell(video, longest_test)),
  };
}

/** What all videos of a seed share. */
interface World {
  sizes: SyntheticSizes;
  scenes: Float32Array[];
  /** Directions of norm 1 by class id. */
  classes: Float32Array[];
  /** Direction of what is no anomaly, where there is one. */
  usual: Float32Array | null;
  /** Least value: 0 behind a rectifier. */
  least: number;
  bursts: Float32Array[];
  /** Standard deviation 1, mean 0. */
  noise: Float32Array;
}

/** Made once, when the first video is drawn. */
function makeWorld(sizes: SyntheticSizes, classes: readonly string[]): () => World {
  const make = () =>
    sizes.textAligned ? alignedWorld(sizes, classes) : rectifiedWorld(sizes, classes);
  let made: World | undefined;
  return () => made ??= make();
}

/** As I3D's. */
function rectifiedWorld(sizes: SyntheticSizes, names: readonly string[]): World {
  const { seed, dim } = sizes;
  const pattern = (name: string, active: number, norm: number) =>
    sparsePattern(new Random(seed, `synthetic/${name}`), dim, active, norm);
  const several = (name: string, count: number, active: number, norm: number) =>
    Array.from({ length: count }, (_, i) => pattern(`${name}/${i}`, active, norm));
  const common = pattern("common", 0.05, Math.sqrt(commonShare));
  const classes = several("class", names.length, 0.05, Math.sqrt(1 - commonShare));
  for (const direction of classes) {
    for (let d = 0; d < dim; d++) direction[d] += common[d];
  }
  return {
    sizes,
    scenes: several("scene", sceneCount, 0.5, patternNorm(dim, 20)),
    classes,
    usual: null,
    least: 0,
    bursts: several("burst", burstCount, 0.05, 1),
    noise: noiseTable(seed, dim),
  };
}

/** As CLIP's. */
function alignedWorld(sizes: SyntheticSizes, names: readonly string[]): World {
  const { seed, dim } = sizes;
  const several = (name: string, count: number, norm: number) =>
    Array.from(
      { length: count },
      (_, i) => signedPattern(new Random(seed, `synthetic/${name}/${i}`), dim, norm),
    );
  const classes = builtInClassDirections(names, dim);
  return {
    sizes,
    scenes: several("scene", sceneCount, patternNorm(dim, 20)),
    classes,
    usual: classes[0],
    least: -Infinity,
    bursts: several("burst", burstCount, 1),
    noise: noiseTable(seed, dim),
  };
}

/**
 * Scales a norm that is meant for 2048 channels, so that single values stay as large with other D.
 */
function patternNorm(dim: number, norm: number): number {
  return norm * Math.sqrt(dim / 2048);
}

/** A non-negative vector of the given norm, of which a share of the channels is active. */
function sparsePattern(random: Random, dim: number, active: number, norm: number): Float32Array {
  const pattern = new Float32Array(dim);
  let squares = 0;
  for (let d = 0; d < dim; d++) {
    if (random.uniform() >= active) continue;
    const u = random.uniform();
    pattern[d] = 0.2 + 2 * u * u;
    squares += pattern[d] * pattern[d];
  }
  if (squares === 0) squares = pattern[0] = 1; // possible with a handful of channels
  const scale = norm / Math.sqrt(squares);
  for (let d = 0; d < dim; d++) pattern[d] *= scale;
  return pattern;
}

/** A vector of the given norm whose values have either sign. */
function signedPattern(random: Random, dim: number, norm: number): Float32Array {
  const pattern = new Float32Array(dim);
  let squares = 0;
  for (let d = 0; d < dim; d++) {
    pattern[d] = random.uniform() + random.uniform() - random.uniform() - random.uniform();
    squares += pattern[d] * pattern[d];
  }
  const scale = norm / Math.sqrt(squares);
  for (let d = 0; d < dim; d++) pattern[d] *= scale;
  return pattern;
}

/** Sums of eight bytes of a hash: close to normal, and without a logarithm. */
function noiseTable(seed: number, dim: number): Float32Array {
  const table = new Float32Array(noiseStarts + dim);
  const key = new Random(seed, "synthetic/noise").word();
  const mean = 8 * 127.5, deviation = Math.sqrt(8 * (256 * 256 - 1) / 12);
  const bytes = (x: number) => (x & 255) + ((x >>> 8) & 255) + ((x >>> 16) & 255) + (x >>> 24);
  for (let i = 0; i < table.length; i++) {
    const sum = bytes(hash(key + 2 * i)) + bytes(hash(key + 2 * i + 1));
    table[i] = (sum - mean) / deviation;
  }
  return table;
}

/** Mixes 32 bits (Chris Wellons' lowbias32). */
function hash(x: number): number {
  x ^= x >>> 16;
  x = Math.imul(x, 0x7FEB352D);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846CA68B);
  return (x ^ (x >>> 16)) >>> 0;
}

function drawVideo(story: Story, world: World, crop?: number): VideoFeatures {
  const { crops, dim, strength, burst_strength, noise } = world.sizes;
  const { usual, least } = world;
  const offset = usual === null ? threshold : 0;
  const { snippets, anomaly, burst, classId } = story;
  const random = story.random();
  const [sceneA, sceneB] = [0, 1].map(() => world.scenes[random.integer(sceneCount)]);
  const ownNorm = patternNorm(dim, 8);
  const own = usual === null
    ? sparsePattern(random, dim, 0.3, ownNorm)
    : signedPattern(random, dim, ownNorm);
  const brightness = 0.6 + 0.8 * random.uniform();
  const shareA = fading(random, snippets, 24, 0.3 * brightness, 0.8 * brightness);
  const shareB = fading(random, snippets, 24, 0.1 * brightness, 0.6 * brightness);
  const activity = fading(random, snippets, 8, 0.75, 1.25);
  const harmless = world.bursts[random.integer(burstCount)];
  const abnormal = world.classes[classId];
  const gains = cropGains(random.word(), crops, dim);
  const noiseKey = random.word();

  const drawn = crop === undefined ? Array.from({ length: crops }, (_, n) => n) : [crop];
  const values = new Float32Array(drawn.length * snippets * dim);
  const mean = new Float32Array(dim);
  for (let t = 0; t < snippets; t++) {
    const a = activity[t] * shareA[t], b = activity[t] * shareB[t], c = activity[t];
    const event = anomaly[t] * strength, alarm = burst[t] * burst_strength;
    for (let d = 0; d < dim; d++) {
      mean[d] = a * sceneA[d] + b * sceneB[d] + c * own[d] + event * abnormal[d] +
        alarm * harmless[d] - offset;
    }
    if (usual !== null) {
      const share = normalShare * strength * Math.max(0, 1 - anomaly[t]);
      for (let d = 0; d < dim; d++) mean[d] += share * usual[d];
    }
    for (const [place, n] of drawn.entries()) {
      const start = hash(noiseKey + n * snippets + t) % noiseStarts;
      drawRow(
        values,
        (place * snippets + t) * dim,
        mean,
        gains,
        n * dim,
        world.noise,
        start,
        noise,
        dim,
        least,
      );
    }
  }
  return { crops: drawn.length, snippets, dim, values, length: snippets };
}

/**
 * The loop over channels, alone so that the compiler sees it early: 20 480 values a snippet go
 * through it.
 */
function drawRow(
  values: Float32Array,
  at: number,
  mean: Float32Array,
  gains: Float32Array,
  gainAt: number,
  table: Float32Array,
  tableAt: number,
  noise: number,
  dim: number,
  least: number,
): void {
  for (let d = 0; d < dim; d++) {
    const value = (mean[d] + noise * table[tableAt + d]) * gains[gainAt + d];
    values[at + d] = value > least ? value : least;
  }
}

/** [N, D] between 0.75 and 1.25. */
function cropGains(key: number, crops: number, dim: number): Float32Array {
  const gains = new Float32Array(crops * dim);
  for (let i = 0; i < gains.length; i++) gains[i] = 0.75 + 0.5 * (hash(key + i) * 2 ** -32);
  return gains;
}

/** [T] numbers that move in straight lines between random ones, a new one every `step` snippets. */
function fading(
  random: Random,
  snippets: number,
  step: number,
  low: number,
  high: number,
): Float32Array {
  const knots = Array.from(
    { length: Math.ceil(snippets / step) + 1 },
    () => low + (high - low) * random.uniform(),
  );
  return Float32Array.from({ length: snippets }, (_, t) => {
    const i = Math.floor(t / step), share = t / step - i;
    return knots[i] + share * (knots[i + 1] - knots[i]);
  });
}
