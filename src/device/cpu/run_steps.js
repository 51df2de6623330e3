// @ts-check
/**
 * Runs what a thread of the cpu device shall do for a chunk of several steps (written_steps.ts
 * writes them down and says how). The main thread imports this file; in the text of a worker it
 * takes the place of its import.
 */

/** In place of a pass's number: a product of the BLAS. */
export const BLAS_STEP = -1;

/**
 * @param {WebAssembly.Memory} memory
 * @param {number} at address of two numbers: where in memory, in numbers of 8 bytes, the chunk's
 *   steps begin, and where they end
 * @param {number} shift bytes from the first thread's own memory to this thread's
 * @param {((...values: number[]) => unknown)[]} passes by their numbers
 * @param {() => (...values: number[]) => unknown} blas
 */
export function runSteps(memory, at, shift, passes, blas) {
  const table = new Float64Array(memory.buffer);
  for (let step = table[at / 8], end = table[at / 8 + 1]; step < end;) {
    const number = table[step], owned = table[step + 1], count = table[step + 2];
    const first = step + 3 + owned;
    const values = Array.from(table.subarray(first, first + count));
    for (let i = step + 3; i < first; i++) values[table[i]] += shift;
    (number === BLAS_STEP ? blas() : passes[number])(...values);
    step = first + count;
  }
}
