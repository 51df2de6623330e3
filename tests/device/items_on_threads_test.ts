import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { findBlas } from "../../src/device/cpu/blas.ts";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { forItems } from "../../src/device/cpu/items_on_threads.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { attention } from "../../src/ops/attention/op.ts";
import { graphProduct } from "../../src/ops/graph_product/op.ts";
import { similarityGraph } from "../../src/ops/similarity_graph/op.ts";
import { spanAttention } from "../../src/ops/span_attention/op.ts";
import { randomTensor } from "../support/on_cpu.ts";
import { startAll } from "../support/use_threads.ts";

const { blas } = findBlas();
const engines = [{ name: "wasm SIMD", choice: "off" }, { name: "BLAS", choice: undefined }];

/** The device with so many threads, all of which take part, and guards behind all memory. */
async function onThreads(threads: number, choice?: string): Promise<CpuBackend> {
  const { backend } = await openCpu({ blas: choice, threads });
  await startAll(backend.pool);
  return backend;
}

const R = 7, T = 37, C = 24;
await onThreads(1, "off");
const [q, k, v] = [1, 2, 3].map((seed) => tf.mul(randomTensor([R, T, C], seed), 4));
const bias = randomTensor([2, T, T], 4), spans = tf.mul(tf.add(randomTensor([R, T, 2], 5), 1), 9);
const lengths = tf.tensor([37, 0, 5, 36, 1, 20, 37], [R], "int32");

const state = tf.tensor1d([5, 0, 2, 0], "int32");

/** Kernels that have a thread do a head, a video or a product. */
const kernels: Record<string, (...inputs: tf.Tensor[]) => tf.Tensor> = {
  attention: (q, k, v) => attention(q, k, v, 0.3, { heads: 2 }),
  "attention in windows": (q, k, v) => attention(q, k, v, 0.3, { heads: 2, window: 6 }),
  "attention of earlier positions": (q, k, v) =>
    attention(q, k, v, 0.3, { heads: 2, causal: true }),
  "attention over valid keys": (q, k, v) => attention(q, k, v, 0.3, { heads: 2, lengths }),
  "attention with a bias": (q, k, v) => attention(q, k, v, 0.3, { heads: 2, bias }),
  "attention with dropout": (q, k, v) =>
    attention(
      ...[q, k, v].map((x) => tf.slice(x, [0, 1, 0], [R, 36, C])) as [
        q: tf.Tensor,
        k: tf.Tensor,
        v: tf.Tensor,
      ],
      0.3,
      { heads: 2, dropout: { rate: 0.3, state, stream: 2 } },
    ),
  "attention with learned spans": (q, k, v) =>
    spanAttention(q, k, v, spans, { heads: 2, scale: 0.3, ramp: 5, causal: true }),
  "a product of many matrices": (q, k) => tf.matMul(q, k, false, true),
  "a similarity graph": (q) => similarityGraph(q, tf.maximum(lengths, 1), 0.1),
  "a sum over neighbours": (q, k, v) => graphProduct(tf.matMul(q, k, false, true), v, q),
};

for (const { name: engine, choice } of engines) {
  for (const [name, kernel] of Object.entries(kernels)) {
    Deno.test({
      name: `${name} and its gradients have the same bits on 1, 2 and 3 threads (${engine})`,
      ignore: choice === undefined && !blas,
      async fn() {
        const run = async (threads: number) => {
          const backend = await onThreads(threads, choice);
          backend.allocator.guarded = true;
          try {
            let bits: Uint32Array[] = [];
            tf.tidy(() => {
              const inputs = [q, k, v].slice(0, kernel.length);
              const loss = (...x: tf.Tensor[]) => tf.sum(tf.square(kernel(...x))) as tf.Scalar;
              const made = [kernel(...inputs), ...tf.grads(loss)(inputs)];
              bits = made.map((y) => new Uint32Array(y.dataSync().slice().buffer));
            });
            return bits;
          } finally {
            backend.allocator.guarded = false;
          }
        };
        const one = await run(1);
        assert(one.some((bits) => bits.some((word) => word !== 0)));
        for (const threads of [2, 3]) assertEquals(await run(threads), one);
      },
    });
  }
}

Deno.test("forItems() takes nothing of the budget for threads, and works in order where they get no memory", async () => {
  const backend = await onThreads(2, "off"), { pool, threadMemory: { own, steps } } = backend;
  let jobs = 0;
  const run = pool.run.bind(pool);
  pool.run = (job) => (jobs++, run(job));
  const ofThem = () =>
    backend.withScratch(4 * 64, (at) => {
      backend.resetPeaks();
      const { used } = backend.budget;
      forItems(backend, 64, 1 << 16, (thread, item) => {
        thread.pass("clearBlocks", at + 4 * item, 4, 1, 4);
      });
      return backend.budget.peak - used;
    });
  const refused = (memory: typeof own) => {
    const { take } = memory;
    memory.take = () => null;
    try {
      return ofThem();
    } finally {
      memory.take = take;
    }
  };
  try {
    assertEquals(ofThem(), 0);
    assertEquals(jobs, 1);
    assert(refused(own) > 0 && refused(steps) > 0);
    assertEquals(jobs, 1);
  } finally {
    pool.run = run;
  }
});

Deno.test("forItems() works in order on few items, large ones, and by a BLAS that may have no locks", async () => {
  const backend = await onThreads(2, "off"), { pool, gemm } = backend;
  let jobs = 0;
  const run = pool.run.bind(pool);
  pool.run = (job) => (jobs++, run(job));
  const bytes = 4 * 1024;
  const fill = (count: number, ownBytes: number) => {
    jobs = 0;
    backend.withScratch(bytes * count, (at) => {
      new Uint8Array(backend.heap.buffer, at, bytes * count).fill(1);
      forItems(backend, count, ownBytes, (thread, item) => {
        thread.pass("clearBlocks", at + item * bytes, bytes, 1, bytes);
      });
      assert(new Uint8Array(backend.heap.buffer, at, bytes * count).every((byte) => byte === 0));
    });
    return jobs;
  };
  try {
    let within = 0;
    const alone = <T>(body: () => T): T => (within++, body());
    const { name, ownBytes } = gemm;
    const sgemm: typeof gemm.sgemm = (...product) => gemm.sgemm(...product);
    backend.gemm = { name, ownBytes, sgemm, steps: () => [], alone };
    assertEquals(fill(8, 64), 1);
    assertEquals(fill(5000, 0), 1); // more than chunks
    assertEquals(within, 2);
    assertEquals(fill(7, 64), 0);
    assertEquals(fill(8, 1 << 23), 0);
    backend.gemm = { name, ownBytes, sgemm, steps: () => [] };
    assertEquals(fill(8, 64), 0);
  } finally {
    pool.run = run;
    backend.gemm = gemm;
  }
});
