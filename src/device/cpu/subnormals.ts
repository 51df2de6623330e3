/**
 * Numbers below 1.2e-38 in kernels. Where a sigmoid saturates, gradients get that small, and the
 * processor takes a hundred cycles for each: a product full of them ran at 1 GFLOP/s in place of
 * 250. While a kernel of the cpu device runs, tfjs's own and the BLAS among them, they count as 0,
 * which PyTorch offers as set_flush_denormal; everywhere else they are as JavaScript and
 * WebAssembly have them. Where there is no switch, our product takes operands that small for 0
 * (kernels/cpu/gemm.ts), and other kernels compute with them.
 */

/**
 * Switches one thread between both ways to treat subnormal numbers; threads that it starts begin as
 * it is.
 */
export interface SubnormalMode {
  flush(): void;
  restore(): void;
}

let flushed = false;
let environment: Uint32Array<ArrayBuffer> | null = null;

/**
 * What the switch sets, as glibc's fesetenv takes it, for threads of their own; null where there is
 * none.
 */
export function flushingEnvironment(): Uint32Array<ArrayBuffer> | null {
  subnormalMode();
  return environment;
}

/**
 * Runs `body` with subnormal numbers as 0 on this thread, and leaves the thread as it was, whatever
 * happens.
 */
export function flushingSubnormals<T>(body: () => T): T {
  const mode = flushed ? null : subnormalMode();
  if (!mode) return body();
  flushed = true;
  mode.flush();
  try {
    return body();
  } finally {
    mode.restore();
    flushed = false;
  }
}

/**
 * glibc's fenv_t on x86-64, in words: the x87's state, and behind it the control register of SSE
 * and AVX.
 */
const WORDS = 8, CONTROL = 7;
/**
 * Of that register: its start value without exception flags; operands count as 0, results become 0.
 */
const DEFAULT_CONTROL = 0x1f80, FLAGS = 0x3f, TO_ZERO = 0x8040;

let known: SubnormalMode | null | undefined;

/**
 * The switch of this machine, or null where there is none; arm64 needs none, its products are as
 * fast with them.
 */
export function subnormalMode(): SubnormalMode | null {
  return known === undefined ? known = openMode() : known;
}

function openMode(): SubnormalMode | null {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return null;
  if (Deno.permissions.querySync({ name: "ffi", path: LIBRARY }).state !== "granted") return null;
  const library = mathLibrary();
  if (!library) return null;
  const usual = new Uint32Array(WORDS);
  library.fegetenv(addressOf(usual));
  // laid out in another way, or set by someone else
  if ((usual[CONTROL] & ~FLAGS) !== DEFAULT_CONTROL) return null;
  const flushing = usual.slice();
  flushing[CONTROL] |= TO_ZERO;
  const [usualAt, flushingAt] = [usual, flushing].map(addressOf);
  kept.push(usual, flushing);
  environment = flushing;
  return {
    flush: () => void library.fesetenv(flushingAt),
    restore: () => void library.fesetenv(usualAt),
  };
}

const LIBRARY = "libm.so.6";
const kept: Uint32Array[] = []; // their addresses are in use for the life of the process

/** Of <fenv.h>; addresses as numbers. */
interface MathLibrary {
  fegetenv(to: number): number;
  fesetenv(from: number): number;
}

function mathLibrary(): MathLibrary | null {
  try {
    const library = Deno.dlopen(LIBRARY, {
      fegetenv: { parameters: ["usize"], result: "i32" },
      fesetenv: { parameters: ["usize"], result: "i32" },
    });
    return library.symbols as unknown as MathLibrary;
  } catch {
    return null; // another C library
  }
}

function addressOf(words: Uint32Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(words)));
}
