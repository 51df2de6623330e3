import type * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { startBackend } from "../../src/device/cpu/start_backend.ts";
import { placing, whole } from "../../src/device/cpu/tfjs/cpu_kernel.ts";
import { type Block, HeapBlocks } from "../../src/device/cpu/heap_blocks.ts";
import { HeapBudget } from "../../src/device/cpu/heap_budget.ts";
import { cheapestToClear, cheapestToGather } from "../../src/device/cpu/heap_runs.ts";
import { isFault } from "../../src/fault.ts";
import { Random } from "../../src/random.ts";

const LIMIT = 1_600_000;

/** A backend of 1.6 MB, full of tensors of 100 kB each, which hold their number. */
async function full() {
  const backend = await startBackend({ budget: new HeapBudget(LIMIT) });
  const tensors = Array.from({ length: 16 }, (_, i): tf.TensorInfo => ({
    dataId: backend.write(new Float32Array(25_000).fill(i), [25_000], "float32"),
    shape: [25_000],
    dtype: "float32",
  }));
  return { backend, tensors };
}

Deno.test("HeapBlocks gives the smallest gap that holds a request, and joins neighbours", () => {
  const blocks = new HeapBlocks<string>();
  blocks.extend(16, 1600);
  const taken = Array.from({ length: 10 }, () => blocks.take(160, "x")!);
  assertEquals(blocks.take(16, "x"), null);
  for (const i of [1, 2, 5]) blocks.give(taken[i]);
  assertEquals(blocks.take(160, "x")!.at, taken[5].at);
  assertEquals(blocks.take(320, "x")!.at, 16 + 160);
});

Deno.test("HeapBlocks.compact() leaves one gap and the order; what must stay stays", () => {
  const blocks = new HeapBlocks<string>();
  blocks.extend(1024, 1600);
  blocks.extend(4096, 1600); // something foreign between
  const taken = ["a", "b", null, "c", "d"].map((owner) => blocks.take(320, owner)!);
  const e = blocks.take(800, "e")!;
  for (const i of [0, 3]) blocks.give(taken[i]);
  const moves: [string | null, number][] = [];
  blocks.compact(({ owner }, to) => moves.push([owner, to]));
  assertEquals(moves, [["b", 1024], ["d", 1024 + 3 * 320]]);
  assertEquals(taken[2].at, 1024 + 2 * 320);
  assertEquals(e.at, 4096);
  assertEquals(blocks.take(800, null)!.at, 4896);
});

/** Blocks of the sizes, their owners; null: a gap. */
function blocksOf(sizes: [owner: string | null, bytes: number][]): HeapBlocks<string> {
  const blocks = new HeapBlocks<string>();
  blocks.extend(16, sizes.reduce((sum, [, bytes]) => sum + bytes, 0));
  const taken = sizes.map(([owner, bytes]) => blocks.take(bytes, owner ?? "gap")!);
  for (const block of taken) if (block.owner === "gap") blocks.give(block);
  return blocks;
}

Deno.test("HeapBlocks.gather() makes the gap that cheapestToGather() found, and moves nothing else", () => {
  const blocks = blocksOf([
    ...[["a", 320], [null, 160], ["b", 640], [null, 160], ["c", 64]],
    ...[[null, 96], ["d", 32], [null, 64], ["e", 320], [null, 32]],
  ] as [string | null, number][]);
  const run = cheapestToGather(blocks.first, 300)!;
  assertEquals([run.first.bytes, run.last.bytes, run.taken], [160, 64, 96]);
  const moves: (string | null)[] = [];
  blocks.gather(run, ({ owner }) => moves.push(owner));
  assertEquals(moves, ["c", "d"]);
  assertEquals(blocks.take(320, "f")!.at, 16 + 320 + 160 + 640 + 96);
  assertEquals(cheapestToGather(blocks.first, 512), null);
});

Deno.test("cheapestToClear() finds the neighbours that cost the least, never over what must stay", () => {
  const blocks = blocksOf([
    ...[["9", 320], [null, 160], ["2", 160], ["4", 320], ["Infinity", 16]],
    ...[["1", 320], [null, 32], ["1", 160], ["Infinity", 16], ["1", 160], ["8", 320]],
  ] as [string | null, number][]);
  const clear = (bytes: number) =>
    cheapestToClear(blocks.first, bytes, ({ owner }) => Number(owner))?.map(({ owner }) => owner);
  assertEquals(clear(320), ["1"]);
  assertEquals(clear(500), ["1", "1"]);
  assertEquals(clear(640), ["2", "4"]);
  assertEquals(clear(700), ["9", "2", "4"]);
  assertEquals(clear(1000), undefined);
});

