/** `wsvad data gt`: the frame ground truth of test videos by a named rule, told video by video. */

import type { DataConfig } from "../config/schema/data.ts";
import type { ResolvedConfig } from "../config/schema/index.ts";
import { readAnnotations } from "../data/annotation_files.ts";
import { cropNumbers, placeOfCrop, snippetsRead } from "../data/crops.ts";
import { locate } from "../data/data_paths.ts";
import { expectedOf, expectedSizes, inspectSplit } from "../data/feature_sizes.ts";
import { someOf } from "../data/feature_list.ts";
import { findSplit } from "../data/split_files.ts";
import { readTestTruths, requireTruths, type TestTruth } from "../data/test_ground_truth.ts";
import { parseVectorList } from "../data/vector_list.ts";
import { videoIdOf } from "../data/video_id.ts";
import { fault } from "../fault.ts";
import type { FrameInterval } from "../frames/interval.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { realFileSystem } from "../io/file_system.ts";
import { writeFolder } from "../io/folder_write.ts";
import { encodeNpy } from "../io/npy.ts";
import { readText } from "../io/read_file.ts";
import type { Tell } from "../progress.ts";
import type { GroundTruthRule } from "../sets/ground_truth.ts";
import { dataSets } from "../sets/index.ts";

export interface GroundTruthRequest {
  /** The rule asked for by name; that of data.ground_truth_rule when absent. */
  rule?: GroundTruthRule;
  /** A list of the test videos, whose order the vector then has. */
  list?: string;
  /** Where one `.npy` vector over all videos goes; its list goes beside it. */
  vector?: string;
  /** Where a `.npy` vector a video goes. */
  folder?: string;
  overwrite: boolean;
  /** Told how far the look at the features is. */
  tell?: Tell;
}

/** The ground truth of one video. */
export interface VideoTruth {
  id: string;
  className: string | null;
  /** Snippets of its features; null where the annotated frame count took their place. */
  snippets: number | null;
  /** Frames that the ground truth covers. */
  frames: number;
  /** Frames of the video itself, where the annotation tells. */
  videoFrames: number | null;
  abnormal: number;
  /** Half-open runs of abnormal frames. */
  intervals: FrameInterval[];
  /** Annotated frames behind the last one covered. */
  cut: number;
}

export interface GroundTruthReport {
  rule: string;
  videos: VideoTruth[];
  frames: number;
  abnormal: number;
  warnings: string[];
  /** What was written. */
  files: string[];
}

/**
 * Videos come from data.test, whose features tell how many frames count, or without it from the
 * list or the annotation, whose frame counts then tell.
 *
 * @throws {Error | RangeError | SyntaxError} a fault: no videos, no ground truth of some, another
 *     rule than the data set's, or a file that is there
 */
export async function buildGroundTruth(
  { data: configured, eval: { frames_per_snippet: perSnippet } }: ResolvedConfig,
  request: GroundTruthRequest,
): Promise<GroundTruthReport> {
  await refuseExisting(request);
  const data: DataConfig = {
    ...configured,
    ground_truth_rule: request.rule ?? configured.ground_truth_rule,
    ...(configured.test === null ? { frame_counts: "annotations" as const } : {}),
  };
  const lengths = await snippetsOfTest(data, request.tell);
  const ids = await orderOf(data, lengths, request.list);
  const truths = await readTestTruths(
    data,
    perSnippet,
    () => Promise.resolve(lengths ?? new Map()),
  );
  if (request.rule !== undefined && truths.rule !== request.rule) {
    throw fault(
      RangeError,
      `Cannot make the ground truth by ${request.rule}: the rule of ${
        dataSets[data.classes].title
      } here is "${truths.rule}"; leave --rule away${
        data.ground_truth === null ? "" : ", or set data.ground_truth=null and data.annotations"
      }`,
    );
  }
  const warnings: string[] = [];
  const has = requireTruths(ids, truths, data, warnings);
  const videos = ids.filter((_, i) => has[i]).map((id) =>
    truthOf(id, truths.of(id)!, lengths?.get(id) ?? null, data)
  );
  for (const warning of warningsOf(videos)) warnings.push(warning);
  const report: GroundTruthReport = {
    rule: truths.rule,
    videos,
    frames: videos.reduce((sum, { frames }) => sum + frames, 0),
    abnormal: videos.reduce((sum, { abnormal }) => sum + abnormal, 0),
    warnings,
    files: [],
  };
  await write(report, request);
  return report;
}

/** Snippets by video, in the order of data.test; null where it is not configured. */
async function snippetsOfTest(
  data: DataConfig,
  tell?: Tell,
): Promise<Map<string, number> | null> {
  if (data.test === null) return null;
  const videos = await findSplit(data, "test");
  const expected = expectedOf(data, "test", expectedSizes(data, {}));
  const axes = await inspectSplit(videos, expected, undefined, tell);
  return new Map(videos.map((video, i) => {
    const place = data.test_crop === null
      ? undefined
      : placeOfCrop(video.id, cropNumbers(video, axes[i]), data.test_crop);
    return [video.id, snippetsRead(axes[i], place)];
  }));
}

