/**
 * Words behind an allocation that nobody may write: a pass that runs past its end is found by them.
 * For tests.
 */

/** A pass overruns by a vector or two, or by a row of a few numbers. */
export const GUARD_BYTES = 128;

const GUARD = 0xa5, NAN = 0xff;

/**
 * Fills an allocation with NaN, so that no kernel can rely on zeros, and the bytes behind it with
 * guards.
 */
export function guard(memory: WebAssembly.Memory, address: number, bytes: number): void {
  new Uint8Array(memory.buffer, address, bytes).fill(NAN);
  guardBehind(memory, address, bytes);
}

/** The guards alone. */
export function guardBehind({ buffer }: WebAssembly.Memory, address: number, bytes: number): void {
  new Uint8Array(buffer, address + bytes, GUARD_BYTES).fill(GUARD);
}

/** @throws {Error} a guard was written over; the message names the allocation and the first byte */
export function requireIntact(
  { buffer }: WebAssembly.Memory,
  address: number,
  { bytes, what }: { bytes: number; what: string },
): void {
  const words = new Uint8Array(buffer, address + bytes, GUARD_BYTES);
  const at = words.findIndex((byte) => byte !== GUARD);
  if (at >= 0) {
    throw new Error(
      `Something wrote behind ${what}: byte ${at} after its ${bytes} bytes is no guard`,
    );
  }
}
