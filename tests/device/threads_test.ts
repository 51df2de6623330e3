import { assert, assertEquals, assertThrows } from "@std/assert";
import { startBackend } from "../../src/device/cpu/start_backend.ts";
import { HeapBudget } from "../../src/device/cpu/heap_budget.ts";
import type { Passes } from "../../kernels/pass_signatures.ts";
import { loadPasses } from "../../src/device/cpu/passes.ts";
import { shareMemory } from "../../src/device/cpu/shared_memory.ts";
import { threadCount } from "../../src/device/cpu/thread_count.ts";
import { ThreadPool } from "../../src/device/cpu/thread_pool.ts";
import { isThreaded } from "../../src/device/cpu/threaded_passes.ts";
import { isFault } from "../../src/fault.ts";
import { Random } from "../../src/random.ts";
import { startAll } from "../support/use_threads.ts";

// A budget far below what is allocated here, which is not of it: so the heap has room to grow.
const backend = await startBackend({ shared: true, budget: new HeapBudget(1 << 20) });

/** Has that many threads take part in what follows. */
async function useThreads(threads: number): Promise<void> {
  backend.useThreads(threads);
  await startAll(backend.pool);
}

/** As assertEquals, for millions of bytes. */
function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assert(at < 0, `byte ${at} of ${actual.length} differs`);
}

/**
 * Runs `body` on memory of these many numbers each, the same random ones in every run; each of them
 * afterwards. Between them lie `apart` numbers that nothing may touch.
 */
function onHeap(
  counts: number[],
  body: (addresses: number[]) => void,
  apart = 0,
): Uint8Array {
  const total = counts.reduce((sum, count) => sum + count + apart, 0);
  const start = backend.allocate(4 * total, "a test's numbers"), random = new Random(1, "x");
  let next = start;
  const addresses = counts.map((count) => (next += 4 * (count + apart)) - 4 * (count + apart));
  new Float32Array(backend.heap.buffer, start, total).fill(NaN);
  const numbersAt = (i: number) => new Float32Array(backend.heap.buffer, addresses[i], counts[i]);
  for (let i = 0; i < counts.length; i++) {
    const numbers = numbersAt(i);
    for (let j = 0; j < numbers.length; j++) numbers[j] = random.uniform();
  }
  body(addresses);
  const after = new Float32Array(counts.reduce((sum, count) => sum + count, 0));
  let at = 0;
  for (let i = 0; i < counts.length; at += counts[i++]) after.set(numbersAt(i), at);
  backend.release(start);
  return new Uint8Array(after.buffer);
}

