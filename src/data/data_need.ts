import type { FeatureNeed } from "./feature_sizes.ts";

/** What the caller needs of the data. */
export interface DataNeed {
  /** Sizes that the model is made for. */
  features?: FeatureNeed;
  /** Training videos are looked at to see whether test videos are among them; they may be missing. */
  testAlone?: boolean;
}
