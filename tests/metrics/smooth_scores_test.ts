import { assertEquals, assertThrows } from "@std/assert";
import { smoothingText, smoothScores } from "../../src/metrics/smooth_scores.ts";

const scores = Float32Array.of(1, 2, 3, 4, 8);

Deno.test("smoothScores() by slide looks ahead, and the last values sink", () => {
  const slid = smoothScores(scores, { rule: "slide", width: 2 });
  assertEquals([...slid], [1.5, 2.5, 3.5, 6, 4]);
  assertEquals([...smoothScores(scores, { rule: "slide", width: 8 })].at(0), 18 / 8);
});

Deno.test("smoothScores() by fixed gives a block its mean, the last one filled up with zeros", () => {
  const fixed = smoothScores(scores, { rule: "fixed", width: 2 });
  assertEquals([...fixed], [1.5, 1.5, 3.5, 3.5, 4]);
});

Deno.test("smoothScores() by none copies, and a width below 1 is refused", () => {
  const same = smoothScores(scores, { rule: "none", width: 7 });
  assertEquals(same, scores);
  assertEquals(same === scores, false);
  assertEquals(smoothScores(scores, { rule: "slide", width: 1 }), scores);
  assertThrows(
    () => smoothScores(scores, { rule: "fixed", width: 0 }),
    RangeError,
    "eval.smooth.width",
  );
});

Deno.test("smoothingText() names the rule and its width, and nothing where nothing is smoothed", () => {
  assertEquals(smoothingText({ rule: "none", width: 7 }), null);
  assertEquals(smoothingText(undefined), null);
  assertEquals(
    smoothingText({ rule: "slide", width: 7 }),
    "slide 7: each score the mean of itself and the 6 behind it",
  );
});