// Sizes beyond what threads are used for, none of them a multiple of a chunk.
const R = 663, C = 517, N = 600_007, S = 5;
type Case = [name: keyof Passes, counts: number[], values: (at: number[]) => number[]];
const rng = (at: number[]) => [at[1], 1, 2, 3, 4].slice(1);
const cases: Case[] = [
  ["biasActivation", [R * C, C], ([y, b]) => [y, b, R, C, 2]],
  ["activateInPlace", [N], ([y]) => [y, N, 2]],
  ["activationGradient", [N, N, N], ([dy, y, dz]) => [dy, y, dz, N, 2, 1]],
  ["quickGelu", [N, N], ([x, y]) => [x, y, N]],
  ["quickGeluGradient", [N, N, N], ([dy, x, dx]) => [dy, x, dx, N]],
  ["gelu", [N, N], ([x, y]) => [x, y, N]],
  ["geluGradient", [N, N, N], ([dy, x, dx]) => [dy, x, dx, N]],
  ["accumulate", [N, N], ([x, y]) => [x, y, N]],
  ["binary", [N, N, N], ([a, b, y]) => [3, 0, a, b, 1, N, y]],
  ["binary", [N, 1, N], ([a, b, y]) => [1, 2, a, b, 1, N, y]],
  ["binary", [R * C, C, R * C], ([a, b, y]) => [4, 1, a, b, R, C, y]],
  ["binary", [R * C, R, R * C], ([a, b, y]) => [5, 2, a, b, R, C, y]],
  ["scaleShift", [R * C, C, C, R * C], ([x, a, b, y]) => [x, a, b, R, C, y]],
  ["normalise", [R * C, C, C, C, R * C], ([x, m, a, b, y]) => [x, m, a, b, R, C, y]],
  [
    "normaliseGradient",
    [R * C, R * C, C, C, C, C, R * C],
    ([dy, x, m, a, s, b, dx]) => [dy, x, m, a, s, b, R, C, dx],
  ],
  ["layerNorm", [R * C, C, C, R * C], ([x, g, b, y]) => [x, g, b, R, C, 1e-5, y]],
  ["channelNorm", [R * C, C, C, R * C], ([x, g, b, y]) => [x, g, b, R, C, 1e-5, y]],
  [
    "layerNormGradient",
    [R * C, R * C, C, R * C, C, C, 6 * C],
    ([dy, x, g, dx, dg, db, s]) => [dy, x, g, R, C, 1e-5, dx, dg, db, s],
  ],
  [
    "channelNormGradient",
    [R * C, R * C, C, R * C, C, C, 6 * C],
    ([dy, x, g, dx, dg, db, s]) => [dy, x, g, R, C, 1e-5, 1, dx, dg, db, s],
  ],
  ["columnSum", [R * C, C, 6 * C], ([x, out, s]) => [x, R, C, 3, out, s]],
  ["columnVariance", [R * C, C, C, 6 * C], ([x, m, out, s]) => [x, m, R, C, out, s]],
  [
    "columnProducts",
    [R * C, R * C, C, C, C, 6 * C],
    ([dy, x, m, a, b, s]) => [dy, x, m, R, C, a, b, s],
  ],
  ["rowSums", [R * C, R], ([x, out]) => [x, R, C, 7, out]],
  ["rowNorms", [R * C, R], ([x, out]) => [x, R, C, out]],
  ["rowNormsGradient", [R * C, R, R, R * C], ([x, n, dy, dx]) => [x, n, dy, R, C, dx]],
  ["subtractScaledRows", [R * C, R, R * C], ([x, f, dx]) => [x, f, R, C, dx]],
  ["middleMean", [R * S * C, R * C], ([x, y]) => [x, R, S, C, y]],
  ["middleMeanGradient", [R * C, R * S * C], ([dy, dx]) => [dy, R, S, C, dx]],
  [
    "stableMoments",
    [N, N, N, N, N, 16, 1],
    ([g, m, v, most, r, h, s]) => [g, m, v, most, r, N, h, s],
  ],
  ["stableUpdate", [N, N, N, 16], ([p, m, most, h]) => [p, m, most, N, h, 0.01]],
  ["adam", [N, N, N, N, 16, 1], ([p, g, m, v, h, s]) => [p, g, m, v, N, h, s, 1]],
  ["adagrad", [N, N, N, 16, 1], ([p, g, a, h, s]) => [p, g, a, N, h, s]],
  ["sgd", [N, N, N, 16, 1], ([p, g, v, h, s]) => [p, g, v, N, h, s]],
  ["uniform", [N, 32], (at) => [at[0], 0, N, ...rng(at), at[1]]],
  ["normal", [N, 32], (at) => [at[0], 0, N, ...rng(at), at[1]]],
  ["dropout", [N, N, 32], ([x, y, w]) => [x, y, 64, N, 1 << 23, 2, 1, 2, 3, 4, w]],
  [
    "biasActivationDropout",
    [R * C, C, 32],
    ([y, b, w]) => [y, b, 0, R, C, 1, 1 << 23, 2, 1, 2, 3, 4, w],
  ],
  ["topKMask", [R * C, R * C], ([x, mask]) => [x, R, C, 9, mask]],
  ["perturb", [R * C, R * S * C, R * S * C], ([x, z, y]) => [x, z, 0.5, R, S, C, y]],
  ["sharedConv", [R * C, 11, 11, R * C], ([x, w, b, y]) => [x, w, b, R, C / 11, 11, 1, y]],
  [
    "attentionWeights",
    [R * C, R * C, 2 * R],
    ([t, b, s]) => [t, R, C, 3, R + 3, 0, C - 2, 1, 0, b, 4 * C, s],
  ],
  [
    "attentionSlopes",
    [R * C, R * C, R, R * S, R * S],
    ([t, d, l, dy, y]) => [t, d, R, C, 3, R + 3, 0, C - 2, 0, 64, 0, 0, l, dy, y, 4 * S, S],
  ],
  [
    "distanceDecay",
    [R * C, R * C, R, R, C],
    ([x, y, b, a, carry]) => [x, 0, 4 * C, y, 0, 4 * C, 1, R, C, 0.7, b, a, carry],
  ],
  [
    "distanceDecay",
    [S * R * C, S * R * C, R, R, S * C],
    ([x, y, b, a, carry]) => [
      ...[x, 4 * R * C, 4 * C, y, 4 * R * C, 4 * C, S, R, C, 0.7, b, a, carry],
    ],
  ],
  ["splitTaps", [3 * N, 3 * N], ([w, t]) => [w, t, N, 3, 4 * N]],
  ["joinTaps", [3 * N, 3 * N], ([t, w]) => [t, w, N, 3, 4 * N]],
  ["splitTaps", [5 * N, 5 * N], ([w, t]) => [w, t, N, 5, 4 * N]],
  ["turn", [R * C * 4, R * C * 4], ([x, y]) => [x, 4, R, C, 1, 4 * R, y]],
  ["turn", [R * C * 7, R * C * 7], ([x, y]) => [x, R, C, 7, 1, 4 * C, y]],
  ["turn", [R * C * 6, R * C * 6], ([x, y]) => [x, 2, R, C, 3, 12 * R, y]],
  ["clearBlocks", [2 * R * C], ([x]) => [x, 8 * C, R, 4 * C]],
  ...[0, 1].map((causal): Case => [
    "spanWeights",
    [R * C + 4, R * S],
    ([t, z]) => [t, R, C, 3, z, 4 * S, 9, causal],
  ]),
  ...[0, 1].map((causal): Case => [
    "spanGradient",
    [R * C + 4, R * C + 4, R * S, R * S],
    ([t, g, z, dz]) => [t, g, R, C, 3, z, dz, 4 * S, 9, 0.3, causal],
  ]),
  [
    "perturbedGradient",
    [R * C, R * S * C, R * S * C, R * C],
    ([slope, z, mask, out]) => [slope, z, mask, 0.2, R, S, C, out],
  ],
  [
    "gatherWindows",
    [R * C, 20 * R * C],
    ([x, rows]) => [
      ...[x, 3, 13, 17, C, 2, 3, 3, 1, 1, 2, 0, 1, 1, 2, 13, 9, 0, 234, rows],
    ],
  ],
  ...[0, 1].map((mean): Case => [
    "poolWindows",
    [R * C, R * C],
    ([x, y]) => [x, 3, 13, 17, C, 2, 3, 3, 1, 1, 2, 0, 1, 1, 2, 13, 9, 0, 234, mean, y],
  ]),
  ["gatherBlocks", [2 * R * C, R * C], ([x, y]) => [x, 8 * C, R, 4 * C, y]],
  ["scatterBlocks", [R * C, 2 * R * C], ([x, y]) => [x, y, 8 * C, R, 4 * C]],
];

