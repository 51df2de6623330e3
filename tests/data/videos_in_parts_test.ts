import { assertEquals } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { type KnownVideo, videoMakers } from "../../src/data/prepared_videos.ts";
import type { FeatureParts } from "../../src/data/video.ts";
import { ucfCrime } from "../../src/sets/ucf_crime.ts";

const parts: FeatureParts = {
  ...{ crops: 2, snippets: 8, dim: 4 },
  read: () => Promise.reject(new Error("not read here")),
};
const truth = { at: () => ({ frames: 128, intervals: [] }), marked: [] };

/** What a test video of two crops gives to be read in parts, and which crop was asked for. */
async function inParts(change: Partial<DataConfig>, once = false) {
  const asked: (number | undefined)[] = [];
  const known: KnownVideo = {
    ...{ id: "Normal_Videos_003_x264", classId: 0, snippets: 8, crops: [0, 1] },
    read: () => Promise.reject(new Error("not read here")),
    inParts: (crop) => {
      asked.push(crop);
      return Promise.resolve(parts);
    },
  };
  const config = dataSchema.parse({ source: "folder", cache_mb: 0, ...change });
  const video = videoMakers(config, ucfCrime, 4, [], { once }).test(known, truth);
  return [await video.inParts!(), asked];
}

Deno.test("a test video that no cache keeps is read in parts, of the one crop where one is set", async () => {
  assertEquals(await inParts({}), [parts, [undefined]]);
  assertEquals(await inParts({ test_crop: 1 }), [parts, [1]]);
  assertEquals(await inParts({ cache_mb: 1024 }, true), [parts, [undefined]]);
});

Deno.test("a test video that is kept for later, or pooled, is not read in parts", async () => {
  assertEquals(await inParts({ cache_mb: 1024 }), [null, []]);
  assertEquals(await inParts({ segments_test: 4 }), [null, []]);
});
