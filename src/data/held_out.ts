/** Training videos that are held out to choose weights by, so that the test videos need not. */

import { isAbsolute, join } from "node:path";
import { fault } from "../fault.ts";
import { readText } from "../io/read_file.ts";
import { streamOf } from "../random.ts";
import type { Video } from "./video.ts";
import { videoIdOf } from "./video_id.ts";

/** Training samples, parted by their videos. */
export interface HeldOut {
  train: Video[];
  held: Video[];
}

/**
 * Parts the training samples. A share takes each video by a hash of its id, whatever the others
 * are, so that a video stays on its side when videos are added; all crops of a video go together.
 *
 * @param choice share of the videos, or path of a list with a video a line, below `root` or
 *     absolute; null: nothing is held out
 * @throws {RangeError} a fault: no normal or no anomalous video on one of the sides, or a list that
 *     names a video which is no training video
 */
export async function heldOut(
  samples: Video[],
  choice: number | string | null,
  root: string | null,
): Promise<HeldOut> {
  if (choice === null) return { train: samples, held: [] };
  const isHeld = typeof choice === "number"
    ? (id: string) => shareOf(id) < choice
    : await listed(join(isAbsolute(choice) ? "" : root ?? "", choice), samples);
  const parted = Map.groupBy(samples, ({ id }) => isHeld(videoIdOf(id)));
  const { train, held } = { train: parted.get(false) ?? [], held: parted.get(true) ?? [] };
  for (const [side, videos] of [["to train on", train], ["held out", held]] as const) {
    for (const kind of [false, true]) {
      if (videos.some(({ anomalous }) => anomalous === kind)) continue;
      throw fault(
        RangeError,
        `Cannot hold out videos by data.val=${choice}: no ${
          kind ? "anomalous" : "normal"
        } video is left ${side}, of ${samples.length} samples; set another share or list`,
      );
    }
  }
  return { train, held };
}

/** Of a video, in [0, 1), evenly whatever the ids have in common. */
function shareOf(id: string): number {
  // FNV-1a leaves the upper bits of like names alike; the finaliser of MurmurHash3 mixes them.
  let hash = streamOf(id);
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return ((hash ^ hash >>> 16) >>> 0) / 0x100000000;
}

async function listed(path: string, samples: Video[]): Promise<(id: string) => boolean> {
  const lines = (await readText(path)).split(/\r?\n/).map((line) => line.trim());
  const ids = new Set(lines.filter((line) => line !== "").map(videoIdOf));
  const known = new Set(samples.map(({ id }) => videoIdOf(id)));
  for (const id of ids) {
    if (known.has(id)) continue;
    throw fault(
      RangeError,
      `Cannot hold out the videos of "${path}": "${id}" is no training video; take it off the list`,
    );
  }
  return (id) => ids.has(id);
}
