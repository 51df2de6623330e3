import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { candidates, findBlas } from "../../src/device/cpu/blas.ts";
import { BlasGemm } from "../../src/device/cpu/blas_gemm.ts";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { type Gemm, SimdGemm } from "../../src/device/cpu/gemm.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { isFault } from "../../src/fault.ts";
import { Random } from "../../src/random.ts";

const { backend } = await openCpu({ blas: "off" });
const { blas, advice } = findBlas();
if (!blas) console.warn(`BLAS tests ignored: ${advice}`);

const engines: { name: string; ignore: boolean; make: () => Gemm }[] = [
  { name: "SimdGemm", ignore: false, make: () => new SimdGemm(backend) },
  { name: "BlasGemm", ignore: !blas, make: () => new BlasGemm(blas!, backend.heap) },
];

// Around the tile (6 x 8), the depth block (256), the row block (96) and the column block (1024).
const sizes = [[1, 1, 1], [5, 7, 3], [6, 8, 256], [7, 9, 257], [97, 1025, 5], [13, 17, 513]];

/** A matrix on the heap inside a wider one, so that leading dimensions matter. */
function place(backend: CpuBackend, rows: number, columns: number, seed: number) {
  const stride = columns + 3;
  const block = backend.allocator.take(rows * stride * 4, "a matrix", null, false);
  const address = block.at;
  const values = new Float32Array(backend.heap.buffer, address, rows * stride);
  const random = new Random(seed, "matrix");
  for (let i = 0; i < values.length; i++) values[i] = random.uniform() - 0.5;
  return { address, stride, values, free: () => backend.allocator.give(block) };
}

for (const { name, ignore, make } of engines) {
  Deno.test({
    name: `${name}.sgemm() refuses matrices that leave the heap, each with its sizes`,
    ignore,
    fn() {
      const gemm = make(), end = backend.heap.buffer.byteLength - 24;
      const inside = backend.allocate(24, "a matrix");
      for (const [i, matrix] of ["A", "B", "C"].entries()) {
        const [a, b, c] = [0, 1, 2].map((j) => j === i ? end + 4 : inside);
        const error = assertThrows(
          () => gemm.sgemm(false, false, 2, 2, 2, 1, a, 4, b, 4, 0, c, 4),
          RangeError,
        );
        assert((error as Error).message.includes(`matrix ${matrix} [2, 2] at byte ${end + 4}`));
      }
      backend.release(inside);
    },
  });

  Deno.test({
    name: `${name}.sgemm() multiplies every transpose at odd sizes like plain loops`,
    ignore,
    fn() {
      const gemm = make();
      for (const [m, n, k] of sizes) {
        for (
          const [transA, transB] of [[false, false], [false, true], [true, false], [true, true]]
        ) {
          for (const [alpha, beta] of [[1, 0], [1, 1], [-0.5, 0.25]]) {
            const a = transA ? place(backend, k, m, 1) : place(backend, m, k, 1);
            const b = transB ? place(backend, n, k, 2) : place(backend, k, n, 2);
            const c = place(backend, m, n, 3);
            const before = c.values.slice();
            if (beta === 0) c.values.fill(NaN); // must be overwritten, not multiplied
            gemm.sgemm(
              ...[transA, transB] as const,
              ...[m, n, k, alpha, a.address, a.stride, b.address, b.stride] as const,
              ...[beta, c.address, c.stride] as const,
            );
            for (let i = 0; i < m; i++) {
              for (let j = 0; j < n; j++) {
                let sum = 0;
                for (let p = 0; p < k; p++) {
                  sum += a.values[transA ? p * a.stride + i : i * a.stride + p] *
                    b.values[transB ? j * b.stride + p : p * b.stride + j];
                }
                const at = i * c.stride + j;
                // f32 sums of at most 513 products below 1/4: errors of a few 1e-6
                assertAlmostEquals(c.values[at], alpha * sum + beta * before[at], 1e-5);
              }
              for (let j = n; j < c.stride && i < m - 1; j++) {
                const at = i * c.stride + j;
                assertEquals(c.values[at], beta === 0 ? NaN : before[at]); // untouched
              }
            }
            for (const matrix of [a, b, c]) matrix.free();
          }
        }
      }
    },
  });

  Deno.test({
    name: `${name}.sgemm() loses less in a layer's own product than in one running sum`,
    ignore,
    fn() {
      const gemm = make();
      const [m, n, k] = [24, 32, 1024];
      const a = place(backend, m, k, 1),
        b = place(backend, n, k, 2),
        across = place(backend, k, n, 3);
      for (let j = 0; j < n; j++) {
        for (let p = 0; p < k; p++) {
          across.values[p * across.stride + j] = b.values[j * b.stride + p];
        }
      }
      const errorOf = (transB: boolean) => {
        const c = place(backend, m, n, 4), right = transB ? b : across;
        gemm.sgemm(
          ...[false, transB, m, n, k, 1, a.address, a.stride, right.address, right.stride] as const,
          ...[0, c.address, c.stride] as const,
        );
        let error = 0;
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let p = 0; p < k; p++) {
              sum += a.values[i * a.stride + p] * b.values[j * b.stride + p];
            }
            error += Math.abs(c.values[i * c.stride + j] - sum);
          }
        }
        c.free();
        return error;
      };
      // 0.73 (wasm SIMD) and 0.19 (OpenBLAS) as measured;
      // the numbers are the same, transposed or not
      assert(errorOf(true) < 0.85 * errorOf(false));
      for (const matrix of [a, b, across]) matrix.free();
    },
  });

  Deno.test({
    name: `${name}.sgemm() gives the same bits twice`,
    ignore,
    fn() {
      const gemm = make();
      const a = place(backend, 129, 300, 1), b = place(backend, 300, 77, 2);
      const runs = [0, 1].map(() => {
        const c = place(backend, 129, 77, 3);
        gemm.sgemm(
          false,
          false,
          129,
          77,
          300,
          1,
          a.address,
          a.stride,
          b.address,
          b.stride,
          0,
          c.address,
          c.stride,
        );
        const result = c.values.slice();
        c.free();
        return result;
      });
      assertEquals(runs[0], runs[1]);
      a.free();
      b.free();
    },
  });

  Deno.test({
    name: `${name}.sgemm() with an empty sum scales C, and does nothing without rows`,
    ignore,
    fn() {
      const gemm = make();
      const c = place(backend, 2, 2, 3);
      c.values.fill(3);
      gemm.sgemm(false, false, 2, 2, 0, 1, c.address, 1, c.address, 2, 0, c.address, c.stride);
      assertEquals([...c.values.slice(0, 3)], [0, 0, 3]);
      gemm.sgemm(false, false, 0, 2, 2, 1, c.address, 2, c.address, 2, 0, c.address, c.stride);
      assertEquals([...c.values.slice(0, 3)], [0, 0, 3]);
      c.free();
    },
  });
}

