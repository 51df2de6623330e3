/** From the section `data` of the configuration to videos that can be loaded. */

import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import type { DataNeed } from "./data_need.ts";
import { openFiles } from "./open_files.ts";
import { openSynthetic } from "./open_synthetic.ts";
import type { Dataset } from "./video.ts";

/**
 * Opens the configured data: finds files, reads their headers, checks that they fit together and to
 * `need`, and finds classes and ground truth. Features are read when a video is loaded.
 *
 * @throws fault, whatever the user can mend: missing or contradictory settings, files that are
 *   missing, damaged, of other sizes or of an unknown class, test videos without ground truth
 */
export async function openDataset(config: DataConfig, need: DataNeed = {}): Promise<Dataset> {
  if (config.magnitude && config.normalize === "l2") {
    throw fault(
      RangeError,
      "Cannot append magnitudes to normalised features, they would all be 1; set data.normalize=none or data.magnitude=false",
    );
  }
  return config.source === "synthetic"
    ? openSynthetic(config, need)
    : await openFiles(config, need);
}
