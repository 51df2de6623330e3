import { assert, assertEquals, assertThrows } from "@std/assert";
import { officialBatch, randomBatch } from "../../src/bench/official_batch.ts";
import { median } from "../../src/bench/measure.ts";
import { listGroup } from "../../src/config/groups.ts";
import { officialFeatures } from "../../src/config/official_features.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";

function shapeOf(runner: string, videos?: number) {
  return officialBatch(
    resolveConfig({ overrides: [`runner=${runner}`], catalog: registry }),
    videos,
  );
}

Deno.test("officialBatch() is the batch of each paper's official code", () => {
  const shapes: Record<string, number[]> = {
    mil: [60, 10, 32, 2048],
    rtfm: [64, 10, 32, 2048],
    mgfn: [32, 10, 32, 2049], // with the magnitude
    s3r: [64, 10, 32, 2048],
    ur_dmu: [128, 1, 200, 1024],
    bn_wvad: [128, 1, 200, 1024],
    gs_moe: [128, 1, 200, 1024],
    clip_tsa: [32, 1, 32, 512],
    vadclip: [128, 1, 256, 512],
    tpwng: [64, 1, 256, 512],
    prodisc: [60, 1, 300, 512],
    pel4vad: [128, 1, 200, 1024],
    dsanet: [128, 1, 256, 512],
  };
  const methods = listGroup("runner", []).map(({ name }) => name);
  assertEquals(Object.fromEntries(methods.map((name) => [name, shapeOf(name)])), shapes);
  assertEquals(shapeOf("bn_wvad", 4), [4, 1, 200, 1024]);
});

Deno.test("officialFeatures() takes a file's own word, the usual features without one, and nothing else", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/runner`);
    const write = (name: string, text: string) =>
      Deno.writeTextFile(`${folder}/runner/${name}.yaml`, text);
    await write("mine", "official: { crops: 5, dim: 1024 }\n");
    await write("silent", "name: silent\n");
    await write("wrong", "name: wrong\nofficial: { crops: five }\n");
    assertEquals(officialFeatures("mine", [folder]), { crops: 5, dim: 1024 });
    assertEquals(officialFeatures("silent", [folder]), { crops: 10, dim: 2048 });
    assertEquals(officialFeatures("not_there"), { crops: 10, dim: 2048 });
    assertThrows(() => officialFeatures("wrong", [folder]), RangeError, "line 2, column");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
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