async function orderOf(
  data: DataConfig,
  lengths: ReadonlyMap<string, number> | null,
  list: string | undefined,
): Promise<string[]> {
  if (list !== undefined) {
    const ids = parseVectorList(await readText(list), list).map(({ id }) => id);
    const unknown = lengths === null ? [] : ids.filter((id) => !lengths.has(id));
    if (unknown.length === 0) return ids;
    throw fault(
      RangeError,
      `Cannot make the ground truth of the list "${list}": ${unknown.length} of its ${ids.length} videos are not among the test features: ${
        someOf(unknown)
      }; complete data.test, or set data.test=null to go by annotated frame counts`,
    );
  }
  if (lengths !== null) return [...lengths.keys()];
  const annotations = locate(data, "annotations");
  if (annotations !== null) {
    return (await readAnnotations(data, annotations)).map(({ id }) => videoIdOf(id));
  }
  throw fault(
    Error,
    "Cannot make a ground truth: no videos are named; set data.test, data.annotations, or give --list",
  );
}

function truthOf(
  id: string,
  truth: TestTruth,
  snippets: number | null,
  { classes }: DataConfig,
): VideoTruth {
  const { frames, intervals } = truth.at(snippets ?? 0);
  const set = dataSets[classes];
  const classId = set.classesOf(id)?.[0];
  return {
    id,
    className: truth.className ?? (classId === undefined ? null : set.classes[classId]),
    snippets,
    frames,
    videoFrames: truth.videoFrames ?? null,
    abnormal: intervals.reduce((sum, { start, end }) => sum + end - start, 0),
    intervals,
    cut: truth.marked.reduce((sum, { start, end }) => {
      return sum + Math.max(0, end - Math.max(start, frames));
    }, 0),
  };
}

function warningsOf(videos: readonly VideoTruth[]): string[] {
  const told = (wrong: VideoTruth[], what: string) =>
    wrong.length === 0 ? [] : [
      `${wrong.length} of ${videos.length} videos ${what}: ${someOf(wrong.map(({ id }) => id))}`,
    ];
  return [
    ...told(
      videos.filter(({ className, abnormal }) => className === "Normal" && abnormal > 0),
      "are normal and have abnormal frames",
    ),
    ...told(
      videos.filter(({ className, abnormal }) => {
        return className !== null && className !== "Normal" && abnormal === 0;
      }),
      "are abnormal and have no abnormal frame",
    ),
    ...told(videos.filter(({ cut }) => cut > 0), "have annotated frames behind their last snippet"),
  ];
}

/** The list of a folder of vectors. */
const FOLDER_LIST = "videos.list";

/** The list of a vector: beside it, with the ending changed. */
function listBeside(vector: string): string {
  return vector.replace(/\.npy$/i, ".list");
}

/** Before any work: what is there, and what cannot be. */
async function refuseExisting({ vector, overwrite }: GroundTruthRequest): Promise<void> {
  if (vector === undefined) return;
  if (!/\.npy$/i.test(vector)) {
    throw fault(
      RangeError,
      `Cannot write the vector "${vector}": its name must end in .npy; its list goes beside it`,
    );
  }
  for (const path of overwrite ? [] : [vector, listBeside(vector)]) {
    if (await realFileSystem.kind(path) === null) continue;
    throw fault(
      Error,
      `Cannot write "${path}": it exists; choose another name, or give --overwrite`,
    );
  }
}

async function write(report: GroundTruthReport, request: GroundTruthRequest): Promise<void> {
  const { vector, folder, overwrite } = request;
  const { videos, files } = report;
  const list = videos.map(({ id, frames }) => `${id} ${frames}\n`).join("");
  if (folder !== undefined) {
    const vectors = videos.map((video) =>
      [`${video.id}.npy`, encodeNpy([video.frames], labelsOf([video], video.frames))] as const
    );
    const isOurs = (name: string) => name === FOLDER_LIST || name.endsWith(".npy");
    await writeFolder(folder, [...vectors, [FOLDER_LIST, list]], overwrite ? isOurs : null);
    files.push(folder);
  }
  if (vector === undefined) return;
  const labels = encodeNpy([report.frames], labelsOf(videos, report.frames));
  // No vector ever lies beside the list of another.
  if (await realFileSystem.kind(vector) === "file") await Deno.remove(vector);
  await writeWhole(listBeside(vector), list, { overwrite });
  try {
    await writeWhole(vector, labels, { overwrite });
  } catch (error) {
    await Deno.remove(listBeside(vector)).catch(() => {});
    throw error;
  }
  files.push(vector, listBeside(vector));
}

/** A byte a frame, video after video. */
function labelsOf(videos: readonly VideoTruth[], frames: number): Uint8Array {
  const labels = new Uint8Array(frames);
  let first = 0;
  for (const video of videos) {
    for (const { start, end } of video.intervals) labels.fill(1, first + start, first + end);
    first += video.frames;
  }
  return labels;
}
