import { assert, assertEquals, assertThrows } from "@std/assert";
import { findBlas } from "../../src/device/cpu/blas.ts";
import { aloneBy, betterCore } from "../../src/device/cpu/openblas_core.ts";

const AVX512 = "avx2 fma avx512f avx512cd avx512bw avx512dq avx512vl";

function cpuInfo(flags: string, vendor = "GenuineIntel"): string {
  const one = `vendor_id\t: ${vendor}\nmodel\t\t: 207\nflags\t\t: fpu sse2 ${flags} ht\n`;
  return `processor\t: 0\n${one}\nprocessor\t: 1\n${one}`;
}

Deno.test("betterCore() names the widest kernels that the processor has, where OpenBLAS fell back", () => {
  assertEquals(betterCore("Prescott", cpuInfo(`${AVX512} avx512_bf16`)), "Cooperlake");
  assertEquals(betterCore("Nehalem", cpuInfo(AVX512)), "SkylakeX");
  assertEquals(betterCore("Sandybridge", cpuInfo("avx2 fma avx512f")), "Haswell");
  assertEquals(betterCore("prescott", cpuInfo(AVX512, "AuthenticAMD")), "Zen");
});

Deno.test("betterCore() leaves alone what OpenBLAS chose well, and processors that have no more", () => {
  for (const core of ["Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids", "ARMV8", ""]) {
    assertEquals(betterCore(core, cpuInfo(`${AVX512} avx512_bf16`)), null);
  }
  assertEquals(betterCore("Prescott", cpuInfo("avx")), null);
  assertEquals(betterCore("Prescott", ""), null);
});

const { blas } = findBlas();

Deno.test({
  name: "findBlas() runs OpenBLAS with kernels that are up to the processor",
  ignore: !blas?.core || Deno.build.os !== "linux" || Deno.env.has("OPENBLAS_CORETYPE") &&
      betterCore(blas.core, Deno.readTextFileSync("/proc/cpuinfo")) !== null,
  fn() {
    assert(betterCore(blas!.core!, Deno.readTextFileSync("/proc/cpuinfo")) === null, blas!.core);
  },
});

Deno.test("aloneBy() has one thread while a body runs, and as many as before afterwards, come what may", () => {
  const used: number[] = [], alone = aloneBy(6, (threads) => used.push(threads));
  assertEquals(alone(() => used.slice()), [1]);
  assertEquals(used, [1, 6]);
  const failing = () => {
    throw new RangeError("no more");
  };
  assertThrows(() => alone(failing), RangeError, "no more");
  assertEquals(used, [1, 6, 1, 6]);
});
