import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { evaluate } from "../../src/metrics/evaluate.ts";
import type { ScoredVideo } from "../../src/metrics/evaluation.ts";

const CLASSES = ["Normal", "Abuse", "Arrest"];

/** An abnormal video whose third and fourth snippet are an event, and a normal one. */
function videos(): ScoredVideo[] {
  const rows = (values: number[][]) => Float32Array.from(values.flat());
  return [
    {
      id: "Abuse001",
      className: "Abuse",
      anomalous: true,
      scores: Float32Array.of(0.9, 0.1, 0.2, 0.3), // the wrong way round
      probabilities: rows([[0.9, 0.05, 0.05], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1]]),
      frames: 64,
      groundTruth: [{ start: 32, end: 64 }],
      segments: [{ start: 32, end: 64, label: "Abuse" }],
    },
    {
      id: "Normal001",
      className: "Normal",
      anomalous: false,
      scores: Float32Array.of(0.5, 0.5),
      probabilities: rows([[0.9, 0.06, 0.04], [0.95, 0.03, 0.02]]),
      frames: 32,
      groundTruth: [],
      segments: [{ start: 0, end: 32, label: "A" }],
    },
  ];
}

Deno.test("evaluate() ranks frames by 1 - the probability of Normal for a text branch", () => {
  const { metrics, detection } = evaluate(videos(), { classes: CLASSES });
  assertEquals(metrics.align_auc, 1);
  assertEquals(metrics.align_ap, 1);
  assert(metrics.roc_auc! < 0.5);
  // Abuse is found at every IoU; Normal has no segment of its name and counts 0, as does Arrest.
  assertEquals(detection!.map_fixed!.percent, [100, 100, 100, 100, 100]);
  assertAlmostEquals(metrics.map_official!, 100 / 3, 1e-9);
  assertEquals(metrics.map_fixed, 100);
});

Deno.test("evaluate() says why there is no detection mAP where scores stand for segments", () => {
  const { metrics, reasons, detection } = evaluate(videos(), {
    classes: CLASSES,
    spread: "segments",
  });
  assertEquals(detection, undefined);
  assertEquals(metrics.map_official, null);
  assertEquals(reasons.map_official, "detections are counted in snippets, not in segments");
});

Deno.test("evaluate() has no metrics of a text branch without class probabilities", () => {
  const plain = videos().map(({ probabilities: _, ...video }) => video);
  assertEquals(Object.keys(evaluate(plain).metrics).filter((name) => /align|map/.test(name)), []);
});
