import { assertEquals } from "@std/assert";
import { Pace } from "../../src/extract/extraction_pace.ts";

Deno.test("Pace tells nothing in the first seconds, then frames a second and the time left", () => {
  let now = 1000;
  const pace = new Pace(() => now);
  now += 5000; // ffmpeg starts
  assertEquals(pace.of(1, 1, 100), {});
  now += 1500; // kernels are compiled
  assertEquals(pace.of(2, 2, 100), {});
  now += 2500;
  assertEquals(pace.of(40, 40, 100), { framesPerSecond: 10, secondsLeft: 6 });
  assertEquals(pace.of(40, 40, null), { framesPerSecond: 10, secondsLeft: undefined });
  assertEquals(pace.of(0, 0, 100), { framesPerSecond: undefined, secondsLeft: undefined });
});
