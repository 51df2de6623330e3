/** The list of the videos that one long vector runs through, in its order. */

import { fault } from "../fault.ts";
import { linesOf } from "./list_fields.ts";
import { parseFeatureList } from "./list_text.ts";
import { videoIdOf } from "./video_id.ts";

/** A video of a vector. */
export interface VideoOfVector {
  id: string;
  /** Its frames in the vector, where the list tells: of all videos or of none. */
  frames?: number;
  label?: string;
}

/** A name, and a whole number behind it. */
const withFrames = /^(.*[^\s,;])\s*[\s,;]\s*(\d+)$/;
const header = /\b(frames|num_frames|length|count)$/i;

/**
 * Reads `<video> <frames>` lines, separated by spaces, tabs, commas or semicolons, with or without
 * a header; or any list of features, of which neighbouring rows of one video (its crops) count
 * once.
 *
 * @throws {SyntaxError} a fault: a video that comes back after others, or as parseFeatureList
 */
export function parseVectorList(text: string, name: string): VideoOfVector[] {
  const all = linesOf(text);
  const lines = all.length > 1 && header.test(all[0].text) ? all.slice(1) : all;
  const matches = lines.map((line) => withFrames.exec(line.text));
  // Numbers up to 1 are labels.
  const counted = lines.length > 0 && matches.every((match) => match !== null) &&
    matches.some((match) => Number(match[2]) > 1);
  const rows: VideoOfVector[] = counted
    ? matches.map((match) => ({
      id: videoIdOf(match![1].replace(/^(["'])(.*)\1$/, "$2")),
      frames: Number(match![2]),
    }))
    : parseFeatureList(text, name).rows.map(({ path, label }) => ({ id: videoIdOf(path), label }));
  const videos: VideoOfVector[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    if (!counted && row.id === videos.at(-1)?.id) continue;
    if (seen.has(row.id)) {
      throw fault(
        SyntaxError,
        `Cannot read the list "${name}" of a vector: the video "${row.id}" comes back after others; give a list with a row a video, or with its crops one after another`,
      );
    }
    seen.add(row.id);
    videos.push(row);
  }
  return videos;
}
