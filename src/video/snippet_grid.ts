/**
 * Which frames an extractor takes for a snippet, and what it does with those that are left over at
 * the end. Sources: GowthamGottimukkala/I3D_Feature_Extraction_resnet,
 * jinmang2/anomaly_detection_on_video, henrryzh1/UR-DMU,
 * ekosman/AnomalyDetectionCVPR2018-Pytorch.
 */

import { fault } from "../fault.ts";

/** What becomes of a last snippet that has fewer frames than it needs. */
export type TailRule = "dropped" | "looped" | "repeated";

export interface SnippetGrid {
  tail: TailRule;
  /** Whether a video must be longer than one snippet, as the official code demands. */
  moreThanOne: boolean;
  summary: string;
}

export const snippetGrids = {
  floor: {
    tail: "dropped",
    moreThanOne: false,
    summary: "floor(F / 16) snippets, the tail is dropped",
  },
  gowtham: {
    tail: "dropped",
    moreThanOne: true,
    summary: "floor(F / 16) snippets, the tail is dropped, more than 16 frames are needed",
  },
  tushar_loop: {
    tail: "looped",
    moreThanOne: false,
    summary: "ceil(F / 16) snippets, the last one repeats its own frames in order",
  },
  urdmu_repeat: {
    tail: "repeated",
    moreThanOne: true,
    summary: "ceil(F / 16) snippets, the last frame fills the last one, more than 16 are needed",
  },
  c3d_port: {
    tail: "dropped",
    moreThanOne: false,
    summary: "floor(F / 16) snippets, the tail is dropped",
  },
  videomae: {
    tail: "dropped",
    moreThanOne: false,
    summary: "floor((F - 16) / 16) + 1 snippets, the tail is dropped",
  },
} as const satisfies Record<string, SnippetGrid>;

export type GridName = keyof typeof snippetGrids;

/**
 * Snippets of a video of F frames.
 *
 * @throws {RangeError} a fault: the rule demands more frames
 */
export function snippetCount(grid: SnippetGrid, frames: number, snippet: number): number {
  if (grid.moreThanOne && frames <= snippet) {
    throw fault(
      RangeError,
      `a video of ${frames} frames is too short for these features: their extractor demands more than ${snippet}`,
    );
  }
  return grid.tail === "dropped" ? Math.floor(frames / snippet) : Math.ceil(frames / snippet);
}

/** The frames of snippet i of a video of F frames, 0-based, in the order they are shown. */
export function snippetFrames(
  { tail }: SnippetGrid,
  i: number,
  frames: number,
  snippet: number,
): number[] {
  const first = i * snippet;
  const own = Math.min(snippet, frames - first);
  const placeOf = tail === "looped" ? (k: number) => k % own : (k: number) => Math.min(k, own - 1);
  return Array.from({ length: snippet }, (_, k) => first + placeOf(k));
}
