// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// blocks: equally spaced pieces of memory gathered to a dense run, and scattered back
//   step: bytes from one piece to the next; bytes: length of a piece

/** memory.copy calls into the engine, which costs more than a few words do. */

function copy(to: usize, from: usize, bytes: usize): void {
  if (bytes > 64 || bytes & 3) {
    memory.copy(to, from, bytes);
    return;
  }
  for (let at: usize = 0; at < bytes; at += 4) store<u32>(to + at, load<u32>(from + at));
}

export function gatherBlocks(x: usize, step: usize, blocks: i32, bytes: usize, dense: usize): void {
  for (let i = 0; i < blocks; i++) {
    copy(dense, x, bytes);
    x += step;
    dense += bytes;
  }
}

/** The reverse of gatherBlocks. */
export function scatterBlocks(
  dense: usize,
  x: usize,
  step: usize,
  blocks: i32,
  bytes: usize,
): void {
  for (let i = 0; i < blocks; i++) {
    copy(x, dense, bytes);
    x += step;
    dense += bytes;
  }
}

export function clearBlocks(x: usize, step: usize, blocks: i32, bytes: usize): void {
  for (let i = 0; i < blocks; i++) {
    memory.fill(x, 0, bytes);
    x += step;
  }
}
