import { assertAlmostEquals, assertEquals } from "@std/assert";
import {
  BANDS,
  EXAMPLE_FRAMES,
  frameCount,
  logMelExamples,
  magnitudes,
} from "../../src/video/log_mel.ts";

Deno.test("frameCount() counts whole frames of 400 samples every 160", () => {
  assertEquals([0, 399, 400, 559, 560, 15_600].map(frameCount), [0, 0, 1, 1, 2, 96]);
});

Deno.test("magnitudes() of a wave that fits the transform stand at its bin", () => {
  const bin = 32,
    samples = Float64Array.from(
      { length: 400 },
      (_, i) => Math.cos(2 * Math.PI * bin * i / 512),
    );
  const found = magnitudes(samples);
  assertEquals(found.length, 257);
  assertEquals(found.indexOf(Math.max(...found)), bin);
  assertAlmostEquals(found[bin], 100, 0.01); // half the window's sum of 200
});

Deno.test("logMelExamples() drops what fills no example, and silence is the logarithm of the offset", () => {
  assertEquals(logMelExamples(new Int16Array(15_599)).length, 0);
  const silent = logMelExamples(new Int16Array(2 * 96 * 160 + 100));
  assertEquals(silent.length, EXAMPLE_FRAMES * BANDS);
  assertEquals(silent.every((value) => value === Math.fround(Math.log(0.01))), true);
});
