import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { startBackend } from "../../src/device/cpu/start_backend.ts";
import { gigabytes, HeapBudget } from "../../src/device/cpu/heap_budget.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { isFault } from "../../src/fault.ts";
import { compilePasses, passSignatures } from "../../kernels/build_cpu.ts";

Deno.test("openCpu() starts the wasm backend, and a second call keeps it and its tensors", async () => {
  const first = await openCpu({ blas: "off", threads: 2 });
  assertEquals(tf.getBackend(), "wasm");
  assertEquals(first.blas, null);
  assert(first.advice!.includes("off"));
  assertEquals(first.description, "cpu, products by wasm SIMD");
  const x = tf.tensor1d([1, 2, 3]);
  const second = await openCpu({ blas: "off", threads: 2 });
  assertEquals(second.backend, first.backend);
  assertEquals([...x.dataSync()], [1, 2, 3]);
  x.dispose();
});

Deno.test("openCpu() counts the bytes of tensors, once for clones and reshapes", async () => {
  const { memory } = await openCpu({ blas: "off" });
  const before = memory().used;
  const x = tf.zeros([1000]);
  const view = tf.reshape(x, [10, 100]);
  assertEquals(memory().used - before, 4000);
  x.dispose();
  assertEquals(memory().used - before, 4000);
  view.dispose();
  assertEquals(memory().used - before, 0);
  assert(memory().peak >= before + 4000);
  assertEquals(memory().limit < 2 ** 32, true);
});

Deno.test("openCpu() after a closed device computes in the memory of that one, with new tensors", async () => {
  // Tensors are left behind, and numbers begin anew: tfjs's module keeps what it has prepared for
  // weights by the number of their tensor.
  const convolved = (weight: number) => {
    const x = tf.ones([1, 3, 3, 1]) as tf.Tensor4D;
    const filter = tf.fill([2, 2, 1, 1], weight) as tf.Tensor4D;
    const results = [
      tf.conv2d(x, filter, 1, "valid"),
      tf.depthwiseConv2d(x, filter, 1, "valid"),
      tf.prelu(tf.neg(x), tf.fill([1, 1, 1, 1], weight)),
    ];
    return results.map((result) => result.dataSync()[0]);
  };
  if (tf.findBackend("wasm")) tf.removeBackend("wasm"); // of the tests before
  const first = await openCpu({ blas: "off" });
  const { used, limit } = first.memory();
  assertEquals(convolved(3), [12, 12, -3]);
  tf.removeBackend("wasm");
  const second = await openCpu({ blas: "off" });
  assert(second.backend !== first.backend);
  assertEquals(second.backend.heap, first.backend.heap);
  assertEquals([second.memory().used, second.memory().limit], [used, limit]);
  assertEquals(convolved(5), [20, 20, -5]);
  tf.removeBackend("wasm");
});

Deno.test("CpuBackend refuses a tensor that would not fit, naming sizes and settings, and goes on", async () => {
  const backend = await startBackend({ budget: new HeapBudget(1_000_000) });
  const kept = backend.write(new Float32Array(200_000), [200_000], "float32");
  const error = assertThrows(
    () => backend.write(new Float32Array(60_000), [300, 200], "float32"),
    RangeError,
  );
  assert(isFault(error));
  const { message } = error as Error;
  for (const part of ["[300, 200]", "0.24 MB", "0.80 MB", "1.00 MB", "data.batch_size"]) {
    assert(message.includes(part), `${part} in: ${message}`);
  }
  assertEquals(backend.budget.used, 800_000);
  assertEquals(backend.disposeData(kept), true);
  assertEquals(backend.budget.used, 0);
  backend.write(new Float32Array(60_000), [300, 200], "float32");
  assertEquals(backend.budget.used, 240_000);
});

Deno.test("CpuBackend offers what a machine has that refuses more, and says so to the memory check", async () => {
  // more than a 32-bit heap has
  const backend = await startBackend({ budget: new HeapBudget(2 ** 40) });
  const { limit } = backend.budget;
  assert(limit < 2 ** 32);
  const most = backend.allocator.take(limit, "all there is", null, false);
  assert(most.at + most.bytes <= backend.heap.buffer.byteLength);
  assertThrows(() => backend.write(Float32Array.of(1), [1], "float32"), RangeError);
  backend.allocator.give(most);
  assertEquals(backend.budget.used, 0);
});

Deno.test("CpuBackend addresses stay valid when the heap grows beneath them", async () => {
  const backend = await startBackend({ budget: new HeapBudget(1_000_000) });
  const x = { dataId: backend.write(Float32Array.of(1, 2, 3), [3], "float32") } as tf.TensorInfo;
  const address = backend.address(x);
  grow(backend);
  assertEquals([...new Float32Array(backend.heap.buffer, address, 3)], [1, 2, 3]);
});

/** As a kernel of tfjs does that needs more for itself than is left to it. */
function grow(backend: CpuBackend): void {
  const { buffer } = backend.heap;
  (backend.wasm as unknown as { _malloc(bytes: number): number })._malloc(buffer.byteLength);
  assert(backend.heap.buffer !== buffer, "the heap grew");
}

Deno.test("gigabytes() writes small sizes in MB", () => {
  assertEquals(gigabytes(1_234_000_000), "1.23 GB");
  assertEquals(gigabytes(1_500_000), "1.50 MB");
});

Deno.test("kernels/cpu/passes.wasm.b64 is what kernels/cpu compiles to: else run deno task build:simd", async () => {
  const committed = await Deno.readTextFile(
    new URL("../../kernels/cpu/passes.wasm.b64", import.meta.url),
  );
  assertEquals(await compilePasses(), committed);
});

Deno.test("kernels/pass_signatures.ts says of the passes what kernels/cpu does: else run deno task build:simd", async () => {
  const committed = await Deno.readTextFile(
    new URL("../../kernels/pass_signatures.ts", import.meta.url),
  );
  assertEquals(passSignatures(), committed);
});
