/**
 * Pages of 2 MB in place of 4 KB for memory that tensors lie in. Linux gives them to who asks for
 * them, as distributions set it up ("madvise" in /sys/kernel/mm/transparent_hugepage/enabled).
 * Walks over large tensors cost less (docs/cpu.md says how much of a training step). The first
 * write to a page costs more where the system has to clear it, on a virtual machine above all:
 * scoring one video with 425 MB of weights took 2.1 s in place of 1.5, so it does without.
 */

const LIBRARY = "libc.so.6";
/** Of <sys/mman.h>. */
const MADV_HUGEPAGE = 14;
const PAGE_BYTES = 4096;

type Madvise = (address: number, bytes: number, advice: number) => number;

let known: Madvise | null | undefined;

/**
 * Asks for large pages where the memory of `buffer` is not written yet. Where there are none, or
 * without the permission to call the system (`--allow-ffi`), the memory stays as it is.
 */
export function askForHugePages(buffer: ArrayBufferLike): void {
  const madvise = known === undefined ? known = open() : known;
  if (!madvise || buffer.byteLength === 0) return;
  const pointer = Deno.UnsafePointer.of(new Uint8Array(buffer as ArrayBuffer));
  const at = Number(Deno.UnsafePointer.value(pointer));
  const start = Math.ceil(at / PAGE_BYTES) * PAGE_BYTES;
  const end = Math.floor((at + buffer.byteLength) / PAGE_BYTES) * PAGE_BYTES;
  if (end > start) madvise(start, end - start, MADV_HUGEPAGE); // a refusal changes nothing
}

function open(): Madvise | null {
  if (Deno.build.os !== "linux") return null;
  if (Deno.permissions.querySync({ name: "ffi", path: LIBRARY }).state !== "granted") return null;
  try {
    const { symbols } = Deno.dlopen(LIBRARY, {
      madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
    });
    return symbols.madvise as unknown as Madvise;
  } catch {
    return null; // another C library
  }
}
