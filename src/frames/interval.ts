/** Parts of a video, in its frames. */

/** Half-open interval of frames, 0-based. */
export interface FrameInterval {
  start: number;
  end: number;
}

/**
 * An annotated segment; the label is a class name, or `A` for the whole of a normal video of
 * UCF-Crime.
 */
export interface LabelledSegment extends FrameInterval {
  label: string;
}
