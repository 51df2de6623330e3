import { assert, assertEquals } from "@std/assert";
import { BlasGemm, findBlas } from "../../src/device/cpu/blas.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { subnormalMode } from "../../src/device/cpu/subnormals.ts";

const { blas } = findBlas();
const mode = subnormalMode();
const SUBNORMAL = 1e-40;

/** Whether this thread's own arithmetic keeps subnormal numbers; it is a sum at run time, not a constant. */
function keepsSubnormals(): boolean {
  const x = Float64Array.of(Number.MIN_VALUE, Math.random() * Number.MIN_VALUE);
  return x[0] + x[1] > 0 && Float32Array.of(SUBNORMAL)[0] > 0;
}

Deno.test({
  name: "subnormalMode() flushes this thread's subnormal numbers until it restores them",
  ignore: mode === null,
  fn() {
    const tiny = Float64Array.of(Number.MIN_VALUE);
    mode!.flush();
    const doubled = tiny[0] * (1 + Math.random());
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
    for (const at of [a, b, c]) backend.release(at, bytes);
  },
});
