/**
 * `deno task time:decoding VIDEO [LINEAGE ...]`: frames a second of decoding alone, and of decoding
 * with the resize and crops of a lineage: what a network waits for. With `pairs:backbone` it gives
 * the share of decoding in docs/performance.md.
 */

import { currentLoad } from "../src/bench/measure.ts";
import type { CropChoice } from "../src/video/crops.ts";
import { decodeFrames } from "../src/video/decode_frames.ts";
import { type FramePreparer, prepareFrames } from "../src/video/prepare_frames.ts";
import { type PreprocessingName, preprocessings } from "../src/video/preprocessing.ts";
import { openVideo } from "../src/video/video_source.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const known = Object.entries(preprocessings).filter(([, { meanVolume }]) => !meanVolume)
  .map(([name]) => name as PreprocessingName);
const USAGE = `time:decoding VIDEO [LINEAGE ...], of ${known.join(", ")}`;
const { positionals: [path, ...asked] } = taskWords(USAGE);
const wrong = asked.find((name) => !(known as string[]).includes(name));
if (path === undefined || wrong !== undefined) endWithUsage(USAGE);
const source = await openVideo(path);
const alone = await measured(null);
console.log(`${path}, ${source.format}, load ${currentLoad().load.toFixed(1)}`);
console.log(`decoding alone: ${alone.toFixed(1)} frames/s`);
for (const name of asked.length > 0 ? asked as PreprocessingName[] : known) {
  console.log(`${name}: ${(await measured(name)).toFixed(1)} frames/s`);
}

/** Frames a second of the whole video, with the usual crops of a lineage. */
async function measured(name: PreprocessingName | null): Promise<number> {
  const lineage = name === null ? null : preprocessings[name];
  let preparer: FramePreparer | null = null;
  let clip = new Float32Array(0), frames = 0;
  const start = performance.now();
  for await (const frame of decodeFrames(source)) {
    frames++;
    if (lineage === null) continue;
    const crops = Object.keys(lineage.crops)[0] as CropChoice;
    preparer ??= prepareFrames(frame, lineage, { crops });
    if (clip.length === 0) clip = new Float32Array(preparer.side ** 2 * 3);
    const resized = preparer.resize(frame.data);
    for (let n = 0; n < preparer.places.length; n++) preparer.write(resized, n, clip, 0);
  }
  return frames / ((performance.now() - start) / 1000);
}
