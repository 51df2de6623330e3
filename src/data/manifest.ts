/**
 * Manifests: records, a JSON object a line or a row of a parquet file, that say where the features
 * of a video lie. Two forms are in use, both the seed project's (jinmang2/wsad):
 *
 * - the data set's: `video_id` (a file name), `path`, `event` (class name), `anomaly`, `split`,
 *   `size`
 * - the catalog's: `dataset`, `backbone`, `split`, `video_id` (bare), `label` (normal, abnormal),
 *   `path` (a file, or the folder or zip that holds it), `zip_member`, `n_crops`, `shape`, `dtype`;
 *   `wsvad data manifest` adds `class`, `crop` and `provenance`
 *
 * Shapes in a manifest are not believed: `n_crops` of test files is wrong in known ones (it holds
 * T).
 */

import { z } from "zod";
import { fault } from "../fault.ts";
import { isParquet, readParquet } from "../io/parquet.ts";
import { readText } from "../io/read_file.ts";
import { type StatedProvenance, statedProvenance } from "./stated_provenance.ts";
import { videoIdOf } from "./video_id.ts";

/** One video of a manifest. */
export interface ManifestRecord {
  id: string;
  split: string;
  /** Relative to the data's root, or absolute: a file, a member of an archive, or its folder. */
  path: string;
  /** Class name, or only Normal or Abnormal. */
  label: string;
  anomalous: boolean;
  /** Where its features come from, as far as the manifest says. */
  provenance?: StatedProvenance;
}

const text = z.string().min(1);
/** An object, or its JSON where a column of a table holds it. */
const provenance = z.preprocess(
  (value) => typeof value === "string" ? parsedOrNull(value) : value ?? undefined,
  statedProvenance.optional(),
);
const datasetForm = z.object({
  video_id: text,
  path: text,
  event: text,
  anomaly: z.enum(["Normal", "Abnormal"]),
  split: text,
  provenance,
});
const catalogForm = z.object({
  video_id: text,
  path: text,
  label: z.enum(["normal", "abnormal"]),
  class: z.string().nullable().optional(),
  split: text,
  provenance,
  zip_member: z.string().nullable().optional(),
});

function parsedOrNull(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null; // refused as of another form
  }
}

/** Whether a file is a manifest, by its name. */
export function isManifest(path: string): boolean {
  return path.endsWith(".jsonl") || path.endsWith(".parquet");
}

/**
 * Reads a manifest of either form, JSON lines or parquet.
 *
 * @throws as {@link parseManifest} and `readParquet`
 */
export async function readManifest(path: string): Promise<ManifestRecord[]> {
  if (!await isParquet(path)) return parseManifest(await readText(path), path);
  const rows = await readParquet(path);
  if (rows.length === 0) throw empty(path, "a row a video");
  return rows.map((row, index) =>
    recordOf(row, (problem) => {
      throw fault(
        SyntaxError,
        `Cannot read the manifest "${path}", row ${index + 1}: ${problem}`,
      );
    })
  );
}

function empty(name: string, expected: string): Error {
  return fault(
    SyntaxError,
    `Cannot read the manifest "${name}": expected ${expected}, found none; write it again`,
  );
}

/**
 * Reads the records of a manifest, in either form.
 *
 * @param name what faults call the text
 * @throws {SyntaxError} a fault: a line is not such a record
 */
export function parseManifest(content: string, name: string): ManifestRecord[] {
  const records: ManifestRecord[] = [];
  content.replace(/^\uFEFF/, "").split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === "") return;
    const refuse = (problem: string, cause?: unknown): never => {
      throw fault(
        SyntaxError,
        `Cannot read the manifest "${name}", line ${index + 1}: ${problem}`,
        { cause },
      );
    };
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      refuse(`it is not JSON (${(error as Error).message}); write one JSON object a line`, error);
    }
    records.push(recordOf(value, refuse));
  });
  if (records.length === 0) throw empty(name, "a JSON object a line");
  return records;
}

function recordOf(value: unknown, refuse: (problem: string) => never): ManifestRecord {
  const hasEvent = typeof value === "object" && value !== null && "event" in value;
  const parsed = hasEvent ? datasetForm.safeParse(value) : catalogForm.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    return refuse(
      path.length === 0
        ? "expected a JSON object; write one a line"
        : `its field "${path.join(".")}" is missing or wrong (${message}); correct it`,
    );
  }
  const record = parsed.data;
  if ("event" in record && (record.event === "Normal") !== (record.anomaly === "Normal")) {
    return refuse(
      `the event "${record.event}" and the anomaly "${record.anomaly}" disagree; correct one`,
    );
  }
  return {
    id: videoIdOf(record.video_id),
    split: record.split,
    path: "zip_member" in record && record.zip_member != null
      ? `${record.path}/${record.zip_member}`
      : record.path,
    label: "event" in record ? record.event : record.class ?? record.label,
    anomalous: ("event" in record ? record.anomaly : record.label).toLowerCase() === "abnormal",
    ...(record.provenance === undefined ? {} : { provenance: record.provenance }),
  };
}
