import { assert, assertEquals } from "@std/assert";
import { officialBatch, randomBatch } from "../../src/bench/official_batch.ts";
import { median } from "../../src/bench/measure.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";

function shapeOf(runner: string, videos?: number) {
  return officialBatch(
    resolveConfig({ overrides: [`runner=${runner}`], catalog: registry }),
    videos,
  );
}

Deno.test("officialBatch() is the batch of each paper's official code", () => {
  assertEquals(shapeOf("mil"), [60, 10, 32, 2048]);
  assertEquals(shapeOf("rtfm"), [64, 10, 32, 2048]);
  assertEquals(shapeOf("mgfn"), [32, 10, 32, 2049]); // with the magnitude
  assertEquals(shapeOf("s3r"), [64, 10, 32, 2048]);
  assertEquals(shapeOf("ur_dmu"), [128, 1, 200, 1024]);
  assertEquals(shapeOf("bn_wvad"), [128, 1, 200, 1024]);
  assertEquals(shapeOf("bn_wvad", 4), [4, 1, 200, 1024]);
});

Deno.test("randomBatch() is half normal, and the same each time", () => {
  const { video, classIds, lengths } = randomBatch([4, 1, 3, 5]);
  assertEquals([...classIds], [0, 0, 1, 1]);
  assertEquals([...lengths], [3, 3, 3, 3]);
  assert(video.length === 60 && video.every((value) => value >= 0 && value < 1));
  assertEquals(randomBatch([4, 1, 3, 5]).video, video);
});

Deno.test("median() is the middle, of an even number the larger of the two", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 3);
});
