/** What is asked of the extraction of one video, and what it gives. */

import { fault } from "../fault.ts";

export interface ExtractedVideo {
  /** [T, N, D]; T snippets, or segments where the recipe asks for them. */
  shape: [number, number, number];
  values: Float32Array;
  /** Of sound: rows of its spectrogram, 10 ms apart. */
  frames: number;
  /** Of a damaged file: what is missing, in words. */
  damage: string | null;
}

export interface ExtractOptions {
  /** Clips that go through the network at once; absent: by their size. */
  batch?: number;
  /** Told of every decoded frame. */
  onFrame?: (frames: number) => void;
  stop?: AbortSignal;
}

/** @throws {Error} a fault: the signal came */
export function requireGoingOn(stop: AbortSignal | undefined): void {
  if (!stop?.aborted) return;
  throw fault(Error, "Stopped: the same command goes on with the videos that are missing");
}
