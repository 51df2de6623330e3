/**
 * Threads for the passes and products of the cpu device: workers on the same heap, which take
 * chunks of a job beside the main thread. A chunk's result depends on its place alone, so which
 * thread takes it changes no bit. They start one after the other as jobs take time, take part once
 * they are there, and sleep between jobs.
 */

import type { Passes } from "../../../kernels/pass_signatures.ts";
import { type Blas, SGEMM } from "./blas.ts";
import workerText from "./pool_worker.js" with { type: "text" };
import { runSteps } from "./run_steps.js";
import stepsText from "./run_steps.js" with { type: "text" };
import { flushingEnvironment, flushingSubnormals } from "./subnormals.ts";

/** In place of a pass: steps that stand in a table on the heap (items_on_threads.ts). */
export const STEPS = "steps";

/** A pass over `total` of something, in chunks of `per`. */
export interface Job {
  pass: keyof Passes | typeof STEPS;
  /** Its arguments for all of it. */
  values: number[];
  /** Which argument counts what is split, and how much of it a chunk has. */
  counted: number;
  per: number;
  total: number;
  /** Which arguments move from a chunk to the next, and by how much: mostly addresses, by bytes. */
  moving: [index: number, step: number][];
  /** Which argument is the address of memory that each thread has for itself. */
  own?: number;
}

// Words of the control block, as in pool_worker.js. TICKET is a job's number and the next chunk to
// be had; a closed one stands in it while a job is being written, so that none is taken with
// another's arguments.
const TICKET = 0, DONE = 1, FAILED = 2, READY = 3;
const [PASS, CHUNKS, LENGTH, COUNTED, PER, TOTAL, OWN, OWN_BYTES, WORDS] = [
  ...[4, 5, 6, 7, 8, 9, 10, 11, 12],
];
const MOST_VALUES = 24, CHUNK_BITS = 12;
const LAST = (1 << CHUNK_BITS) - 1;

/** The most chunks that a job may have. */
export const MOST_CHUNKS = LAST - 1;

/** Whether threads can share a heap here. */
export const CAN_SHARE = typeof SharedArrayBuffer !== "undefined" && typeof Worker !== "undefined";
const Buffer = CAN_SHARE ? SharedArrayBuffer : ArrayBuffer; // a pool of one thread shares nothing

/** Milliseconds of looking for the next job, or for the end of this one, before a thread sleeps. */
const SPIN = 0.1;

/**
 * Milliseconds in jobs for each worker that starts: short commands do without, and no start takes
 * long.
 */
const START_AFTER = 40;