/** What lies in the memory of a case after its pass. */
function runCase([name, counts, values]: Case, apart = 0): Uint8Array {
  return onHeap(counts, (at) => {
    (backend.passes[name] as (...values: number[]) => void)(...values(at));
    if (SCRATCH_LAST.has(name)) clear(at.at(-1)!, counts.at(-1)!);
  }, apart);
}

for (const threads of [2, 3]) {
  for (const [name, counts, values] of cases) {
    Deno.test(`${name} on ${threads} threads gives the bits of one`, async () => {
      const run = () => runCase([name, counts, values]);
      await useThreads(1);
      // A pass that reads beyond the memory of its case would race with itself: its numbers are
      // others here, where nothing lies behind.
      const one = runCase([name, counts, values], 1024);
      await useThreads(threads);
      assertSame(run(), one);
      assertSame(run(), one);
    });
  }
}

Deno.test("every pass that threads share has a case here", () => {
  const tried = new Set<string>([...cases.map(([name]) => name), "sumSquares"]);
  const strips = ["stripSum", "stripVariance", "stripProducts"]; // by those of whole columns
  const shared = Object.keys(backend.passes).filter((name) => isThreaded(name as keyof Passes));
  assertEquals(shared.filter((name) => !tried.has(name) && !strips.includes(name)), []);
});

/** Passes whose last memory is scratch: what it holds afterwards means nothing. */
const SCRATCH_LAST = new Set<keyof Passes>([
  ...["layerNormGradient", "channelNormGradient", "columnSum", "columnVariance", "columnProducts"],
  ...["uniform", "normal", "dropout", "biasActivationDropout"],
] as (keyof Passes)[]);

function clear(at: number, count: number): void {
  new Float32Array(backend.heap.buffer, at, count).fill(0);
}

Deno.test("sumSquares on 2 and 3 threads gives the bits of one, and the sum of plain loops", async () => {
  const sums: number[] = [];
  for (const threads of [1, 2, 3]) {
    await useThreads(threads);
    onHeap([N], ([x]) => void sums.push(backend.passes.sumSquares(x, N)));
  }
  assertEquals([sums[1], sums[2]], [sums[0], sums[0]]);
  onHeap([N], ([x]) => {
    const plain = new Float32Array(backend.heap.buffer, x, N).reduce((s, v) => s + v * v, 0);
    assert(Math.abs(plain - sums[0]) < 1e-9 * plain); // both in double precision
  });
});