Deno.test("HeapBlocks keeps its books over random requests: blocks apart, all that is free to be had", () => {
  const blocks = new HeapBlocks<number>(), random = new Random(1, "blocks"), size = 1 << 16;
  blocks.extend(64, size);
  const live = new Set<Block<number>>();
  for (let round = 0; round < 5000; round++) {
    if (random.uniform() < 0.5 && live.size) {
      const block = [...live][Math.floor(random.uniform() * live.size)];
      live.delete(block);
      blocks.give(block);
      continue;
    }
    const bytes = 16 * Math.ceil(random.uniform() ** 3 * 400);
    const free = size - [...live].reduce((sum, block) => sum + block.bytes, 0);
    let block = blocks.take(bytes, round);
    if (!block) {
      const run = cheapestToGather(blocks.first, bytes);
      if (run) blocks.gather(run, () => {});
      block = blocks.take(bytes, round);
      assertEquals(block !== null, bytes <= free);
    }
    if (block) live.add(block);
    const sorted = [...live].sort((a, b) => a.at - b.at);
    sorted.forEach(({ at, bytes }, i) => assert(at + bytes <= (sorted[i + 1]?.at ?? 64 + size)));
  }
});

Deno.test("CpuBackend places a tensor where enough is free in pieces alone, and all values stay", async () => {
  const { backend, tensors } = await full();
  for (const i of [1, 3, 5, 7]) backend.disposeData(tensors[i].dataId);
  const large = backend.write(new Float32Array(100_000).fill(99), [100_000], "float32");
  assertEquals(backend.allocator.copied, 300_000); // tensors 2, 4 and 6 alone
  assertEquals(backend.budget.used, LIMIT);
  for (const i of [0, 2, 4, 6, 8, 15]) {
    assert(backend.floats(tensors[i]).every((value) => value === i), `tensor ${i}`);
  }
  assert((backend.readSync(large) as Float32Array).every((value) => value === 99));
});

Deno.test("a kernel that needs memory that is free in pieces starts again with other addresses", async () => {
  const { backend, tensors } = await full();
  for (const i of [0, 2, 4, 6]) backend.disposeData(tensors[i].dataId);
  let runs = 0;
  const kernel = placing(({ inputs: { x } }) => {
    runs++;
    const from = backend.address(x!);
    const small = backend.output([25_000]), out = backend.output([50_000]);
    backend.floats(out).set(new Float32Array(backend.heap.buffer, from, 25_000), 25_000);
    backend.floats(small).fill(7);
    return [small, out];
  });
  const [small, out] = kernel({ inputs: { x: tensors[15] }, backend }) as tf.TensorInfo[];
  assertEquals(runs, 2);
  assertEquals(backend.floats(out)[49_999], 15);
  assertEquals(backend.floats(small)[0], 7);
  assertEquals(backend.budget.used, LIMIT - 100_000); // what the first run had made is gone
});

Deno.test("beside the largest heap there is room for the scratch memory of as many threads as there may be", async () => {
  const backend = await startBackend();
  const bytes = 64 * backend.passes.gemmPanelBytes();
  backend.release(backend.allocate(bytes, "scratch"));
});

Deno.test("a kernel that fails leaves no tensor behind", async () => {
  const { backend, tensors } = await full();
  backend.disposeData(tensors[9].dataId);
  const { used } = backend.budget, held = backend.numDataIds();
  const kernel = whole(() => {
    backend.output([10]);
    return backend.withScratch(40, () => backend.output([25_000]));
  });
  const error = assertThrows(() => kernel({ inputs: {}, backend }), RangeError);
  assert(isFault(error), "full, not scattered");
  assertEquals(backend.budget.used, used);
  assertEquals(backend.numDataIds(), held);
});

Deno.test("guard words tell who wrote behind a tensor, and new memory holds NaN", async () => {
  const backend = await startBackend({ budget: new HeapBudget(LIMIT) });
  backend.allocator.guarded = true;
  const x = backend.output([3]), y = backend.output([5]);
  assert(backend.floats(y).every(Number.isNaN));
  const overrun = whole(() => {
    new Float32Array(backend.heap.buffer, backend.address(x), 4)[3] = 0;
    return x;
  });
  const error = assertThrows(() => overrun({ inputs: {}, backend }), Error);
  assert((error as Error).message.includes("behind a tensor [3]: byte 0 after its 12 bytes"));
});

Deno.test("guard words tell who wrote behind a thread's scratch memory", async () => {
  const backend = await startBackend({ shared: true, budget: new HeapBudget(LIMIT) });
  backend.allocator.guarded = true;
  backend.useThreads(2);
  const { own } = backend.pool, bytes = backend.passes.gemmPanelBytes();
  const kernel = whole(() => backend.output([1]));
  kernel({ inputs: {}, backend });
  new Uint8Array(backend.heap.buffer, own + bytes, 4)[3] = 0;
  const error = assertThrows(() => kernel({ inputs: {}, backend }), Error);
  const { message } = error as Error;
  assert(message.includes(`the scratch memory of thread 0: byte 3 after its ${bytes} bytes`));
  backend.useThreads(1);
  kernel({ inputs: {}, backend });
});
