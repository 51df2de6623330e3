import { assertEquals, assertStringIncludes } from "@std/assert";
import { type ScreenedAuc, verdictOf } from "../../src/commands/screen_report.ts";

const NONE = { magnitude: null, content: null, probe: null, videoProbe: null, weakProbe: null };
const around = (auc: number, reach: number): ScreenedAuc => ({
  auc,
  low: auc - reach,
  high: auc + reach,
});

Deno.test("verdictOf() counts an inverted ranking, and a probe above chance alone", () => {
  const inverted = verdictOf({ ...NONE, magnitude: around(0.2, 0.05) });
  assertEquals(inverted.signal, true);
  assertStringIncludes(inverted.verdict, "magnitude tells anomalies from the rest");
  assertEquals(verdictOf({ ...NONE, probe: around(0.8, 0.05) }).signal, true);
  assertEquals(verdictOf({ ...NONE, probe: around(0.2, 0.05) }).signal, false);
});

Deno.test("verdictOf() asks more of a probe than of a ranking, and 0.03 of both", () => {
  assertEquals(verdictOf({ ...NONE, content: around(0.6, 0.05) }).signal, true);
  assertEquals(verdictOf({ ...NONE, weakProbe: around(0.6, 0.05) }).signal, false);
  assertEquals(verdictOf({ ...NONE, content: around(0.529, 0.001) }).signal, false);
  assertEquals(verdictOf(NONE).signal, false);
});

Deno.test("verdictOf() names all that tell, and the farthest from chance as the best", () => {
  const areas = { ...NONE, magnitude: around(0.7, 0.02), content: around(0.1, 0.02) };
  assertStringIncludes(
    verdictOf(areas).verdict,
    "magnitude, distance from normal tell anomalies from the rest (best: distance from normal, 0.100)",
  );
});
