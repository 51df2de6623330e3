import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { findBlas } from "../../src/device/cpu/blas.ts";
import { BlasGemm } from "../../src/device/cpu/blas_gemm.ts";
import { placing } from "../../src/device/cpu/tfjs/cpu_kernel.ts";
import { SimdGemm } from "../../src/device/cpu/gemm.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { flushingSubnormals, subnormalMode } from "../../src/device/cpu/subnormals.ts";

const { blas } = findBlas();
const mode = subnormalMode();
const SUBNORMAL = 1e-40;

/**
 * Whether this thread's own arithmetic keeps subnormal numbers: of an array, whose values no
 * compiler takes for constants.
 */
function keepsSubnormals(): boolean {
  const x = Float64Array.of(Number.MIN_VALUE, Number.MIN_VALUE);
  return x[0] + x[1] > 0 && Float32Array.of(SUBNORMAL)[0] > 0;
}

Deno.test({
  name: "subnormalMode() flushes this thread's subnormal numbers until it restores them",
  ignore: mode === null,
  fn() {
    const [tiny, factor] = [Float64Array.of(Number.MIN_VALUE), Float64Array.of(2)];
    mode!.flush();
    const doubled = tiny[0] * factor[0];
    mode!.restore();
    assertEquals(doubled, 0);
    assert(keepsSubnormals());
  },
});

Deno.test({
  name:
    "BlasGemm.sgemm() takes subnormal operands for 0, and leaves the arithmetic outside as it is",
  ignore: mode === null || !blas,
  async fn() {
    const { backend } = await openCpu();
    const size = 256; // enough for the library's own threads to take part
    const bytes = 4 * size * size;
    const [a, b, c] = ["a", "b", "c"].map((name) => backend.allocate(bytes, name));
    const values = (at: number) => new Float32Array(backend.heap.buffer, at, size * size);
    values(a).fill(SUBNORMAL);
    values(b).fill(1);
    new BlasGemm(blas!, backend.heap)
      .sgemm(false, false, size, size, size, 1, a, size, b, size, 0, c, size);
    assert(values(c).every((value) => value === 0));
    assert(keepsSubnormals());
    for (const at of [a, b, c]) backend.release(at);
  },
});

Deno.test({
  name:
    "A kernel of tfjs's own takes subnormal numbers for 0, and leaves the arithmetic outside as it is",
  ignore: mode === null,
  async fn() {
    await openCpu({ blas: "off" });
    const root = tf.tidy(() => tf.sqrt(tf.tensor([SUBNORMAL, 4])).dataSync());
    assertEquals([...root], [0, 2]); // 1e-20 where it is taken as it is
    assert(keepsSubnormals());
  },
});

Deno.test({
  name: "A kernel that throws, and one within another, leave subnormal numbers as they were",
  ignore: mode === null,
  async fn() {
    const { backend } = await openCpu({ blas: "off" });
    const kernel = placing(() => {
      flushingSubnormals(() => {});
      assert(!keepsSubnormals()); // still flushed behind the inner one
      throw new Error("in the kernel");
    });
    assertThrows(() => kernel({ inputs: {}, attrs: {}, backend }), Error, "in the kernel");
    assert(keepsSubnormals());
  },
});

Deno.test("SimdGemm.sgemm() takes subnormal operands for 0 without a switch", async () => {
  const { backend } = await openCpu({ blas: "off" });
  const gemm = new SimdGemm(backend);
  for (const [m, n, k] of [[6, 8, 4], [5, 7, 3]]) {
    for (const tiny of ["a", "b"]) {
      for (const transposed of [false, true]) {
        const sizes = [m * k, k * n, m * n];
        const [a, b, c] = sizes.map((size) => backend.allocate(4 * size, "a matrix"));
        const values = (at: number, size: number) =>
          new Float32Array(backend.heap.buffer, at, size);
        values(a, m * k).fill(tiny === "a" ? -SUBNORMAL : 1e30);
        values(b, k * n).fill(tiny === "b" ? SUBNORMAL : 1e30);
        const [lda, ldb] = transposed ? [m, k] : [k, n];
        gemm.sgemm(transposed, transposed, m, n, k, 1, a, lda, b, ldb, 0, c, n);
        assert(values(c, m * n).every((value) => value === 0)); // 1e-10 k where they count
        for (const at of [a, b, c]) backend.release(at);
      }
    }
  }
});
