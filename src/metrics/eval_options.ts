import type { Smoothing } from "./smooth_scores.ts";
import type { Align, Spread } from "./frame_scores.ts";

/** The section `eval` of the configuration; what is absent has the default given here. */
export interface EvalOptions {
  /** Default `cut`. */
  align?: Align;
  /** Default `snippets`. */
  spread?: Spread;
  /** Default: none. */
  smooth?: Smoothing;
  /** Score above which a frame is an alarm in `far_normal`; default 0.5. */
  far_threshold?: number;
  /** Rule of the threshold that is chosen on the test videos; default `best_f1`. */
  threshold?: string | number;
  /** Resamples of the intervals; default 10,000, 0 for none. */
  bootstrap?: number;
  /** Frames that one score stands for with `spread: snippets`; default 16. */
  frames_per_snippet?: number;
  /** Scores are not in [0, 1] (bn_wvad): metrics with a fixed threshold are null. */
  unboundedScores?: boolean;
  /** Class names as the segments' labels spell them, for models with a text branch. */
  classes?: string[];
}
