import { assert, assertEquals, assertRejects } from "@std/assert";
import { BatchLoader } from "../../src/data/batches.ts";
import { dataSets } from "../../src/sets/index.ts";
import { inOrder } from "../../src/data/prefetch.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { type KnownVideo, videoMakers } from "../../src/data/prepared_videos.ts";
import { featureBytes, ReadingBudget, waitingBytes } from "../../src/data/reading_budget.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";

/** Work that ends when it is told to, and what of it is under way. */
function workshop() {
  const underWay: (() => void)[] = [];
  let most = 0;
  const work = () =>
    new Promise<void>((end) => {
      underWay.push(end);
      most = Math.max(most, underWay.length);
    });
  return {
    work,
    get most() {
      return most;
    },
    async finish() {
      for (let idle = 0; idle < 5;) {
        const end = underWay.shift();
        idle = end ? 0 : idle + 1;
        end?.();
        await new Promise((next) => setTimeout(next));
      }
    },
  };
}

Deno.test("featureBytes() counts what is kept and what is read, within data.cache_mb and 128 MB at least", () => {
  const bytes = (cache_mb: number, ...videos: number[]) =>
    featureBytes({ cache_mb }, videos.map((bytes) => ({ bytes })));
  assertEquals(bytes(1000, 1e8, 2e8), 4.28e8);
  assertEquals(bytes(400, 1e8, 2e8), 4e8);
  assertEquals(bytes(0, 1e8, 2e8), 1.28e8);
  assertEquals([waitingBytes({ cache_mb: 1000 }), waitingBytes({ cache_mb: 0 })], [2.5e8, 6.4e7]);
});

Deno.test("ReadingBudget lets work begin in order, as long as all of it fits", async () => {
  const shop = workshop();
  const budget = new ReadingBudget(() => 100);
  const done: number[] = [];
  const all = [40, 40, 40, 500, 1, 99].map((bytes, i) =>
    budget.within(bytes, shop.work).then(() => done.push(i))
  );
  await shop.finish();
  await Promise.all(all);
  assertEquals(done, [0, 1, 2, 3, 4, 5]);
  assertEquals([shop.most, budget.most], [2, 500]); // what is larger than the budget runs alone
});

Deno.test("ReadingBudget gives back what failing work took", async () => {
  const budget = new ReadingBudget(() => 10);
  await assertRejects(() => budget.within(10, () => Promise.reject(new Error("no"))), Error, "no");
  assertEquals(await budget.within(10, () => Promise.resolve(3)), 3);
});

Deno.test("batches are read ahead only as far as their features fit", async () => {
  let loads = 0;
  const videos = Array.from({ length: 40 }, (_, i) => ({
    id: `v${i}`,
    className: i % 2 ? "Abuse" : "Normal",
    classId: i % 2,
    anomalous: i % 2 === 1,
    bytes: 100,
    load() {
      loads++;
      const features = { crops: 1, snippets: 5, dim: 5, length: 5 };
      return Promise.resolve({ ...features, values: new Float32Array(25) });
    },
  }));
  const given = { batchSize: 2, classes: 14, seed: 0, loop: "steps", prefetch: 5 } as const;
  for (const [waitingBytes, expected] of [[399, 4], [400, 8], [1300, 16], [undefined, 24]]) {
    loads = 0;
    const loader = new BatchLoader(videos, { ...given, waitingBytes });
    await loader.next();
    assertEquals(loads, expected, `${waitingBytes} bytes`);
    await loader.dispose();
  }
});

Deno.test("a failed batch comes again though the next ones were looked at and not begun", async () => {
  let fails = true;
  const videos = Array.from({ length: 12 }, (_, i) => ({
    id: `v${i}`,
    className: "",
    classId: i % 2,
    anomalous: i % 2 === 1,
    bytes: 100,
    load: () => {
      const features = { crops: 1, snippets: 1, dim: 1, length: 1, values: new Float32Array(1) };
      return fails ? Promise.reject(new Error("disk")) : Promise.resolve(features);
    },
  }));
  const given = { batchSize: 2, classes: 14, seed: 0, loop: "epochs" } as const;
  const order = async (loader: BatchLoader) => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await loader.next())?.ids.join(" ") ?? "|");
    return ids;
  };
  const loader = new BatchLoader(videos, { ...given, waitingBytes: 300 });
  await assertRejects(() => loader.next(), Error, "disk");
  fails = false;
  assertEquals(await order(loader), await order(new BatchLoader(videos, given)));
});

Deno.test("inOrder() waits for what it began when it is left early", async () => {
  const shop = workshop();
  const begun: number[] = [];
  const source = inOrder([1, 2, 3, 4], (item) => (begun.push(item), shop.work()), { items: 2 });
  const first = source.next();
  await shop.finish();
  assertEquals((await first).value!.item, 1);
  const left = source.return(undefined);
  await shop.finish();
  await left;
  assertEquals(begun, [1, 2, 3]);
});

/**
 * Videos of 25 minutes at ten crops of 2048 channels, as their headers tell, whose files hold next
 * to nothing.
 */
function longVideos(count: number, read: KnownVideo["read"]): KnownVideo[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `v${i}`,
    classId: 0,
    snippets: 2800,
    crops: Array.from({ length: 10 }, (_, n) => n),
    read,
  }));
}

for (const [cacheMb, segments, most] of [[0, 32, 1], [2048, 32, 3], [0, null, 1]] as const) {
  Deno.test(`videos of either split are read within data.cache_mb=${cacheMb}: ${segments} segments`, async () => {
    const shop = workshop();
    const dim = 2048;
    const features = { crops: 1, snippets: 1, dim, values: new Float32Array(dim), length: 1 };
    const known = longVideos(64, async () => {
      await shop.work();
      return { ...features, magnitude: false };
    });
    const { data } = resolveConfig({
      catalog: registry,
      overrides: ["runner=mil", "data=synthetic", `data.cache_mb=${cacheMb}`],
    });
    const config = { ...data, segments };
    const makers = videoMakers(
      config,
      dataSets[config.classes],
      dim,
      known,
    );
    const truth = { at: () => ({ frames: 1, intervals: [] }), videoFrames: 1, marked: [] };
    const videos = [
      ...known.flatMap(makers.train),
      ...longVideos(3, known[0].read).map((one) =>
        makers.test({ ...one, id: "t" + one.id }, truth)
      ),
    ];
    const loads = videos.map((video) => video.load());
    await shop.finish();
    await Promise.all(loads);
    assertEquals(shop.most, most);
  });
}

Deno.test("videos tell the bytes of their features as loaded", async () => {
  const { data, runner } = resolveConfig({
    catalog: registry,
    overrides: [
      "runner=mil",
      "data=synthetic",
      "data.segments=8",
      "data.magnitude=true",
      "data.normalize=none",
    ],
  });
  const { train, test } = await openDataset(data, { features: runner.features });
  for (const video of [train[0], test[0]]) {
    assertEquals((await video.load()).values.byteLength, video.bytes);
    assert(video.bytes! > 0);
  }
});
