/** The machine that computes: one door to the webgpu and the cpu device. */

import { machineMemory } from "../machine_memory.ts";
import type * as tf from "@tensorflow/tfjs";
import type { Recorder } from "./recorder.ts";

export type DeviceChoice = "auto" | "webgpu" | "cpu";

export interface DeviceOptions {
  device: DeviceChoice;
  /** Bytes that the GPU's buffers may hold together (`--gpu-memory`); no limit when absent. */
  gpuMemory?: number;
  /** Path of a BLAS, "off", or absent to search (`--blas`). */
  blas?: string;
  /** Threads of the cpu device (`--threads`), or absent for WSVAD_THREADS or all cores. */
  threads?: number;
  /** Whether the same memory will be written again and again, as in training. */
  repeated?: boolean;
}

export interface Device {
  kind: "webgpu" | "cpu";
  /** For people: "NVIDIA H200 (webgpu)". */
  name: string;
  /** What the user should know of the choice: that it is slow, and what would be faster. */
  remark?: string;
  /** For result.json and doctor: what decides speed and what fits. */
  describe(): Record<string, unknown>;
  /** Bytes held for tensors, free buffers included: now, and at most since the start. */
  memory(): { bytes: number; peak: number };
  /**
   * For the check before training: the most bytes in use since {@link resetUse}, and what may be.
   */
  use(): {
    peak: number;
    limit: number;
    largestTensor: number;
    /**
     * Bytes of the machine that tensors could still take, where they lie in its main memory and it
     * tells.
     */
    free?: number;
    /**
     * What operations by name needed at once, and what one may, where all that one needs has to lie
     * together.
     */
    operations?: { needs: ReadonlyMap<string, number>; limit: number };
  };
  resetUse(): void;
  /** Waits until all work is done. */
  synchronise(): Promise<void>;
  /** Throws what went wrong on the device since the start, if anything did. */
  assertHealthy(): void;
  /**
   * Rounds the operands of large products to half precision, or no longer; null where it cannot.
   */
  setHalfProducts: ((on: boolean) => void) | null;
  /** Records work and replays it; null where it cannot. */
  recorder: Recorder | null;
  /**
   * Memory for the values of a tensor that are about to be read: one that is made of it takes it
   * over as it is. It stays where it is until then. Null where tensors lie elsewhere, or so much is
   * not free.
   */
  reserve(bytes: number): Float32Array | null;
  /** Gives back what was reserved and of which no tensor was made. */
  releaseReserved(): void;
  /** Replaces a tensor's values in place, so that a recorded step reads the new ones. */
  overwrite(tensor: tf.Tensor, values: Float32Array | Int32Array): void;
  /** Frees the device. Its tensors are gone. */
  close(): Promise<void>;
}

/**
 * Starts a device and makes it tfjs's current backend. It knows tfjs's operations; `openDevice` of
 * src/ops adds ours.
 *
 * "auto" is webgpu when the fastest adapter is a real GPU, else cpu: a software adapter computes
 * the same, but far slower than the cpu device.
 *
 * @throws fault: "webgpu" without an adapter, or a BLAS that cannot be opened
 */
export async function startDevice(options: DeviceOptions): Promise<Device> {
  const kind = options.device === "auto" ? await chooseDevice() : options.device;
  return kind === "webgpu" ? await openGpu(options) : await openProcessor(options);
}

/** What "auto" means on this machine. */
async function chooseDevice(): Promise<Device["kind"]> {
  const { findAdapter, isSoftware } = await import("./webgpu/adapter.ts");
  const adapter = await findAdapter();
  return adapter && !isSoftware(adapter.info) ? "webgpu" : "cpu";
}

async function openGpu({ gpuMemory }: DeviceOptions): Promise<Device> {
  const { openWebGPU } = await import("./webgpu/open_webgpu.ts");
  const { backend, adapter } = await openWebGPU({ gpuMemory });
  return {
    kind: "webgpu",
    name: `${adapter.description} (webgpu)`,
    remark: adapter.software ? "This GPU is software: --device cpu is far faster" : undefined,
    describe: () => ({
      kind: "webgpu",
      adapter: adapter.description,
      driver: adapter.driver,
      vendor: adapter.vendor,
      architecture: adapter.architecture,
      software: adapter.software,
      features: [...backend.device.features].sort(),
      limits: adapter.limits,
      gpu_memory: gpuMemory ?? null,
    }),
    memory: () => backend.allocated,
    use: () => backend.use,
    resetUse: () => backend.resetPeakUsed(),
    synchronise: () => backend.synchronise(),
    assertHealthy: () => backend.assertHealthy(),
    setHalfProducts: backend.device.features.has("shader-f16")
      ? (on) => void (backend.halfProducts = on)
      : null,
    recorder: backend,
    reserve: () => null,
    releaseReserved: () => {},
    overwrite: (tensor, values) => backend.overwrite(tensor, values),
    async close() {
      await backend.synchronise();
      await remove("webgpu");
    },
  };
}

async function openProcessor({ blas, threads, repeated }: DeviceOptions): Promise<Device> {
  const { openCpu } = await import("./cpu/open_cpu.ts");
  const cpu = await openCpu({ blas, threads, repeated });
  return {
    kind: "cpu",
    name: cpu.description,
    remark: cpu.advice,
    describe: () => ({
      kind: "cpu",
      blas: cpu.blas && {
        name: cpu.blas.name,
        path: cpu.blas.path,
        threads: cpu.blas.threads,
        core: cpu.blas.core,
      },
      threads: cpu.backend.pool.threads,
      logical_cores: navigator.hardwareConcurrency,
      advice: cpu.advice,
    }),
    memory() {
      const { used, peak } = cpu.memory();
      return { bytes: used, peak };
    },
    use() {
      const { peak, limit, room } = cpu.memory();
      const free = machineMemory()?.available;
      const operations = { needs: cpu.backend.kernelNeeds, limit };
      return { peak, limit: Math.max(limit, room), largestTensor: limit, free, operations };
    },
    resetUse: () => cpu.backend.resetPeaks(),
    synchronise: () => Promise.resolve(), // every op is done when it returns
    assertHealthy: () => {},
    setHalfProducts: null,
    recorder: null,
    reserve: (bytes) => cpu.backend.reserved.take(bytes),
    releaseReserved: () => cpu.backend.reserved.release(),
    overwrite: (tensor, values) => cpu.backend.overwrite(tensor, values),
    close: () => remove("wasm"),
  };
}

/** Removing a backend disposes it. */
async function remove(name: "webgpu" | "wasm"): Promise<void> {
  const { removeBackend } = await import("@tensorflow/tfjs");
  removeBackend(name);
}
