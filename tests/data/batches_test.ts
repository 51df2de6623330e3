import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BatchLoader, type LoaderOptions, type LoaderState } from "../../src/data/batches.ts";
import type { Video, VideoFeatures } from "../../src/data/video.ts";
import { isFault } from "../../src/fault.ts";

/** A video whose values all are its number; `load` may be replaced. */
function video(id: string, classId: number, value: number, snippets = 3): Video {
  return {
    id,
    className: classId === 0 ? "Normal" : "Abuse",
    classId,
    anomalous: classId > 0,
    load: () => Promise.resolve(features(value, snippets)),
  };
}

function features(value: number, snippets: number): VideoFeatures {
  const values = new Float32Array(2 * snippets * 4).fill(value);
  return { crops: 2, snippets, dim: 4, values, length: snippets - 1 };
}

function videos(normal: number, abnormal: number): Video[] {
  return [
    ...Array.from({ length: abnormal }, (_, i) => video(`a${i}`, 1 + i % 13, 100 + i)),
    ...Array.from({ length: normal }, (_, i) => video(`n${i}`, 0, i)),
  ];
}

const options = (change: Partial<LoaderOptions> = {}): LoaderOptions => ({
  batchSize: 3,
  classes: 14,
  seed: 5,
  loop: "epochs",
  prefetch: 2,
  ...change,
});

/** The ids of the next batches; "|" where an epoch ends. */
async function idsOf(loader: BatchLoader, count: number): Promise<string[]> {
  const found: string[] = [];
  for (let i = 0; i < count; i++) found.push((await loader.next())?.ids.join(" ") ?? "|");
  return found;
}

Deno.test("BatchLoader gives normal videos first, with their values, classes and lengths", async () => {
  const loader = new BatchLoader(videos(7, 8), options());
  const batch = (await loader.next())!;
  assertEquals(batch.shape, [6, 2, 3, 4]);
  assertEquals(batch.ids.map((id) => id[0]).join(""), "nnnaaa");
  assertEquals(batch.lengths, new Int32Array(6).fill(2));
  batch.ids.forEach((id, b) => {
    const number = Number(id.slice(1));
    const value = id[0] === "n" ? number : 100 + number;
    const classId = id[0] === "n" ? 0 : 1 + number % 13;
    assertEquals(batch.classIds[b], classId);
    const label = Array.from({ length: 14 }, (_, c) => c === classId ? 1 : 0);
    assertEquals([...batch.labels.subarray(14 * b, 14 * b + 14)], label);
    assertEquals(batch.video.slice(b * 24, b * 24 + 24), new Float32Array(24).fill(value));
  });
  await loader.dispose();
});

Deno.test("BatchLoader: the shorter side ends an epoch, and incomplete batches are dropped", async () => {
  const loader = new BatchLoader(videos(7, 10), options());
  assertEquals(loader.stepsPerEpoch, 2);
  const ids = await idsOf(loader, 6);
  assertEquals([ids[2], ids[5]], ["|", "|"]);
  for (const epoch of [ids.slice(0, 2), ids.slice(3, 5)]) {
    const seen = epoch.join(" ").split(" ");
    assertEquals(new Set(seen).size, 12); // no video twice
  }
  assert(ids[0] !== ids[3], "each pass has an order of its own");
  await loader.dispose();
});

Deno.test("BatchLoader: by steps, each side starts anew on its own", async () => {
  const loader = new BatchLoader(videos(3, 7), options({ loop: "steps" }));
  const ids = await idsOf(loader, 6);
  const normal = ids.map((batch) => batch.split(" ").slice(0, 3).sort().join(" "));
  assertEquals(new Set(normal), new Set(["n0 n1 n2"]));
  for (const pass of [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4, 6)]) {
    const abnormal = pass.flatMap((batch) => batch.split(" ").slice(3));
    assertEquals(new Set(abnormal).size, 6);
  }
  assertEquals(loader.state().normal, { pass: 5, position: 3 });
  assertEquals(loader.state().abnormal, { pass: 2, position: 6 });
  await loader.dispose();
});

Deno.test("BatchLoader.restore continues exactly from every place, whatever is read ahead", async () => {
  for (const loop of ["epochs", "steps"] as const) {
    const whole = new BatchLoader(videos(8, 11), options({ loop, prefetch: 0 }));
    const expected: string[] = [], states: LoaderState[] = [whole.state()];
    for (let i = 0; i < 12; i++) {
      expected.push(...await idsOf(whole, 1));
      states.push(JSON.parse(JSON.stringify(whole.state())));
    }
    for (let k = 0; k < 12; k++) {
      const resumed = new BatchLoader(videos(8, 11), options({ loop, prefetch: k % 4 }));
      await idsOf(resumed, k % 3); // what was read ahead before must not come through
      await resumed.restore(states[k]);
      assertEquals(resumed.state(), states[k]);
      assertEquals(await idsOf(resumed, 12 - k), expected.slice(k));
      assertEquals(resumed.state(), states[12]);
      await resumed.dispose();
    }
  }
});

Deno.test("BatchLoader shuffles by its seed", async () => {
  const first = async (seed: number) => {
    const loader = new BatchLoader(videos(30, 30), options({ seed, batchSize: 30 }));
    const [ids] = await idsOf(loader, 1);
    await loader.dispose();
    return ids;
  };
  assertEquals(await first(1), await first(1));
  assert(await first(1) !== await first(2));
  const [normal, abnormal] = [0, 30].map((k) =>
    first(1).then((ids) => ids.split(" ").slice(k, k + 30))
  );
  const numbers = (ids: string[]) => ids.map((id) => id.slice(1)).join(" ");
  assert(numbers(await normal) !== numbers(await abnormal), "the sides have orders of their own");
});

