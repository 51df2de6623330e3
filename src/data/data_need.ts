import type { EvalConfig } from "../config/schema/eval.ts";
import type { Tell } from "../progress.ts";
import type { KnownShapes } from "./feature_file.ts";
import type { FeatureNeed } from "./feature_sizes.ts";

/** What the caller needs of the data. */
export interface DataNeed {
  /** Sizes that the model is made for. */
  features?: FeatureNeed;
  /** How scores will be laid over frames; as the settings' defaults when absent. */
  evaluation?: Pick<EvalConfig, "align" | "spread" | "frames_per_snippet">;
  /**
   * Training videos are looked at to see whether test videos are among them; they may be missing.
   */
  testAlone?: boolean;
  /** Shapes of files whose headers were read already. */
  shapes?: KnownShapes;
  /** Told how far the look at the files is. */
  tell?: Tell;
}
