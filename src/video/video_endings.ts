/** Endings by which videos are looked for in folders; a file that is named may have any. */
export const VIDEO_ENDINGS = [
  ".mp4",
  ".avi",
  ".mkv",
  ".mov",
  ".webm",
  ".m4v",
  ".mpg",
  ".mpeg",
  ".ts",
  ".wmv",
  ".flv",
  ".3gp",
];
