import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { definitions } from "../../src/metrics/metric_table.ts";
import { alignmentWarning, evaluate } from "../../src/metrics/evaluate.ts";
import type { ScoredVideo } from "../../src/metrics/evaluation.ts";
import golden from "../golden/metrics/video_cases.json" with { type: "json" };

function scored(
  id: string,
  className: string,
  scores: number[],
  intervals: number[][] = [],
  frames = 16 * scores.length,
): ScoredVideo {
  return {
    id,
    className,
    anomalous: className !== "Normal",
    scores: Float32Array.from(scores),
    frames,
    groundTruth: intervals.map(([start, end]) => ({ start, end })),
  };
}

/** Two classes and two normal videos; Arson's ground truth covers all its frames. */
const mixed = [
  scored("a", "Abuse", [0.9, 0.2], [[0, 16]]),
  scored("b", "Arson", [0.4, 0.8], [[0, 32]]),
  scored("n1", "Normal", [0.1, 0.3, 0.6]),
  scored("n2", "Normal", [0.1]),
];

for (const { name, threshold, videos, frames_used, expected } of golden.cases) {
  Deno.test(`evaluate() gives the metrics of golden ${name}`, () => {
    const { metrics, alignment } = evaluate(
      videos.map((video, v) =>
        scored(
          `video ${v}`,
          video.abnormal ? "Abuse" : "Normal",
          video.scores,
          video.gt_intervals,
          video.gt_length,
        )
      ),
      { far_threshold: threshold },
    );
    assertEquals(alignment.frames, frames_used);
    for (const [metric, value] of Object.entries(expected)) {
      assertAlmostEquals(metrics[metric]!, value, golden.tolerance, metric);
    }
  });
}

Deno.test("evaluate() defines every metric that it gives", () => {
  const { metrics } = evaluate(mixed);
  assertEquals(Object.keys(metrics), [
    "roc_auc",
    "pr_auc",
    "ap",
    "abnormal_auc",
    "abnormal_pr_auc",
    "abnormal_ap",
    "far_normal",
    "video_acc",
  ]);
  for (const name of Object.keys(metrics)) assert(name in definitions, name);
});

Deno.test("evaluate() gives both areas of each class, and why one is null", () => {
  const { classes, reasons } = evaluate(mixed);
  assertEquals(classes, [
    // 16 frames at 0.9 against 0.2 alone; against 0.2, 0.1, 0.3, 0.6 and 0.1
    { className: "Abuse", videos: 1, withNormal: 1, only: 1 },
    // 0.4 and 0.8 against 0.1, 0.3, 0.6, 0.1: one pair of eight is wrong
    { className: "Arson", videos: 1, withNormal: 7 / 8, only: null },
  ]);
  assertEquals(reasons, {
    "class_auc.only.Arson": "there is no normal frame in the videos compared",
  });
});

Deno.test("evaluate() calls a video anomalous by its highest score", () => {
  assertEquals(evaluate(mixed).metrics.video_acc, 0.75); // n1 reaches 0.6
  assertEquals(evaluate([scored("n", "Normal", [0.5])]).metrics.video_acc, 1); // not above 0.5
});

Deno.test("evaluate() compares with far_threshold in float32", () => {
  // 0.3 as float32 is above 0.3 as double
  assertEquals(evaluate(mixed, { far_threshold: 0.3 }).metrics.far_normal, 16 / 64);
  assertEquals(evaluate(mixed, { far_threshold: 0.29 }).metrics.far_normal, 32 / 64);
});

Deno.test("evaluate() gives null with the reason where a metric is undefined", () => {
  const normal = evaluate([scored("n", "Normal", [0.1, 0.9])]);
  assertEquals(normal.metrics, {
    roc_auc: null,
    pr_auc: null,
    ap: null,
    abnormal_auc: null,
    abnormal_pr_auc: null,
    abnormal_ap: null,
    far_normal: 0.5,
    video_acc: 0,
  });
  assertEquals(normal.reasons.roc_auc, "there is no anomalous frame in the test videos");
  assertEquals([normal.roc, normal.pr], [{ x: [], y: [] }, { x: [], y: [] }]);
  const anomalous = evaluate([scored("a", "Abuse", [0.1, 0.9], [[0, 32]])]);
  assertEquals(anomalous.metrics.roc_auc, null);
  assertEquals(anomalous.metrics.pr_auc, 1);
  assertEquals(anomalous.metrics.far_normal, null);
  assertEquals(anomalous.reasons, {
    roc_auc: "there is no normal frame in the test videos",
    abnormal_auc: "there is no normal frame in the test videos labelled anomalous",
    far_normal: "there is no frame of a normal test video",
    "class_auc.only.Abuse": "there is no normal frame in the videos compared",
    "class_auc.with_normal.Abuse": "there is no normal frame in the videos compared",
  });
});

Deno.test("evaluate() of unbounded scores gives null for fixed thresholds only", () => {
  const { metrics, reasons } = evaluate(mixed, { unboundedScores: true });
  assertEquals([metrics.far_normal, metrics.video_acc], [null, null]);
  assertEquals(Object.keys(reasons).sort(), ["class_auc.only.Arson", "far_normal", "video_acc"]);
  assertEquals(metrics.roc_auc, evaluate(mixed).metrics.roc_auc);
});