Deno.test({
  name:
    "BlasGemm.sgemm() gives a layer's product the same bits on one thread of the BLAS and on two",
  ignore: !blas?.name.startsWith("OpenBLAS"),
  fn() {
    const library = Deno.dlopen(blas!.path, {
      openblas_set_num_threads: { parameters: ["i32"], result: "void" },
    });
    const use = library.symbols.openblas_set_num_threads;
    try {
      // OpenBLAS takes other kernels, with other last bits, where m x n x k is small.
      for (const [m, n, k] of [[801, 2, 65], [1600, 1, 128], [6400, 3, 200], [801, 1043, 200]]) {
        const [a, b] = [place(backend, m, k, 1), place(backend, n, k, 2)];
        const bits = [1, 2].map((threads) => {
          use(threads);
          const c = place(backend, m, n, 3);
          new BlasGemm({ ...blas!, threads }, backend.heap).sgemm(
            ...[false, true, m, n, k, 1, a.address, a.stride, b.address, b.stride] as const,
            ...[0.25, c.address, c.stride] as const,
          );
          const found = new Uint32Array(c.values.slice().buffer);
          c.free();
          return found;
        });
        assertEquals(bits[0].findIndex((word, i) => word !== bits[1][i]), -1, `${m} x ${n} x ${k}`);
        for (const matrix of [a, b]) matrix.free();
      }
    } finally {
      use(blas!.threads!);
      library.close();
    }
  },
});

Deno.test("findBlas() with off finds none and says so", () => {
  const { blas, advice } = findBlas("off");
  assertEquals(blas, undefined);
  assert(advice!.includes("--blas off"));
});

Deno.test("findBlas() with a path that is no BLAS is the user's fault and names the path", () => {
  const error = assertThrows(() => findBlas("/nowhere/libblas.so"));
  assert(isFault(error));
  assert((error as Error).message.includes('"/nowhere/libblas.so"'));
  assert((error as Error).message.includes("cblas_sgemm"));
});

Deno.test({
  name: "findBlas() names the make and its threads",
  ignore: !blas,
  fn() {
    assert(/^(OpenBLAS|MKL|BLIS|Accelerate|BLAS)/.test(blas!.name), blas!.name);
    if (blas!.name.startsWith("OpenBLAS")) assert(blas!.threads! >= 1);
  },
});

Deno.test("candidates() looks in the conda environment that is active, and never takes the reference BLAS", () => {
  const found = candidates("linux", (name) => name === "CONDA_PREFIX" ? "/env" : undefined);
  assert(found.includes("/env/lib/libopenblas.so.0"));
  assert(found.every((path) => !path.includes("libblas.so")));
});

Deno.test({
  name: "findBlas() without the permission says which flag to give",
  permissions: { ffi: false },
  fn() {
    const { blas, advice } = findBlas();
    assertEquals(blas, undefined);
    assert(advice!.includes("--allow-ffi"));
    assertThrows(() => findBlas("libopenblas.so.0"), Error, "--allow-ffi");
  },
});
