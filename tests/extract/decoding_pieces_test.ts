/** A video that several decoders give in pieces: the same features, to the last bit. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missingRuns, pieceFrames, SEAM_FRAMES } from "../../src/extract/decoding_plan.ts";
import { openSource } from "../../src/extract/extract_video.ts";
import { PIECES_FOLDER } from "../../src/extract/kept_pieces.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { withDevice } from "../support/with_device.ts";
import { extracted } from "./extracted.ts";
import { frameMeans, type OddClip, oddClip } from "./odd_clips.ts";

Deno.test("pieceFrames() are snippets that fill whole batches; missingRuns() divides what is left", () => {
  assertEquals(pieceFrames({ snippet: 16, clips: 10, batch: 3 }), 3 * 16 * 22);
  assertEquals(pieceFrames({ snippet: 16, clips: 10, batch: 4 }, 1), 2 * 16);
  assertEquals(pieceFrames({ snippet: 16, clips: 1, batch: 1 }, 100), 112);
  const run = (first: number, end: number | null) => ({ first, end });
  assertEquals(missingRuns(95, 10, 3, () => false), [run(0, 40), run(40, 80), run(80, null)]);
  assertEquals(missingRuns(100, 10, 1, () => false), [run(0, null)]);
  assertEquals(missingRuns(95, 10, 2, (i) => i === 1 || i > 6), [
    run(0, 10),
    run(20, 50),
    run(50, 70),
  ]);
  assertEquals(missingRuns(95, 10, 2, () => true), []);
});

const small = { batch: 1, pieceFrames: 32 };

Deno.test({
  name: "several decoders give the features of one, or leave it to one and say why, once",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder((folder) =>
      withDevice(async () => {
        const extractor = await frameMeans();
        const cases: [OddClip, decoders: number[], note: string | null][] = [
          ["b_frames.mp4", [2, 3], null],
          ["lossless.mkv", [2], null],
          ["stream.ts", [2], "is decoded by one decoder: mpegts has no index of its frames"],
        ];
        const jpeg = { ...extractor, recipe: { ...extractor.recipe, jpeg: true } };
        const pictures = await openSource(oddClip(folder, "pictures"), jpeg);
        const alone = await extracted(pictures, jpeg, { batch: 1 }), told: string[] = [];
        const onNote = (text: string) => told.push(text);
        assertEquals(
          await extracted(pictures, jpeg, { ...small, decoders: 2, onNote }),
          alone,
        );
        assertStringIncludes(told.join(), "the quality of a JPEG goes by those before it");
        for (const [name, counts, note] of cases) {
          const source = await openSource(oddClip(folder, name), extractor);
          const one = await extracted(source, extractor, { batch: 1 });
          assertEquals([one.frames, ...one.shape], [200, 13, 1, 16], name);
          for (const decoders of counts) {
            const notes: string[] = [];
            let frames = 0;
            const options = { ...small, decoders, onNote: (text: string) => notes.push(text) };
            const onFrame = () => frames++;
            const many = await extracted(source, extractor, { ...options, onFrame });
            assertEquals(many, one, `${name} by ${decoders}`);
            assertEquals(notes.length, note === null ? 0 : 1, notes.join());
            if (note !== null) assertStringIncludes(notes[0], note);
            else assertEquals(frames, 200);
          }
        }
      })
    ),
});

Deno.test({
  name: "a run that was stopped is gone on with; a seam that does not fit is decoded anew",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder((folder) =>
      withDevice(async () => {
        const extractor = await frameMeans();
        const source = await openSource(oddClip(folder, "b_frames.mp4"), extractor);
        const whole = await extracted(source, extractor, { batch: 1 });
        const place = { folder, id: "clip", of: "this" };
        const stopAt = (frame: number, decoders: number) => {
          const stop = new AbortController();
          const onFrame = (frames: number) => frames === frame && stop.abort();
          const options = { ...small, decoders, onFrame, stop: stop.signal };
          return assertRejects(
            () => extracted(source, extractor, options, place),
            Error,
            "Stopped",
          );
        };
        const record = join(folder, PIECES_FOLDER, "clip.json");
        const goOn = async (of = "this") => {
          const counts: number[] = [];
          const onFrame = (frames: number) => {
            // A kill would leave a record of rows that are written over from now on.
            if (counts.push(frames) === 1) assertEquals(existsSync(record), of === "this");
          };
          const options = { ...small, decoders: 2, onFrame };
          assertEquals(await extracted(source, extractor, options, { ...place, of }), whole);
          assert(![...Deno.readDirSync(folder)].some(({ name }) => name === PIECES_FOLDER));
          return counts;
        };
        await stopAt(64 + SEAM_FRAMES + 1, 1);
        assertEquals((await goOn())[0], 65); // two pieces were there
        await stopAt(120, 2);
        assertEquals((await goOn("another recipe"))[0], 1);
        await stopAt(100, 1);
        const told = JSON.parse(await Deno.readTextFile(record));
        told.pieces[1][1].tail[2] = "another frame";
        await Deno.writeTextFile(record, JSON.stringify(told));
        const counts = await goOn();
        assertEquals(counts.lastIndexOf(1), counts.length - 200); // all of it, once more
      })
    ),
});

Deno.test({
  name: "a decoder that somebody kills is no end of the video, but an error",
  ignore: !hasFfmpeg || Deno.build.os !== "linux",
  fn: () =>
    withFolder((folder) =>
      withDevice(async () => {
        const extractor = await frameMeans();
        // More than a pipe holds, so that ffmpeg has not ended.
        const path = testClip(folder, "large.mkv", { width: 320, height: 240, frames: 96 });
        const source = await openSource(path, extractor);
        for (const decoders of [1, 2]) {
          const onFrame = (frames: number) => frames === 1 && killDecoders(path);
          await assertRejects(
            () => extracted(source, extractor, { ...small, decoders, onFrame }),
            Error,
            "ffmpeg was ended by SIGKILL after ",
          );
        }
      })
    ),
});

/** Kills the programs that read the file. */
function killDecoders(path: string): void {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = Deno.readTextFileSync(`/proc/${name}/cmdline`).split("\0");
      if (words[0].endsWith("ffmpeg") && words.includes(`file:${path}`)) {
        Deno.kill(Number(name), "SIGKILL");
      }
    } catch {
      // It has ended meanwhile.
    }
  }
}

Deno.test({
  name:
    "--sample-to and a network over the whole video decode it once, and anew where it is damaged",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder((folder) =>
      withDevice(async () => {
        const extractor = await frameMeans();
        const sampled = { ...extractor, recipe: { ...extractor.recipe, sample_to: 4 } };
        const rowsOf = (
          values: Float32Array,
          row: number,
        ) => [...values.slice(16 * row, 16 * row + 16)];
        // The last packet of a file that is cut off makes no frame: its count is wrong at first.
        for (const [name, passes] of [["b_frames.mp4", 1], ["no_index.avi", 2]] as const) {
          const source = await openSource(oddClip(folder, name), extractor);
          const whole = await extracted(source, extractor);
          const began: number[] = [];
          const onFrame = (frame: number) => frame === 1 && began.push(frame);
          const some = await extracted(source, sampled, { onFrame });
          const [T] = whole.shape, chosen = [0, 1, 2, 3].map((i) => Math.floor(i * (T - 1) / 3));
          assertEquals(some.shape, [4, 1, 16]);
          assertEquals(
            [0, 1, 2, 3].map((row) => rowsOf(some.values, row)),
            chosen.map((row) => rowsOf(whole.values, row)),
          );
          assert(began.length <= passes, `${name}: ${began.length}`);
        }
      })
    ),
});