Deno.test("evaluate() does not depend on the order of the videos", () => {
  assertEquals(evaluate(mixed.toReversed()), evaluate(mixed));
});

Deno.test("evaluate() counts cut and extended frames", () => {
  const videos = [scored("a", "Abuse", [0.9, 0.1], [[30, 40]], 40), ...mixed.slice(1)];
  const lengths = (align: "cut" | "extend") => {
    const { frames, cut, extended } = evaluate(videos, { align }).alignment;
    return { frames, cut, extended };
  };
  assertEquals(lengths("cut"), { frames: 128, cut: 8, extended: 0 });
  assertEquals(lengths("extend"), { frames: 136, cut: 0, extended: 8 });
});

Deno.test("evaluate() leaves snippets without frames out of the curves", () => {
  const whole = evaluate(mixed);
  const cut = evaluate(mixed.map((video) => ({
    ...video,
    scores: Float32Array.of(...video.scores, 99, 98),
  })));
  assertEquals(cut.alignment.cut, 4 * 32);
  assertEquals([cut.roc, cut.pr], [whole.roc, whole.pr]);
  assertEquals(cut.metrics.pr_auc, whole.metrics.pr_auc);
});

Deno.test("evaluate() suspects a video that differs by more than two snippets", () => {
  const long = scored("long", "Normal", Array(10_000).fill(0.1));
  const suspicious = (frames: number) =>
    evaluate([long, scored("a", "Abuse", [0.9], [[0, 9]], frames)]).alignment.suspicious;
  assertEquals(suspicious(16 + 32), []);
  assertEquals(suspicious(16 + 33), ["a"]);
});

Deno.test("evaluate() suspects every cut video when more than 1 % of all frames are cut", () => {
  const videos = (frames: number) => [
    scored("a", "Abuse", Array(49).fill(0.9), [[0, 9]], frames),
    scored("b", "Normal", [0.1]),
  ];
  assertEquals(evaluate(videos(784 + 8)).alignment.suspicious, []); // 8 of 808 frames
  assertEquals(evaluate(videos(784 + 9)).alignment.suspicious, ["a"]);
  assertEquals(evaluate(videos(784 + 9), { align: "extend" }).alignment.suspicious, []);
});

Deno.test("alignmentWarning() names ten videos at most", () => {
  const alignment = {
    frames: 1000,
    cut: 200,
    extended: 0,
    events: 0,
    events_cut: 0,
    anomalous_cut: 0,
    suspicious: [] as string[],
  };
  assertEquals(alignmentWarning(alignment), null);
  const suspicious = Array.from({ length: 12 }, (_, i) => `v${i}`);
  assertEquals(
    alignmentWarning({ ...alignment, suspicious }),
    "Scores and ground truth differ in length, cut by 200 frames to 1000 in all: check that features and ground truth belong together for v0, v1, v2, v3, v4, v5, v6, v7, v8, v9 and 2 more",
  );
});

Deno.test("evaluate() refuses no video, a video twice and scores that are not finite", () => {
  assertThrows(() => evaluate([]), RangeError, "found none");
  assertThrows(() => evaluate([mixed[0], mixed[0]]), RangeError, '"a" was scored twice');
  const bad = [mixed[0], scored("n3", "Normal", [0.1, NaN])];
  assertThrows(() => evaluate(bad), RangeError, '"n3": the score of snippet 1 is NaN');
});

Deno.test("evaluate() thins the curves of a large test set, not the areas", () => {
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647; // Lehmer generator
  const scores = Array.from({ length: 30_000 }, random);
  const { roc, pr, metrics } = evaluate([
    scored("a", "Abuse", scores, [[0, 100_000]]),
    scored("n", "Normal", scores),
  ]);
  assert(roc.x.length <= 2000 && pr.x.length <= 2000);
  assertEquals([roc.x[0], roc.y.at(-1)], [0, 1]);
  assertAlmostEquals(metrics.roc_auc!, 0.5, 0.02); // scores carry no information
});

Deno.test("evaluate() smooths scores where it is told to, and keeps the areas of those before", () => {
  const videos = [
    scored("a", "Abuse", [0.1, 0.9, 0.2, 0.3], [[16, 32]]),
    scored("n", "Normal", [0.4]),
  ];
  const plain = evaluate(videos).metrics;
  assert(!("unsmoothed_auc" in plain));
  const smooth = { rule: "slide" as const, width: 2 };
  const { metrics } = evaluate(videos, { smooth });
  // 0.5, 0.55, 0.25, 0.15 and 0.2: the anomalous snippet stays first;
  // the normal video sinks to 0.2.
  const same = evaluate([
    scored("a", "Abuse", [0.5, 0.55, 0.25, 0.15], [[16, 32]]),
    scored("n", "Normal", [0.2]),
  ]).metrics;
  const { unsmoothed_auc, unsmoothed_pr_auc, unsmoothed_ap, ...smoothed } = metrics;
  assertEquals(smoothed, same);
  assertEquals([unsmoothed_auc, unsmoothed_pr_auc, unsmoothed_ap], [
    plain.roc_auc,
    plain.pr_auc,
    plain.ap,
  ]);
  assertEquals(videos[0].scores, Float32Array.of(0.1, 0.9, 0.2, 0.3));
  assertEquals(evaluate(videos, { smooth: { rule: "none", width: 7 } }).metrics, plain);
});
