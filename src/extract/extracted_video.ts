/** What is asked of the extraction of one video, and what it gives. */

import { fault } from "../fault.ts";
import type { FeatureRows } from "./feature_rows.ts";

export interface ExtractedVideo {
  /** [T, N, D]; T snippets, or segments where the recipe asks for them. */
  shape: [number, number, number];
  /** Its T N rows, those of a snippet one behind the other. */
  rows: Pick<FeatureRows, "read">;
  /** Of sound: rows of its spectrogram, 10 ms apart. */
  frames: number;
  /** Of a damaged file: what is missing, in words. */
  damage: string | null;
}

export interface ExtractOptions {
  /** Clips that go through the network at once; absent: by their size. */
  batch?: number;
  /** Programs that decode the video at once, each another part of it; absent: one. */
  decoders?: number;
  /** Frames of a part, at the least; absent: 1024. */
  pieceFrames?: number;
  /** Told how many frames were decoded. */
  onFrame?: (frames: number) => void;
  /** Told why a video is not decoded as was asked. */
  onNote?: (text: string) => void;
  stop?: AbortSignal;
}

/** @throws {Error} a fault: the signal came */
export function requireGoingOn(stop: AbortSignal | undefined): void {
  if (!stop?.aborted) return;
  throw fault(Error, "Stopped: the same command goes on with the videos that are missing");
}
