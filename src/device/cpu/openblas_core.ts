/**
 * What OpenBLAS is told: which of its kernels it takes, when its threads sleep, and how many of
 * them compute a product. A build that is older than the processor may not know the model, and then
 * takes kernels for processors of 2004: right, but 64 GFLOP/s where 290 are to be had (Debian's
 * 0.3.21 on two cores of an Emerald Rapids Xeon). OPENBLAS_CORETYPE names others; it is read when
 * the library is loaded, and only then.
 */

import { procFile } from "../../proc_files.ts";

const VARIABLE = "OPENBLAS_CORETYPE";

/** OpenBLAS's names of x86 kernels that do without AVX2: its fallbacks among them. */
const BEFORE_AVX2 = [
  ...["Katmai", "Coppermine", "Northwood", "Prescott", "Banias", "Atom", "Core2", "Penryn"],
  ...["Dunnington", "Nehalem", "Sandybridge", "Athlon", "Opteron", "Opteron_SSE3", "Barcelona"],
  ...["Nano", "Bobcat", "Bulldozer", "Piledriver", "Steamroller", "Excavator"],
].map((name) => name.toLowerCase());

/**
 * The kernels that a processor should have in place of those that OpenBLAS took, or null where
 * these will do.
 *
 * @param core OpenBLAS's name of the kernels that it took
 * @param cpuInfo /proc/cpuinfo, as Linux writes it on x86
 */
export function betterCore(core: string, cpuInfo: string): string | null {
  if (!BEFORE_AVX2.includes(core.toLowerCase())) return null;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuInfo)?.[1].trim().split(/\s+/));
  const has = (...names: string[]) => names.every((name) => flags.has(name));
  if (!has("avx2", "fma")) return null;
  if (/^vendor_id\s*:\s*AuthenticAMD$/m.test(cpuInfo)) return "Zen";
  if (!has("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl")) return "Haswell";
  return has("avx512_bf16") ? "Cooperlake" : "SkylakeX";
}

/**
 * Loads the library, and where its own choice is far below the processor sets OPENBLAS_CORETYPE and
 * lets it go, so that the next load looks at it. Leaves alone what the user has set, other
 * libraries, and systems that do not say what the processor can.
 *
 * @param path of a library that this process has not loaded yet
 * @throws as Deno.dlopen, where there is no library
 */
export function chooseCore(path: string): void {
  const { state } = Deno.permissions.querySync({ name: "env", variable: VARIABLE });
  if (Deno.build.os !== "linux" || state !== "granted" || Deno.env.has(VARIABLE)) return;
  const library = Deno.dlopen(path, {
    openblas_get_corename: { parameters: [], result: "pointer", optional: true },
  });
  const name = library.symbols.openblas_get_corename?.() ?? null;
  const core = name && new Deno.UnsafePointerView(name).getCString();
  const better = core && betterCore(core, procFile("cpuinfo") ?? "");
  if (!better) return;
  Deno.env.set(VARIABLE, better);
  library.close();
}

const TIMEOUT = "OPENBLAS_THREAD_TIMEOUT";

/**
 * Has OpenBLAS's threads sleep sooner after a product: 2^20 cycles in place of 2^26 of turning
 * round on a core that passes could use, a third of the processor time of products with 2 ms of
 * other work between them. It is read when the library is loaded. What the user has set stays.
 */
export function letThreadsSleep(): void {
  const { state } = Deno.permissions.querySync({ name: "env", variable: TIMEOUT });
  if (state === "granted" && !Deno.env.has(TIMEOUT)) Deno.env.set(TIMEOUT, "20");
}

/**
 * `alone` of an OpenBLAS that has locks: its number of threads is one for all of a
 * process.
 */
export function aloneBy(threads: number, use: (threads: number) => void) {
  return <T>(body: () => T): T => {
    use(1);
    try {
      return body();
    } finally {
      use(threads);
    }
  };
}
