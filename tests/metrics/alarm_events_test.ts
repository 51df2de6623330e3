import { assertEquals } from "@std/assert";
import { scoreSteps, snippetBounds } from "../../src/frames/frame_bounds.ts";
import { alarmEvents } from "../../src/metrics/alarm_events.ts";

const steps = (scores: number[]) =>
  scoreSteps(Float32Array.from(scores), snippetBounds(scores.length, 10));
const plain = { threshold: 0.5, gapFrames: 0, holdFrames: 0 };

Deno.test("alarmEvents() begins and ends where scores cross the threshold, strictly", () => {
  assertEquals(alarmEvents(steps([0.5, 0.75, 0.875, 0.5, 0.625]), plain), [
    { start: 10, end: 30, peak: 0.875, peakFrame: 20 },
    { start: 40, end: 50, peak: 0.625, peakFrame: 40 },
  ]);
  assertEquals(alarmEvents(steps([0.5, 0.25]), plain), []);
  // 0.3 as float32 is above the double 0.3, and no alarm.
  assertEquals(alarmEvents(steps([0.3]), { ...plain, threshold: 0.3 }), []);
});

Deno.test("alarmEvents() merges over gaps before it drops what does not hold", () => {
  const scores = steps([0.75, 0, 0.875, 0, 0, 0.625]);
  const merged = { start: 0, end: 30, peak: 0.875, peakFrame: 20 };
  const last = { start: 50, end: 60, peak: 0.625, peakFrame: 50 };
  assertEquals(alarmEvents(scores, { ...plain, gapFrames: 9 }).length, 3);
  assertEquals(alarmEvents(scores, { ...plain, gapFrames: 10 }), [merged, last]);
  assertEquals(alarmEvents(scores, { ...plain, gapFrames: 10, holdFrames: 11 }), [merged]);
  assertEquals(alarmEvents(scores, { ...plain, holdFrames: 11 }), []);
});
