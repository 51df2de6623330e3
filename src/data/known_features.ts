/**
 * Feature sets in circulation, known again by what their numbers look like: sets of one name and
 * one width differ by an order of magnitude, and a method that goes by magnitude needs its own.
 */

/** What a sample of a split's features looks like. */
export interface Fingerprint {
  /** Channels without a magnitude channel. */
  dim: number;
  /** Mean L2 norm of a snippet of a crop. */
  norm: number;
  /** Share of values that are 0. */
  zeros: number;
}

/** A feature set and what it is good for. */
export interface KnownFeatures {
  name: string;
  dim: number;
  /** Mean L2 norm of a snippet; null where it says nothing. */
  norm: number | null;
  /** How the snippets lie over the frames. */
  grid: string;
  /** Runners whose papers use it. */
  runners: readonly string[];
  /** With which published figures results on it can be compared. */
  compare: string;
}

const UNNORMALISED = "image embeddings of CLIP ViT-B/16, not normalised";

/** Measured on the sets themselves. */
export const knownFeatures: readonly KnownFeatures[] = [
  {
    name: "ten-crop I3D, ResNet-50 (RTFM, MGFN)",
    dim: 2048,
    norm: 22,
    grid: "ceil(frames / 16)",
    runners: ["rtfm", "mgfn", "s3r", "gs_moe", "mil"],
    compare: "RTFM, MGFN and S3R",
  },
  {
    name: "ten-crop I3D pooled to 32 segments (jinmang2/ucf_crime_tencrop_i3d_seg32, main)",
    dim: 2048,
    norm: 2.5,
    grid: "ceil(frames / 16)",
    runners: ["mil", "s3r"],
    compare: "none of the papers: RTFM and MGFN go by magnitudes about nine times as large",
  },
  {
    name: "I3D, Inception (DeepMIL, UR-DMU, XD-Violence)",
    dim: 1024,
    norm: 8,
    grid: "floor(frames / 16), some videos a snippet less",
    runners: ["ur_dmu", "bn_wvad", "pel4vad"],
    compare: "UR-DMU, BN-WVAD and PEL4VAD",
  },
  {
    name: `VadCLIP's UCFClipFeatures or XDClipFeatures (${UNNORMALISED})`,
    dim: 512,
    norm: null,
    grid: "floor(frames / 16)",
    runners: ["vadclip", "tpwng", "clip_tsa", "prodisc", "dsanet"],
    compare: "VadCLIP, TPWNG and DSANet",
  },
  {
    name: "LanguageBind",
    dim: 768,
    norm: 12.6,
    grid: "about floor(frames / 16)",
    runners: ["mil", "rtfm", "ur_dmu"],
    compare: "none of the papers",
  },
  {
    name: "C3D fc6 of the original MIL, 32 segments",
    dim: 4096,
    norm: 1,
    grid: "32 segments a video",
    runners: ["mil"],
    compare: "Sultani et al.",
  },
];

/** Norms further apart than this are of different sets; splits of one differ by less. */
const NEAR = 1.4;

/**
 * The set that a fingerprint fits, or the sets of the same width where its norm fits none.
 */
export function recognise(
  { dim, norm }: Pick<Fingerprint, "dim" | "norm">,
): { set: KnownFeatures | null; sameWidth: KnownFeatures[] } {
  const sameWidth = knownFeatures.filter((set) => set.dim === dim);
  const fits = (known: number | null) =>
    known === null || Math.max(norm / known, known / norm) < NEAR;
  return { set: sameWidth.find((set) => fits(set.norm)) ?? null, sameWidth };
}

/** What a fingerprint says, in a sentence. */
export function sentenceOf(print: Fingerprint): string {
  const { set, sameWidth } = recognise(print);
  const norm = print.norm.toPrecision(3);
  if (set !== null) {
    return `they look like ${set.name}, for ${
      set.runners.join(", ")
    }; results can be compared with ${set.compare}`;
  }
  if (sameWidth.length > 0) {
    const others = sameWidth.map(({ name, norm }) => `${name}: ${norm}`).join("; ");
    return `${print.dim} channels are known, but not with a mean norm of ${norm} (${others}): scaled, normalised or of another extractor, so that methods that go by magnitude (rtfm, mgfn, s3r) need a margin of their own, and no published figure can be compared`;
  }
  return `no known set has ${print.dim} channels: any method runs with runner.features.dim=${print.dim}, and no published figure can be compared`;
}