Deno.test("BatchLoader refuses fewer videos than a batch, with the numbers and the key", () => {
  const error = assertThrows(
    () => new BatchLoader(videos(2, 8), options({ batchSize: 30 })),
    RangeError,
    "2 normal and 8 anomalous ones; set data.batch_size=2 or less",
  );
  assertEquals(isFault(error), true);
  assertThrows(() => new BatchLoader(videos(0, 8), options()), RangeError, "needs both kinds");
});

Deno.test("BatchLoader.restore refuses the state of other training videos", async () => {
  const state = new BatchLoader(videos(4, 4), options()).state();
  const other = new BatchLoader(videos(4, 5), options());
  await assertRejects(() => other.restore(state), RangeError, "not those of the checkpoint");
});

Deno.test("BatchLoader names the videos whose sizes differ", async () => {
  const all = [...videos(1, 0), video("a0", 1, 0, 5)];
  const loader = new BatchLoader(all, options({ batchSize: 1 }));
  await assertRejects(
    () => loader.next(),
    RangeError,
    '"n0" is [2, 3, 4], "a0" is [2, 5, 4]; set data.segments=32',
  );
  await loader.dispose();
});

Deno.test("BatchLoader rejects where the failed video's turn is, and gives that batch again", async () => {
  const all = videos(6, 6);
  let broken = true;
  const victim = all.find(({ id }) => id === "a4")!;
  const load = victim.load;
  victim.load = () => broken ? Promise.reject(new Error("unplugged")) : load();
  const loader = new BatchLoader(all, options({ loop: "steps", prefetch: 3 }));
  const plain = await idsOf(new BatchLoader(videos(6, 6), options({ loop: "steps" })), 2);
  const turn = plain.findIndex((ids) => ids.split(" ").includes("a4"));
  assertEquals(await idsOf(loader, turn), plain.slice(0, turn));
  // an unhandled rejection would end the test
  await new Promise((resolve) => setTimeout(resolve, 1));
  await assertRejects(() => loader.next(), Error, "unplugged");
  broken = false;
  assertEquals(await idsOf(loader, 2 - turn), plain.slice(turn));
  await loader.dispose();
});

Deno.test("BatchLoader uses one array for all batches, or the caller's", async () => {
  const loader = new BatchLoader(videos(6, 6), options());
  const first = (await loader.next())!.video;
  assert((await loader.next())!.video === first);
  await loader.dispose();
  const room = new Float32Array(144);
  const sizes: number[] = [];
  const allocate = (values: number) => (sizes.push(values), room);
  const own = new BatchLoader(videos(6, 6), options({ allocate }));
  assert((await own.next())!.video === room);
  assertEquals(sizes, [144]);
  await own.dispose();
});

Deno.test("BatchLoader begins to load as many batches ahead as it is told", async () => {
  for (const prefetch of [0, 2]) {
    let loads = 0;
    const all = videos(30, 30);
    for (const one of all) {
      const load = one.load;
      one.load = () => (loads++, load());
    }
    const loader = new BatchLoader(all, options({ prefetch }));
    await loader.next();
    assertEquals(loads, 6 * (1 + prefetch));
    await loader.dispose();
  }
});

Deno.test("BatchLoader cuts a batch to its longest video, crop by crop", async () => {
  const padded = (length: number): VideoFeatures => ({
    crops: 2,
    snippets: 4,
    dim: 1,
    length,
    values: Float32Array.from({ length: 8 }, (_, i) => i % 4 < length ? 10 * length + i : 0),
  });
  const all = [1, 3].map((length, classId): Video => ({
    ...video(`v${length}`, classId, 0),
    load: () => Promise.resolve(padded(length)),
  }));
  const loader = new BatchLoader(all, options({ batchSize: 1, cut: true }));
  const batch = (await loader.next())!;
  assertEquals(batch.shape, [2, 2, 3, 1]);
  assertEquals([...batch.lengths], [1, 3]);
  assertEquals([...batch.video], [10, 0, 0, 14, 0, 0, 30, 31, 32, 34, 35, 36]);
  await loader.dispose();
});

Deno.test("BatchLoader lets a video draw by its pass: other rows in each, the same after a resume", async () => {
  const all = [0, 1].map((classId): Video => ({
    ...video(`v${classId}`, classId, 0),
    load: (random) => Promise.resolve(features(random!.word(), 3)),
  }));
  const drawn = async (loader: BatchLoader, batches: number) => {
    const found: number[][] = [];
    for (let i = 0; i < batches; i++) {
      const { video } = (await loader.next())!;
      found.push([video[0], video[24]]);
    }
    return found;
  };
  const own = options({ batchSize: 1, loop: "steps" });
  const loader = new BatchLoader(all, own);
  const first = await drawn(loader, 2), state = loader.state();
  assertEquals(new Set(first.flat()).size, 4);
  const later = await drawn(loader, 3);
  const resumed = new BatchLoader(all, own);
  await resumed.restore(state);
  assertEquals(await drawn(resumed, 3), later);
  await Promise.all([loader.dispose(), resumed.dispose()]);
});
