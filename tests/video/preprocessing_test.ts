import { assert, assertEquals, assertThrows } from "@std/assert";
import { tenCropCentreLast, tenCropCentreThird } from "../../src/video/crops.ts";
import { pillowResize } from "../../src/video/pillow_resize.ts";
import { halfToEven, opencvBilinear } from "../../src/video/plain_resize.ts";
import { prepareFrames } from "../../src/video/prepare_frames.ts";
import { type Preprocessing, preprocessings } from "../../src/video/preprocessing.ts";
import { snippetCount, snippetGrids } from "../../src/video/snippet_grid.ts";

/** Each byte tells where it is. */
function frameOf(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7) % 251);
}

Deno.test("five crops are the first five of ten, the centre crop is one of them", () => {
  const from = { width: 400, height: 300 };
  for (const name of ["gowtham", "urdmu", "tushar", "pytorchvideo"] as const) {
    const at = (crops: "ten" | "five" | "centre") =>
      prepareFrames(from, preprocessings[name], { crops }).places;
    assertEquals(at("five"), at("ten").slice(0, 5));
    const third = name === "gowtham" || name === "urdmu";
    assertEquals(at("centre"), [at("ten")[third ? 2 : 4]]);
  }
});

Deno.test("centres: halves go down in one code, to the even number in the other", () => {
  assertEquals([57.5, 58.5, 58.4, 58.6, 0.5].map(halfToEven), [58, 58, 58, 59, 0]);
  const size = { width: 341, height: 256 }; // 117 columns are over
  assertEquals(tenCropCentreLast(size, 224)[4], { mirrored: false, top: 16, left: 58 });
  assertEquals(tenCropCentreLast({ width: 455, height: 256 }, 224)[4].left, 116);
  assertEquals(tenCropCentreThird(size, 224)[2].left, 58);
});

Deno.test("a mirrored crop is the place of the mirrored frame, not the mirror of the place", () => {
  const from = { width: 340, height: 256 };
  const preparer = prepareFrames(from, preprocessings.gowtham, { crops: "ten" });
  const frame = preparer.resize(frameOf(340, 256));
  const crop = (n: number) => {
    const out = new Float32Array(224 * 224 * 3);
    preparer.write(frame, n, out, 0);
    return out;
  };
  const right = crop(1), mirroredLeft = crop(5);
  for (const [y, x] of [[0, 0], [100, 7], [223, 223]]) {
    for (let c = 0; c < 3; c++) {
      assertEquals(mirroredLeft[(y * 224 + x) * 3 + c], right[(y * 224 + 223 - x) * 3 + c]);
    }
  }
});

Deno.test("pillowResize() leaves a pass out whose size stays, and the frame where both do", () => {
  const frame = frameOf(30, 20);
  const same = pillowResize({ width: 30, height: 20 }, { width: 30, height: 20 }, "bicubic");
  assert(same(frame) === frame);
  for (const filter of ["bilinear", "bicubic", "lanczos"] as const) {
    const flat = new Uint8Array(30 * 20 * 3).fill(93);
    const resized = pillowResize({ width: 30, height: 20 }, { width: 7, height: 41 }, filter)(flat);
    assertEquals(resized, new Uint8Array(7 * 41 * 3).fill(93), filter);
  }
});

Deno.test("opencvBilinear() takes the mean of 2x2 pixels where both sides are halved", () => {
  const frame = new Uint8Array(4 * 2 * 3);
  for (let pixel = 0; pixel < 8; pixel++) frame[pixel * 3] = [10, 20, 1, 2, 31, 40, 3, 5][pixel];
  const halved = opencvBilinear({ width: 4, height: 2 }, { width: 2, height: 1 })(frame);
  assertEquals([...halved], [25, 0, 0, 3, 0, 0]); // 25.25, 2.75
});

Deno.test("c3d_caffe has blue first and takes off the mean at the frame's place in the clip", () => {
  const from = { width: 171, height: 128 };
  const plane = 171 * 128;
  const mean = { frames: 2, data: new Float32Array(3 * 2 * plane) };
  mean.data.fill(10, plane, 2 * plane); // blue of frame 1
  const preparer = prepareFrames(from, preprocessings.c3d_caffe, { crops: "centre", mean });
  const source = new Uint8Array(plane * 3);
  for (let i = 0; i < source.length; i += 3) source.set([1, 2, 33], i);
  const out = new Float32Array(112 * 112 * 3);
  const first = (k: number) => {
    preparer.write(preparer.resize(source), 0, out, 0, k);
    return [...out.subarray(0, 3)];
  };
  assertEquals(first(0), [33, 2, 1]);
  assertEquals(first(1), [23, 2, 1]);
  assertThrows(
    () => prepareFrames(from, preprocessings.c3d_caffe, { crops: "centre" }),
    RangeError,
    "mean volume",
  );
});

Deno.test("each lineage makes crops of any frame, a single column and an odd size too", () => {
  for (const [name, lineage] of Object.entries<Preprocessing>(preprocessings)) {
    for (const from of [{ width: 3, height: 5 }, { width: 641, height: 7 }]) {
      const mean = { frames: 1, data: new Float32Array(3 * 128 * 171) };
      const preparer = prepareFrames(from, lineage, { crops: "centre", mean });
      const { side } = preparer;
      const out = new Float32Array(side * side * 3).fill(NaN);
      preparer.write(preparer.resize(frameOf(from.width, from.height)), 0, out, 0);
      assert(out.every(Number.isFinite), name);
    }
  }
});

Deno.test("snippetCount() refuses 16 frames where the extractor demands more", () => {
  assertThrows(() => snippetCount(snippetGrids.gowtham, 16, 16), RangeError, "more than 16");
  assertThrows(() => snippetCount(snippetGrids.urdmu_repeat, 1, 16), RangeError, "1 frames");
  assertEquals(snippetCount(snippetGrids.gowtham, 17, 16), 1);
  assertEquals(snippetCount(snippetGrids.floor, 15, 16), 0);
});
