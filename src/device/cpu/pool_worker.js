// @ts-check
/**
 * A thread of the cpu device's pool (thread_pool.ts starts it from this text and says how both
 * talk): takes chunks of the job at hand until there are none, then sleeps. What it imports is put
 * in the import's place, so that it starts without any permission, and it is JavaScript, because a
 * compiled executable has nothing that could translate TypeScript.
 *
 * @typedef {object} Start
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Memory} memory
 * @property {string[]} names names of the passes, in the order of their numbers
 * @property {Int32Array<SharedArrayBuffer>} words
 * @property {Float64Array<SharedArrayBuffer>} values
 * @property {number} thread
 * @property {Uint32Array<ArrayBuffer> | null} flushing bytes of glibc's fenv_t with subnormal
 *   numbers as 0, where the main thread has that switch
 * @property {{ path: string, sgemm: Deno.ForeignFunction } | undefined} blas the library that steps
 *   call, and how its cblas_sgemm is called
 * @property {number} patience milliseconds of looking for a next job before the thread sleeps
 */

import { runSteps } from "./run_steps.js";

const TICKET = 0, DONE = 1, FAILED = 2, READY = 3;
const [PASS, CHUNKS, LENGTH, COUNTED, PER, TOTAL, OWN, OWN_BYTES] = [4, 5, 6, 7, 8, 9, 10, 11];
const MOST_VALUES = 24, CHUNK_BITS = 12;
const LAST = (1 << CHUNK_BITS) - 1;

/** @type {{ onmessage(event: MessageEvent<Start>): void, postMessage(message: string): void }} */
const scope = /** @type {any} */ (globalThis);

scope.onmessage = ({ data }) => {
  try {
    serve(data);
  } catch (error) {
    Atomics.store(data.words, FAILED, 1);
    Atomics.add(data.words, DONE, 1); // of the chunk that it failed in: nobody shall wait for it
    Atomics.notify(data.words, DONE);
    scope.postMessage(String(error));
  }
};

/** @param {Start} start */
function serve({ module, memory, names, words, values, thread, flushing, blas, patience }) {
  if (flushing) takeSubnormalsForZero(flushing);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const passes = names.map((name) => /** @type {(...values: number[]) => void} */ (exports[name]));
  /** @type {((...values: number[]) => void) | undefined} */
  let sgemm;
  const multiply = () => sgemm ??= opened(/** @type {NonNullable<Start["blas"]>} */ (blas));
  /** @type {number[]} */
  const args = new Array(MOST_VALUES);
  Atomics.add(words, READY, 1);
  for (let idle = performance.now();;) {
    const ticket = Atomics.load(words, TICKET), chunk = ticket & LAST;
    if (chunk >= Atomics.load(words, CHUNKS)) {
      if (performance.now() - idle > patience) {
        Atomics.wait(words, TICKET, ticket);
        idle = performance.now();
      }
      continue;
    }
    const number = words[PASS], length = words[LENGTH], first = chunk * words[PER];
    for (let i = 0; i < length; i++) args[i] = values[i] + chunk * values[MOST_VALUES + i];
    args[words[COUNTED]] = Math.min(words[PER], words[TOTAL] - first);
    if (words[OWN] >= 0) args[words[OWN]] += thread * words[OWN_BYTES];
    // what was read belongs to this job if the chunk is still to be had: then the job has not ended
    if (Atomics.compareExchange(words, TICKET, ticket, ticket + 1) !== ticket) continue;
    if (number < passes.length) passes[number](...args.slice(0, length));
    else runSteps(memory, args[0], thread * args[1], passes, multiply); // table, bytes of each thread
    if (Atomics.add(words, DONE, 1) + 1 === words[CHUNKS]) Atomics.notify(words, DONE);
    idle = performance.now();
  }
}

/** @param {Uint32Array<ArrayBuffer>} flushing */
function takeSubnormalsForZero(flushing) {
  const library = Deno.dlopen("libm.so.6", { fesetenv: { parameters: ["buffer"], result: "i32" } });
  library.symbols.fesetenv(flushing);
}

/**
 * @param {NonNullable<Start["blas"]>} blas
 * @returns {(...values: number[]) => void}
 */
function opened({ path, sgemm }) {
  const { symbols } = Deno.dlopen(path, { cblas_sgemm: sgemm });
  return /** @type {any} */ (symbols.cblas_sgemm);
}
