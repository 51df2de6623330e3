import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  bootstrapIntervals,
  type IntervalMetric,
  intervalMetrics,
  pairedDifferences,
} from "../../src/metrics/bootstrap.ts";
import { evaluate } from "../../src/metrics/evaluate.ts";
import type { ScoredVideo } from "../../src/metrics/evaluation.ts";
import { Random } from "../../src/random.ts";
import { fakeVideos } from "../report/fake_run.ts";

/** The same by `evaluate()` on videos that are written out as often as they are drawn. */
function plainIntervals(videos: ScoredVideo[], resamples: number) {
  const random = new Random(0, "bootstrap");
  const kinds = [true, false].map((kind) => videos.filter(({ anomalous }) => anomalous === kind));
  const values: Record<string, number[]> = {};
  for (let i = 0; i < resamples; i++) {
    const drawn = kinds.flatMap((kind) => kind.map(() => kind[random.integer(kind.length)]));
    const { metrics } = evaluate(drawn.map((video, n) => ({ ...video, id: `${n}` })));
    for (const name of intervalMetrics) (values[name] ??= []).push(metrics[name]!);
  }
  return Object.fromEntries(
    Object.entries(values).map(([name, found]) => {
      const sorted = found.sort((a, b) => a - b);
      const at = (share: number) => {
        const place = share * (sorted.length - 1);
        const low = Math.floor(place);
        return sorted[low] + (place - low) * (sorted[Math.ceil(place)] - sorted[low]);
      };
      return [name, { low: at(0.025), high: at(0.975) }];
    }),
  );
}

Deno.test("bootstrapIntervals() is evaluate() on videos drawn anew, normal and anomalous apart", () => {
  const videos = fakeVideos(12).map((video) => ({
    ...video,
    // Ties, within a video and between them.
    scores: video.scores.map((score) => Math.round(40 * score) / 40),
  }));
  const intervals = bootstrapIntervals(videos, {}, { resamples: 200 });
  const plain = plainIntervals(videos, 200);
  for (const name of intervalMetrics) {
    assertAlmostEquals(intervals[name]!.low, plain[name].low, 1e-12, name);
    assertAlmostEquals(intervals[name]!.high, plain[name].high, 1e-12, name);
  }
  assertEquals(bootstrapIntervals(videos, {}, { resamples: 200 }), intervals);
});

Deno.test("bootstrapIntervals() holds the value in the middle, wider for fewer videos", () => {
  const wide = bootstrapIntervals(fakeVideos(10), {}, { resamples: 400 }).roc_auc!;
  const narrow = bootstrapIntervals(fakeVideos(60), {}, { resamples: 400 }).roc_auc!;
  const { metrics } = evaluate(fakeVideos(60));
  assert(narrow.low < metrics.roc_auc! && metrics.roc_auc! < narrow.high);
  assert(wide.high - wide.low > narrow.high - narrow.low);
});

Deno.test("bootstrapIntervals() gives none where a kind of frames is missing", () => {
  const normal = fakeVideos(8).filter(({ anomalous }) => !anomalous);
  assertEquals(bootstrapIntervals(normal, {}, { resamples: 200 }), {});
});

Deno.test("pairedDifferences() of a run with itself is 0; of a better run it is above 0", () => {
  const videos = fakeVideos(20);
  const same = pairedDifferences([videos, videos], [{}, {}], { resamples: 200 });
  assertEquals(same.roc_auc, { difference: 0, low: 0, high: 0, p: 1 });
  const random = new Random(1, "noise");
  const worse = videos.map((video) => ({
    ...video,
    scores: video.scores.map((score) => score + 4 * random.uniform()),
  }));
  const found = pairedDifferences([videos, worse], [{}, {}], { resamples: 200 });
  const of = (list: ScoredVideo[], name: IntervalMetric) => evaluate(list).metrics[name]!;
  const { difference, low, p } = found.roc_auc!;
  assertAlmostEquals(difference, of(videos, "roc_auc") - of(worse, "roc_auc"), 1e-12);
  assert(low > 0 && p === 0);
  assertThrows(() => pairedDifferences([videos, worse.slice(1)], [{}, {}]), RangeError);
});

Deno.test("bootstrapIntervals() tells every draw: of many videos they take minutes", () => {
  const told: unknown[] = [];
  const tell = (...about: unknown[]) => told.push(about);
  bootstrapIntervals(fakeVideos(10), {}, { resamples: 3, tell });
  const what = "confidence intervals: draw";
  assertEquals(told, [[what, 1, 3], [what, 2, 3], [what, 3, 3]]);
});
