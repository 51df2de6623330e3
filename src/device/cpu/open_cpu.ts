/** The cpu device: tfjs's wasm backend with matrix products by the system's BLAS. */

import * as tf from "@tensorflow/tfjs";
import { installArithmeticKernels } from "./tfjs/arithmetic_kernels.ts";
import { type Blas, findBlas } from "./blas.ts";
import { installCopyKernels } from "./tfjs/copy_kernels.ts";
import type { CpuBackend } from "./cpu_backend.ts";
import { startBackend } from "./start_backend.ts";
import { placeInputsFirst } from "./tfjs/cpu_kernel.ts";
import { askForHugePages } from "./huge_pages.ts";
import { installMatMul } from "./tfjs/mat_mul.ts";
import { installMissingKernels } from "./tfjs/missing_kernels.ts";
import { threadCount } from "./thread_count.ts";
import { CAN_SHARE } from "./thread_pool.ts";

export interface CpuDevice {
  name: "cpu";
  backend: CpuBackend;
  /** For people: "cpu, products by OpenBLAS 0.3.21 (2 threads)". */
  description: string;
  /** The BLAS in use, or null: then {@link advice} says why and how to get one. */
  blas: Blas | null;
  advice?: string;
  /**
   * Bytes of tensors now and at most since the start; the most that the heap holds, and what may
   * still wait beside it.
   */
  memory(): { used: number; peak: number; limit: number; room: number };
}

export interface CpuOptions {
  /** Path of a shared library with cblas_sgemm, "off", or absent to search. */
  blas?: string;
  /** Threads of passes and products beside those of a BLAS; absent: as {@link threadCount} says. */
  threads?: number;
  /** Whether the same memory will be written again and again: then it gets large pages. */
  repeated?: boolean;
}

/**
 * Makes the cpu device tfjs's current backend. A second call keeps the backend and its tensors, and
 * chooses BLAS and threads anew.
 *
 * @throws {Error} no BLAS can be opened at the given path, or WSVAD_THREADS is no number of threads
 */
export async function openCpu(
  { blas: choice, threads: wanted, repeated = false }: CpuOptions = {},
): Promise<CpuDevice> {
  const { blas, advice: toGetOne } = findBlas(choice);
  const threads = threadCount(wanted);
  const backend = await currentBackend();
  backend.useThreads(threads);
  backend.multiplyBy(blas ?? null);
  if (repeated) askForHugePages(backend.heap.buffer);
  const single = CAN_SHARE || threads === 1
    ? undefined
    : "No memory can be shared between threads here: one thread computes";
  const advice = [toGetOne, single].filter((text) => text !== undefined).join(". ") || undefined;
  return {
    name: "cpu",
    backend,
    description: `cpu, products by ${backend.gemm.name}`,
    blas: blas ?? null,
    advice,
    memory() {
      const { used, beside, peak, limit, room } = backend.budget;
      return { used: used + beside, peak, limit, room };
    },
  };
}

// tfjs has one registry for all, and so one wasm backend
let started: Promise<CpuBackend> | undefined;
let installed = false;

async function currentBackend(): Promise<CpuBackend> {
  const before = started, last = await before;
  if (last?.disposed && started === before) started = undefined;
  const backend = await (started ??= register(last));
  // tfjs only logs a failure here and carries on with another backend
  if (!await tf.setBackend("wasm") || tf.backend() !== backend) {
    throw new Error(`Cannot start the wasm backend: tfjs runs on "${tf.getBackend()}" instead`);
  }
  return backend;
}

async function register(after?: CpuBackend): Promise<CpuBackend> {
  tf.env().set("IS_TEST", true); // tfjs advertises tfjs-node on stderr otherwise
  const backend = await startBackend({ shared: CAN_SHARE, after });
  if (!installed) {
    installMatMul();
    installMissingKernels();
    installCopyKernels();
    installArithmeticKernels();
    placeInputsFirst();
    installed = true;
  }
  if (tf.findBackendFactory("wasm")) tf.removeBackend("wasm"); // at first tfjs's own
  tf.registerBackend("wasm", () => backend);
  return backend;
}