const WORKER = workerText.replace(/^import .*run_steps\.js";$/m, () => stepsText);

export interface PoolOptions {
  threads: number;
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
  passes: Passes;
  /** The BLAS that steps call. */
  blas?: Pick<Blas, "path" | "sgemm"> | null;
  /** Memory on the heap of `bytes`, for the life of the pool. */
  allocate(bytes: number): number;
  release(address: number, bytes: number): void;
  /** Bytes that each thread has for itself. */
  ownBytes: number;
  /** Seconds without a finished chunk after which a thread counts as gone. */
  deadAfter?: number;
  /** Text of the worker, for tests of what happens when it dies. */
  worker?: string;
}

export class ThreadPool {
  readonly threads: number;
  readonly #options: PoolOptions;
  readonly #words = new Int32Array(new Buffer(4 * WORDS));
  readonly #values = new Float64Array(new Buffer(16 * MOST_VALUES));
  /** Names of the passes, in the order of their numbers. */
  readonly names: readonly string[];
  readonly #arguments: number[] = [];
  #passes?: ((...values: number[]) => unknown)[];
  #workers: Worker[] = [];
  #own = 0;
  /** Milliseconds in jobs so far. */
  #busy = 0;
  #number = 0;
  #failure?: string;

  constructor(options: PoolOptions) {
    this.threads = options.threads;
    this.#options = options;
    this.names = Object.entries(options.passes)
      .filter(([, value]) => typeof value === "function").map(([name]) => name);
    this.#words[TICKET] = LAST;
  }

  /** Workers that were started. */
  get workers(): number {
    return this.#workers.length;
  }

  /** Workers that take part by now. */
  get ready(): number {
    return Atomics.load(this.#words, READY);
  }

  /** Address of the memory that the main thread has for itself. */
  get own(): number {
    return this.#own ||= this.#options.allocate(this.#allOwnBytes);
  }

  get #allOwnBytes(): number {
    return this.threads * this.#options.ownBytes;
  }

  /** Starts all workers now; they take part as soon as they are there. */
  start(): void {
    while (this.#workers.length < this.threads - 1) this.#startOne();
  }

  #startOne(): void {
    const { memory, module, blas, worker = WORKER } = this.#options;
    const source = `data:application/javascript,${encodeURIComponent(worker)}`;
    const thread = this.#workers.length + 1;
    const started = new Worker(source, { type: "module", name: `wsvad ${thread}` });
    started.onmessage = ({ data }) => void (this.#failure ??= data);
    started.onerror = (event) => {
      event.preventDefault();
      this.#failure ??= event.message;
    };
    started.postMessage({
      ...{ module, memory, names: this.names, words: this.#words, values: this.#values },
      ...{ thread, flushing: flushingEnvironment(), patience: SPIN },
      blas: blas && { path: blas.path, sgemm: SGEMM },
    });
    this.#workers.push(started);
  }

  /**
   * Runs all chunks of a job on the threads that are there, and returns when they are done.
   *
   * @throws {Error} a thread died or failed: what the job should have written is undefined then
   */
  run(job: Job): void {
    const begun = performance.now(), { length } = this.#workers;
    if (length < this.threads - 1 && this.#busy > START_AFTER * (length + 1)) this.#startOne();
    this.#assertAlive();
    const { pass, values, counted, per, total, moving, own = -1 } = job;
    const chunks = Math.ceil(total / per), words = this.#words;
    if (chunks > MOST_CHUNKS) throw new RangeError(`${pass} in ${chunks} chunks`);
    if (own >= 0) values[own] = this.own;
    const number = this.#number = (this.#number + 2) % (1 << (31 - CHUNK_BITS));
    Atomics.store(words, TICKET, (number << CHUNK_BITS) | LAST);
    words[PASS] = pass === STEPS ? this.names.length : this.names.indexOf(pass);
    words[CHUNKS] = chunks;
    words[LENGTH] = values.length;
    words[COUNTED] = counted;
    words[PER] = per;
    words[TOTAL] = total;
    words[OWN] = own;
    words[OWN_BYTES] = this.#options.ownBytes;
    this.#values.set(values);
    this.#values.fill(0, MOST_VALUES);
    for (const [index, step] of moving) this.#values[MOST_VALUES + index] = step;
    Atomics.store(words, DONE, 0);
    Atomics.store(words, TICKET, (number + 1) << CHUNK_BITS);
    if (this.ready > 0) Atomics.notify(words, TICKET);
    flushingSubnormals(() => this.#takePart(job));
    this.#awaitOthers(chunks);
    this.#busy += performance.now() - begun;
  }

  #takePart({ pass, values, counted, per, total, moving }: Job): void {
    const words = this.#words, chunks = words[CHUNKS], args = this.#arguments;
    const run = pass === STEPS ? this.#runSteps : this.#passOf(pass);
    args.length = values.length;
    for (;;) {
      const ticket = Atomics.load(words, TICKET), chunk = ticket & LAST;
      if (chunk >= chunks) return;
      if (Atomics.compareExchange(words, TICKET, ticket, ticket + 1) !== ticket) continue;
      for (let i = 0; i < values.length; i++) args[i] = values[i];
      for (const [index, step] of moving) args[index] += chunk * step;
      args[counted] = Math.min(per, total - chunk * per);
      try {
        run(...args);
      } catch (error) {
        this.#failure = String(error); // others may be at work on the rest
        throw error;
      }
      Atomics.add(words, DONE, 1);
    }
  }

  #passOf(name: string): (...values: number[]) => unknown {
    return this.#options.passes[name as keyof Passes] as (...values: number[]) => unknown;
  }

  readonly #runSteps = (at: number): void => {
    const { memory, blas } = this.#options;
    this.#passes ??= this.names.map((name) => this.#passOf(name));
    runSteps(memory, at, 0, this.#passes, () => blas!.sgemm);
  };

  #awaitOthers(chunks: number): void {
    const words = this.#words, { deadAfter = 60 } = this.#options;
    let since = performance.now(), seen = -1;
    for (;;) {
      const done = Atomics.load(words, DONE);
      if (done >= chunks) break;
      const now = performance.now();
      if (done !== seen) [seen, since] = [done, now];
      else if (now - since > deadAfter * 1e3) {
        this.#failure ??= `no sign of life for ${deadAfter} s`;
        break;
      } else if (now - since > SPIN) Atomics.wait(words, DONE, done, 100);
    }
    this.#assertAlive();
  }

  #assertAlive(): void {
    if (Atomics.load(this.#words, FAILED) === 0 && this.#failure === undefined) return;
    throw new Error(
      `A thread of the cpu device died (${
        this.#failure ?? "it failed in a pass"
      }): what was being ` +
        "computed is lost, what was saved is not; resume the run, with --threads 1 if it dies again",
    );
  }

  /** Ends the workers; for a pool that runs nothing. */
  close(): void {
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    Atomics.store(this.#words, READY, 0);
    if (this.#own) this.#options.release(this.#own, this.#allOwnBytes);
    this.#own = 0;
  }
}
