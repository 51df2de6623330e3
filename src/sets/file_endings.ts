/** What stands behind the name of a video in the names of its files. */

import { VIDEO_ENDINGS } from "../video/video_endings.ts";

const ENDINGS = [".npy", ".npz", ".h5", ".hdf5", ".txt", ".mat", ...VIDEO_ENDINGS];
const endings = new RegExp(`(${ENDINGS.map((ending) => `\\${ending}`).join("|")})+$`, "i");

/** Without its endings: features of `cam1.mp4` are called `cam1.mp4.npy` as well. */
export function withoutEndings(name: string): string {
  return name.replace(endings, "");
}
