/** Feature sets in circulation, known again by their channels and the mean norm of a snippet. */

/** An extraction of features that files go about of. */
export interface Lineage {
  name: string;
  what: string;
  dim: number;
  /** Mean L2 norm of a snippet, rounded. */
  norm: number;
}

export const lineages: readonly Lineage[] = [
  { name: "i3d_resnet50", what: "I3D ResNet-50 of RTFM and MGFN", dim: 2048, norm: 22 },
  { name: "i3d_seg32", what: "I3D of ucf_crime_tencrop_i3d_seg32", dim: 2048, norm: 2.5 },
  { name: "i3d_inception", what: "I3D Inception of DeepMIL", dim: 1024, norm: 8 },
  { name: "languagebind", what: "LanguageBind", dim: 768, norm: 12.6 },
  { name: "c3d", what: "C3D of Sultani et al., of unit norm", dim: 4096, norm: 1 },
];

/** Pooled snippets are a little shorter than those that they are the mean of. */
const largestRatio = 1.6;

/** The extraction that features of these channels and this mean norm are of; null: none known. */
export function lineageOf(dim: number, norm: number): Lineage | null {
  const near = lineages.filter((known) =>
    known.dim === dim && Math.max(known.norm / norm, norm / known.norm) < largestRatio
  );
  return near.length === 1 ? near[0] : null;
}
