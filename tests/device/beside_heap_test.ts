import type * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { startBackend } from "../../src/device/cpu/start_backend.ts";
import { HeapBudget } from "../../src/device/cpu/heap_budget.ts";
import { HostMemory } from "../../src/device/cpu/host_memory.ts";
import { isFault } from "../../src/fault.ts";
import { Random } from "../../src/random.ts";
import { trainOnHeap } from "../support/small_heap.ts";

const LIMIT = 1_600_000, SIZE = 25_000;

/** A heap of 1.6 MB, and 40 tensors of 100 kB each, which hold their number. */
async function overfull(room = Infinity) {
  const budget = new HeapBudget(LIMIT, () => room);
  const backend = await startBackend({ budget });
  const write = (i: number, dtype: "float32" | "int32" = "float32"): tf.TensorInfo => {
    const values = dtype === "float32" ? new Float32Array(SIZE) : new Int32Array(SIZE);
    const dataId = backend.write(values.fill(i), [SIZE], dtype);
    return { dataId, shape: [SIZE], dtype };
  };
  const fill = () => Array.from({ length: 40 }, (_, i) => write(i, i % 3 ? "float32" : "int32"));
  return { backend, budget, write, fill };
}

Deno.test("tensors that the heap does not hold wait beside it, and come back as they were", async () => {
  const { backend, budget, fill } = await overfull();
  const tensors = fill();
  assertEquals(budget.used + budget.beside, 4_000_000);
  assertEquals(budget.peak, 4_000_000);
  for (const i of [0, 39, 20, 3, 4, 0]) {
    const values = backend.typedArrayFromHeap(tensors[i]);
    assert(values.length === SIZE && values.every((value) => value === i), `tensor ${i}`);
  }
  for (const { dataId } of tensors) backend.disposeData(dataId);
  assertEquals([budget.used, budget.beside, backend.numDataIds()], [0, 0, 0]);
});

Deno.test("CpuBackend.run() lets no tensor leave the heap whose address the kernel has", async () => {
  const { backend, fill } = await overfull();
  const tensors = fill(), asked = [0, 38, 1, 37, 2, 36, 3, 35, 4, 34, 5, 33, 6, 32];
  let runs = 0;
  const [sum, addresses] = backend.run(() => {
    runs++;
    const addresses = asked.map((i) => backend.address(tensors[i]));
    const out = backend.output([SIZE]);
    return [out, addresses] as const;
  });
  assert(runs > 1, "all was there at once");
  assertEquals(addresses, asked.map((i) => backend.address(tensors[i])));
  assertEquals(new Set(addresses).size, asked.length);
  asked.forEach((i) => assertEquals(backend.typedArrayFromHeap(tensors[i])[SIZE - 1], i));
  backend.disposeData(sum.dataId);
});

Deno.test("CpuBackend.run() refuses what a kernel alone needs beyond the heap, and leaves all as it was", async () => {
  const { backend, budget, fill } = await overfull();
  const tensors = fill(), held = backend.numDataIds();
  const error = assertThrows(
    () =>
      backend.run(
        () => (backend.place(Object.fromEntries(tensors.slice(0, 10).entries())),
          backend.output([200_000])),
      ),
    RangeError,
    "Cannot hold a tensor [200000]",
  );
  assert(isFault(error));
  assertEquals([backend.numDataIds(), budget.used + budget.beside], [held, 4_000_000]);
  assertEquals(backend.typedArrayFromHeap(tensors[7])[0], 7);
});

Deno.test("tensors are refused when the machine has no memory beside the heap either", async () => {
  const { fill } = await overfull(99_999);
  assert(isFault(assertThrows(fill, RangeError, "1.60 MB of its 1.60 MB are in use")));
});

/** Bytes that are copied for a step which saves 2.5 times the heap, and those that had to be. */
async function copiedByStep(): Promise<{ copied: number; least: number }> {
  const limit = 4_000_000, budget = new HeapBudget(limit, () => Infinity);
  const backend = await startBackend({ budget }), random = new Random(3, "layers");
  const output = (inputs: tf.TensorInfo[], sizes: number[]) =>
    backend.run(() => {
      for (const input of inputs) backend.address(input);
      return sizes.map((size) => backend.output([size]));
    });
  const layers = Array.from(
    { length: 100 },
    () => Array.from({ length: 3 }, () => Math.ceil((1 + 4 * random.uniform()) * 4000)),
  );
  const saved: tf.TensorInfo[][] = [];
  let [x] = output([], [10_000]);
  for (const [y, kept, passing] of layers) {
    const [next, mask, scratch] = output([x], [y, kept, passing]);
    saved.push([x, mask]);
    backend.disposeData(scratch.dataId);
    x = next;
  }
  for (const held of saved.toReversed()) {
    const [dx, ...slopes] = output([x, ...held], [held[0].shape[0], 8000, 6000]);
    for (const { dataId } of [x, ...held, ...slopes]) backend.disposeData(dataId);
    x = dx;
  }
  backend.disposeData(x.dataId);
  assertEquals([budget.used, budget.beside], [0, 0]);
  return { copied: backend.allocator.copied, least: budget.peak - limit };
}

Deno.test("a step larger than the heap copies little more than what the heap does not hold", async () => {
  const { copied, least } = await copiedByStep();
  assert(copied < 1.3 * least, `${copied} bytes for ${least}`);
});

Deno.test("HostMemory gives apart what it gives, and takes rooms again", () => {
  const memory = new HostMemory();
  const [a, b] = [memory.take(1000), memory.take(17)];
  assert(a.buffer === b.buffer && (b.byteOffset >= a.byteOffset + 1000 || a.byteOffset >= 32));
  const { byteOffset } = a;
  memory.give(a);
  assertEquals(memory.take(990).byteOffset, byteOffset);
});

Deno.test("ur_dmu learns the same bit for bit in half the memory that a step needs", async () => {
  const roomy = await trainOnHeap("ur_dmu", 3), { peak } = roomy.backend.budget;
  const half = await trainOnHeap("ur_dmu", 3, new HeapBudget(Math.ceil(peak / 2), () => Infinity));
  assertEquals(half.losses, roomy.losses);
  assert(half.backend.budget.peak > peak / 2, "nothing had to leave the heap");
});
