/** What lies already where `wsvad score` is to write, and which videos are left to score. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fault } from "../fault.ts";
import type { Tell } from "../progress.ts";
import { InputFile } from "../io/read_file.ts";
import type { LoadedCheckpoint } from "../run_folder/load_checkpoint.ts";
import type { Source } from "./score_sources.ts";

/** "html" of videos alone: a page on which curve and video go together. */
export type ScoreFormat = "csv" | "json" | "svg" | "html";

/** What is asked of the files to write. */
export interface OutputChoice {
  out: string;
  formats: ScoreFormat[];
  overwrite: boolean;
  skipExisting?: boolean;
  /** Told how many videos were looked at. */
  tell?: Tell;
}

/** A video to score, and the files of it that are to be written. */
export interface OpenSource extends Source {
  formats: ScoreFormat[];
}

/** Bytes at the beginning of a file of scores within which its provenance ends. */
const PROVENANCE_BYTES = 1 << 14;

export function outputPath(out: string, id: string, format: ScoreFormat): string {
  return join(out, `${id}.${format}`);
}

/**
 * The videos of which files are missing, with these formats; all videos with all formats under
 * `overwrite`.
 *
 * @returns warnings: of scores that stay as they are and come from other weights
 * @throws {Error} a fault: a file exists, and nothing says what is to be done with it
 */
export async function earlierScores(
  sources: Source[],
  checkpoint: Pick<LoadedCheckpoint, "path" | "step">,
  { out, formats, overwrite, skipExisting = false, tell }: OutputChoice,
): Promise<{ missing: OpenSource[]; warnings: string[] }> {
  const missing: OpenSource[] = [];
  const ofOthers: { path: string; source: string }[] = [];
  const own = sourceText(checkpoint);
  for (const [i, source] of sources.entries()) {
    tell?.("looking for earlier scores: video", i, sources.length);
    const exists = (format: ScoreFormat) => existsSync(outputPath(out, source.id, format));
    const found = overwrite ? [] : formats.filter(exists);
    if (found.length > 0 && !skipExisting) {
      throw fault(
        Error,
        `Cannot write "${
          outputPath(out, source.id, found[0])
        }": it exists; give another --out, add --skip-existing to score what is missing, or --overwrite to replace`,
      );
    }
    const open = formats.filter((format) => !found.includes(format));
    if (open.length > 0) missing.push({ ...source, formats: open });
    if (!found.includes("json")) continue;
    const path = outputPath(out, source.id, "json");
    const told = await sourceOf(path);
    if (told !== null && told !== own) ofOthers.push({ path, source: told });
  }
  const warnings = ofOthers.slice(0, 1).map(({ path, source }) =>
    `${ofOthers.length} of the files that stay say that they come from ${source}, not from ${own}: "${path}"${
      ofOthers.length > 1 ? " and others" : ""
    }; --overwrite scores them again`
  );
  return { missing, warnings };
}

/** Words for the weights behind a file of scores; the same words are the same weights. */
function sourceText({ path, step }: Pick<LoadedCheckpoint, "path" | "step">): string {
  return `"${resolve(path)}"${step === null ? "" : `, step ${step}`}`;
}

/** The weights that a file of scores names; null where it names none. */
async function sourceOf(path: string): Promise<string | null> {
  using file = await InputFile.open(path);
  const bytes = await file.read(0, Math.min(PROVENANCE_BYTES, file.size));
  const [, text] = /^ {2}"provenance": (\{.*\}),$/m.exec(new TextDecoder().decode(bytes)) ?? [];
  if (text === undefined) return null;
  try {
    const { checkpoint, step = null } = JSON.parse(text);
    return typeof checkpoint === "string" ? sourceText({ path: checkpoint, step }) : null;
  } catch {
    return null; // a file that somebody else wrote
  }
}
