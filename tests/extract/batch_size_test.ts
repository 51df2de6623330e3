import { assert, assertEquals } from "@std/assert";
import { clipsAtOnce } from "../../src/extract/clip_rows.ts";
import { registry } from "../../src/model/registry.ts";

Deno.test("clipsAtOnce() keeps the widest activation of a batch within 128 MiB", () => {
  const clips = Object.fromEntries(
    Object.values(registry.backbone).map((entry) => [
      entry.name,
      clipsAtOnce(entry.facts(entry.config.parse({}))),
    ]),
  );
  const { i3d_gowtham, i3d_pytorchvideo, c3d, clip } = clips;
  assertEquals([i3d_gowtham, i3d_pytorchvideo, c3d, clip], [5, 2, 2, 55]);
  assert(Object.values(clips).every((count) => count >= 1));
  assertEquals(clipsAtOnce({ input: [16, 1000, 1000, 3], widest: 1 }), 1);
});
