/** Annotated events, from the data set's own text or from a folder of MATLAB files. */

import { join } from "node:path";
import type { DataConfig } from "../config/schema/data.ts";
import { fault } from "../fault.ts";
import { entriesIn } from "../io/list_folder.ts";
import { decodeMat } from "../io/mat_file.ts";
import { entryAt, readBytes, readText } from "../io/read_file.ts";
import { float32Of } from "../io/safetensors.ts";
import type { Annotation } from "../sets/annotations.ts";
import type { AnnotationForm } from "../sets/data_set.ts";
import { dataSets } from "../sets/index.ts";

/**
 * The annotations at a path.
 *
 * @throws {SyntaxError | RangeError | Error} a fault: of another form, or the data set has none
 */
export async function readAnnotations(config: DataConfig, path: string): Promise<Annotation[]> {
  const { title, groundTruth: { annotations: form } } = dataSets[config.classes];
  if (form === null) {
    throw fault(
      RangeError,
      `Cannot read annotations "${path}": ${title} has frame masks and no file of events; set data.annotations=null and data.ground_truth to the folder of masks (RTFM's list/test_frame_mask) or to a JSON file`,
    );
  }
  if (!entryAt(path)?.isDirectory()) return form.parse(await readText(path), path);
  if (form.matlab) return await readMatlabFolder(path, form);
  throw fault(
    RangeError,
    `Cannot read annotations "${path}": it is a folder, expected the annotation text of ${title}; give the file`,
  );
}

/**
 * A folder of files as RTFM has them: a struct with the video's name, the name of its class, and
 * [1, 2] or [2, 2] event frames, -1 -1 for none.
 *
 * Source: tianyu0207/RTFM:list/Matlab_formate and list/make_gt_ucf.py.
 */
async function readMatlabFolder(folder: string, form: AnnotationForm): Promise<Annotation[]> {
  const files = entriesIn(folder, `Cannot read annotations in the folder "${folder}"`)
    .map(({ name }) => name)
    .filter((name) => !name.startsWith(".") && name.toLowerCase().endsWith(".mat"));
  if (files.length === 0) {
    throw fault(
      Error,
      `Cannot read annotations in the folder "${folder}": expected a .mat file a video, found none; give the folder that holds them, or the annotation text`,
    );
  }
  const annotations: Annotation[] = [];
  for (const file of files) {
    const path = join(folder, file);
    // The text form has the same fields, and its checks.
    annotations.push(form.parse(await lineOf(path), path)[0]);
  }
  return annotations;
}

/** `Abuse028_x264.mp4 Abuse 165 240 -1 -1`. */
async function lineOf(path: string): Promise<string> {
  const { tensors, plain, read } = decodeMat(await readBytes(path), path);
  const find = <T>(map: ReadonlyMap<string, T>, field: string) =>
    [...map].find(([key]) => key === field || key.endsWith(`/${field}`));
  const video = find(plain, "VideoName")?.[1];
  const event = find(plain, "EventName")?.[1];
  const frames = find(tensors, "Anno");
  const values = frames === undefined ? [] : Array.from(float32Of(await read(frames[0])));
  if (
    typeof video !== "string" || typeof event !== "string" ||
    (values.length !== 2 && values.length !== 4)
  ) {
    throw fault(
      SyntaxError,
      `Cannot read annotations "${path}": expected VideoName, EventName and one or two events in Anno, found ${
        [...plain.keys(), ...tensors.keys()].map((key) => `"${key}"`).join(", ") || "nothing"
      }; take the official files, or the annotation text`,
    );
  }
  return [video, event, ...values, ...(values.length === 2 ? [-1, -1] : [])].join(" ");
}
