import { assert, assertEquals } from "@std/assert";
import { dataSchema } from "../../src/config/schema/data.ts";
import { classIdsOf } from "../../src/data/classes.ts";
import { dataSets } from "../../src/sets/index.ts";
import { syntheticVideos } from "../../src/data/synthetic.ts";
import type { SyntheticVideo } from "../../src/data/synthetic.ts";
import { videoIdOf } from "../../src/data/video_id.ts";
import { builtInClassDirections } from "../../src/text/built_in_tower.ts";

const list = dataSets.ucf_crime;
const sizes = (change: Record<string, number> = {}) => ({
  ...dataSchema.parse({}).synthetic,
  seed: 0,
  dim: 256,
  crops: 2,
  ...change,
});
const make = (change: Record<string, number> = {}) => syntheticVideos(sizes(change), list.classes);

/** Mean L2 norm of the snippets for which `chosen` holds. */
function meanNorm(video: SyntheticVideo, chosen: (t: number) => boolean): number {
  const { values, crops, snippets, dim } = video.draw();
  let sum = 0, count = 0;
  for (let row = 0; row < crops * snippets; row++) {
    if (!chosen(row % snippets)) continue;
    let squares = 0;
    for (let d = row * dim; d < (row + 1) * dim; d++) squares += values[d] ** 2;
    sum += Math.sqrt(squares);
    count++;
  }
  return sum / count;
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

Deno.test("syntheticVideos draws the same numbers for the same seed and id, in any order", () => {
  const [a, b] = [make().train, make().train];
  const last = a.at(-1)!.draw();
  assertEquals(a[3].draw(), b[3].draw());
  assertEquals(b.at(-1)!.draw(), last);
  const other = make({ seed: 1 }).train[3].draw();
  assert(other.snippets !== a[3].snippets || other.values[0] !== a[3].draw().values[0]);
});

Deno.test("syntheticVideos draws what it drew on the machine where its figures were measured", () => {
  const video = make({ dim: 64, crops: 1 }).test[0];
  const { values, snippets } = video.draw();
  const positive = values.findIndex((value) => value > 0);
  assertEquals([video.id, snippets, video.events, positive, values[positive], values.at(-1)], [
    "Abuse006_x264",
    126,
    [{ "start": 82, "end": 100 }],
    0,
    0.47660258412361145,
    0.1613534837961197,
  ]);
});

Deno.test("syntheticVideos names its videos as UCF-Crime does, each once, with their class", () => {
  const { train, test } = make({ videos_train: 30, videos_test: 26 });
  assertEquals([train.length, test.length], [60, 52]);
  const ids = [...train, ...test].map((video) => video.id);
  assertEquals(new Set(ids).size, ids.length);
  for (const video of [...train, ...test]) {
    assertEquals(videoIdOf(`${video.id}_i3d.npy`), video.id);
    assertEquals(classIdsOf(video.id, list, video.id), [video.classId]);
  }
  for (let classId = 1; classId < 14; classId++) {
    assertEquals(test.filter((video) => video.classId === classId).length, 2);
  }
  assertEquals(train.filter((video) => video.classId === 0).length, 30);
});

Deno.test("syntheticVideos places events within the video: 2 to 20 % of it, none in normal videos", () => {
  const { train, test } = make({ videos_train: 200, videos_test: 200 });
  const shares: number[] = [];
  for (const { classId, snippets, events } of [...train, ...test]) {
    if (classId === 0) {
      assertEquals(events, []);
      continue;
    }
    let end = -1, anomalous = 0;
    for (const event of events) {
      assert(event.start > end && event.end > event.start && event.end <= snippets);
      end = event.end;
      anomalous += event.end - event.start;
    }
    shares.push(anomalous / snippets);
  }
  // Whole snippets: half a snippet of 40 more or less, twice for two events.
  assert(Math.min(...shares) >= 0.02 - 0.026 && Math.max(...shares) <= 0.2 + 0.026);
  assert(Math.abs(mean(shares) - 0.11) < 0.02);
  assert(test.some((video) => video.events.length === 2));
});

Deno.test("syntheticVideos are non-negative, sparse, of I3D's magnitude, with crops that differ", () => {
  const { crops, snippets, dim, values } = make({ dim: 2048, crops: 10 }).train[0].draw();
  assertEquals([crops, dim, values.length], [10, 2048, 10 * snippets * 2048]);
  const zeros = values.reduce((count, value) => count + Number(value === 0), 0) / values.length;
  assert(zeros > 0.2 && zeros < 0.6, `${zeros}`);
  assert(values.every((value) => value >= 0 && value < 20));
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / (10 * snippets));
  assert(norm > 10 && norm < 35, `${norm}`);
  assert(values[5] !== values[snippets * dim + 5] || values[6] !== values[snippets * dim + 6]);
});

Deno.test("syntheticVideos: events are larger than the rest, but bursts in normal videos larger still", () => {
  const { test } = make({ dim: 2048, crops: 1 });
  const gains: number[] = [], alarms: number[] = [];
  for (const video of test) {
    const quiet = meanNorm(video, (t) => video.anomaly[t] === 0 && video.burst[t] === 0);
    if (video.classId > 0) {
      const event = (t: number) => video.anomaly[t] > 0 && video.burst[t] === 0;
      if (video.anomaly.some((_, t) => event(t))) gains.push(meanNorm(video, event) / quiet);
    } else if (video.burst.some((level) => level > 0)) {
      alarms.push(meanNorm(video, (t) => video.burst[t] > 0) / quiet);
    }
  }
  assert(mean(gains) > 1.1, `${mean(gains)}`);
  assert(mean(alarms) > mean(gains), `${mean(alarms)} ${mean(gains)}`);
  assert(alarms.length >= 15, "most normal videos are hard");
});

Deno.test("syntheticVideos draws the smallest sizes", () => {
  const { train } = make({ dim: 1, crops: 1, shortest: 1, longest_train: 1, videos_train: 2 });
  for (const video of train) {
    const { values, length } = video.draw();
    assertEquals([values.length, length], [1, 1]);
    assert(Number.isFinite(values[0]));
  }
});

Deno.test("syntheticVideos that are text-aligned lie along the texts of their classes in events, of Normal elsewhere", () => {
  const dim = 128, directions = builtInClassDirections(list.classes, dim);
  const { test } = syntheticVideos(
    { ...sizes({ dim, crops: 1 }), textAligned: true },
    list.classes,
  );
  const along = (video: SyntheticVideo, classId: number, inEvents: boolean) => {
    const { values, snippets } = video.draw();
    const products: number[] = [];
    for (let t = 0; t < snippets; t++) {
      if ((video.anomaly[t] > 0) !== inEvents) continue;
      let product = 0;
      for (let d = 0; d < dim; d++) product += values[t * dim + d] * directions[classId][d];
      products.push(product);
    }
    return mean(products);
  };
  const anomalous = test.filter(({ classId }) => classId > 0);
  const apart = anomalous.map((video) =>
    along(video, video.classId, true) - along(video, video.classId, false)
  );
  const normal = anomalous.map((video) => along(video, 0, false) - along(video, 0, true));
  assert(mean(apart) > 5, `${mean(apart)}`);
  assert(mean(normal) > 2, `${mean(normal)}`);
  const { values } = test[0].draw();
  const negative = values.filter((value) => value < 0).length / values.length;
  assert(negative > 0.4 && negative < 0.6, `${negative}`);
});