const products: [m: number, n: number, k: number][] = [[301, 97, 700], [97, 301, 130], [
  6,
  2048,
  90,
]];
Deno.test("SimdGemm.sgemm() on 2, 3 and 8 threads gives the bits of one", async () => {
  for (const [m, n, k] of products) {
    for (const [ta, tb] of [[false, false], [false, true], [true, false], [true, true]]) {
      const run = () =>
        onHeap(
          [m * k, k * n, m * n],
          ([a, b, c]) =>
            backend.gemm.sgemm(ta, tb, m, n, k, 0.5, a, ta ? m : k, b, tb ? k : n, 1, c, n),
        );
      await useThreads(1);
      const one = run();
      for (const threads of [2, 3, 8]) {
        await useThreads(threads);
        assertSame(run(), one);
      }
    }
  }
});

Deno.test("threads see the heap that grew behind their back", async () => {
  await useThreads(3);
  const before = backend.heap.buffer.byteLength,
    run = () => onHeap([N, N], ([x, y]) => backend.passes.gelu(x, y, N));
  const expected = run();
  const large = backend.allocate(before, "what makes the heap grow");
  assert(backend.heap.buffer.byteLength > before);
  for (let i = 0; i < 20; i++) {
    const more = backend.allocate(16 * N, "more");
    assertSame(run(), expected);
    backend.release(more);
  }
  backend.release(large);
});

async function poolWith(worker: string): Promise<ThreadPool> {
  const { heap } = backend, { passes, module } = await loadPasses(heap);
  return new ThreadPool({
    ...{ threads: 2, memory: heap, module, passes, ownBytes: passes.gemmPanelBytes(), worker },
    ...{ deadAfter: 0.3, release: (at) => backend.release(at) },
    allocate: (bytes) => backend.allocate(bytes, "a test's threads"),
  });
}

/** A job of ten chunks, as long as it takes until the worker has had one. */
async function runUntilItFails(pool: ThreadPool): Promise<void> {
  pool.start();
  for (let round = 0; round < 500; round++) {
    onHeap([N, N], ([x, y]) =>
      pool.run({
        ...{ pass: "gelu", values: [x, y, N], counted: 2, per: 15_008, total: N },
        moving: [[0, 60_032], [1, 60_032]],
      }));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const DYING = {
  "takes a chunk and is gone":
    "onmessage = ({ data: { words } }) => { Atomics.add(words, 3, 1); for (;;) { const t = Atomics.load(words, 0);" +
    " if ((t & 4095) < 3 && Atomics.compareExchange(words, 0, t, t + 1) === t) return close(); } };",
  "throws where it starts": "throw new Error('no thread today');",
  "fails in a pass":
    "onmessage = ({ data: { words } }) => { Atomics.store(words, 2, 1); postMessage('out of bounds'); };",
};
for (const [how, worker] of Object.entries(DYING)) {
  Deno.test(`a thread that ${how} ends the run with an error that says so`, async () => {
    const pool = await poolWith(worker);
    try {
      await runUntilItFails(pool);
    } catch (error) {
      assert((error as Error).message.startsWith("A thread of the cpu device died"), String(error));
      assert((error as Error).message.includes("resume the run"));
      return;
    } finally {
      pool.close();
    }
    throw new Error("no error came");
  });
}

Deno.test("workers start as jobs take time: none for a short command, all in a long one", () => {
  backend.useThreads(1);
  backend.useThreads(3); // a new pool
  const run = () => onHeap([N, N], ([x, y]) => backend.passes.gelu(x, y, N));
  assertEquals(backend.pool.workers, 0);
  run();
  assertEquals(backend.pool.workers, 0);
  for (let round = 0; round < 3000 && backend.pool.workers < 2; round++) run();
  assertEquals(backend.pool.workers, 2);
});

Deno.test("shareMemory() changes limits alone, and refuses a module without a memory", () => {
  // a module with a type section and nothing else
  const empty = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0);
  assertThrows(() => shareMemory(empty), SyntaxError, "0 memories");
  const own = Uint8Array.of(...empty, 5, 3, 1, 0, 72);
  const shared = shareMemory(own);
  assertThrows(() => shareMemory(own.subarray(0, -1)), SyntaxError, "ends within a number");
  assertEquals([...shared.subarray(empty.length)], [5, 6, 1, 3, 72, 128, 128, 4]);
});

Deno.test("threadCount() takes what is asked for, else WSVAD_THREADS, else all cores", () => {
  assertEquals(threadCount(2, () => "3"), 2);
  assertEquals(threadCount(undefined, () => "3"), 3);
  const wrong = () => threadCount(undefined, () => "many");
  assert(isFault(assertThrows(wrong, RangeError, 'WSVAD_THREADS="many"')));
  assertEquals(threadCount(undefined, () => ""), Math.min(16, navigator.hardwareConcurrency));
});
