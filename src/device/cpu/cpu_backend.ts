/**
 * The wasm backend of tfjs as the cpu device uses it: started from bytes that travel with the program,
 * its memory shared with our own SIMD passes and with the BLAS, and every byte counted.
 */

import * as tf from "@tensorflow/tfjs";
import process from "node:process";
import {
  createWasmModule,
  OpenWasmBackend,
  wasmBytes,
  type WasmModule,
} from "../tfjs/wasm_backend.ts";
import { type Gemm, SimdGemm } from "./gemm.ts";
import { HeapBudget } from "./heap_budget.ts";
import { HeapStorage, staysOnHost, type TensorData } from "./heap_storage.ts";
import { type LoadedPasses, loadPasses, type Passes } from "./passes.ts";
import { shareMemory } from "./shared_memory.ts";
import { ThreadPool } from "./thread_pool.ts";
import { threadedPasses } from "./threaded_passes.ts";

type Values = tf.backend_util.BackendValues;

export class CpuBackend extends OpenWasmBackend {
  readonly heap: WebAssembly.Memory;
  readonly passes: Passes;
  readonly budget: HeapBudget;
  /** The engine of all matrix products; replaced when a BLAS is found. */
  gemm: Gemm;
  readonly #storage: HeapStorage;
  readonly #newPool: (threads: number) => ThreadPool;
  #pool: ThreadPool;

  constructor(
    module: WasmModule,
    memory: WebAssembly.Memory,
    { passes, module: own }: LoadedPasses,
    budget = new HeapBudget(),
  ) {
    super(module);
    this.heap = memory;
    this.budget = budget;
    this.#newPool = (threads) =>
      new ThreadPool({
        ...{ threads, memory, module: own, passes, ownBytes: passes.gemmPanelBytes() },
        allocate: (bytes) => this.allocate(bytes, "the threads' scratch memory"),
        release: (address, bytes) => this.release(address, bytes),
      });
    this.#pool = this.#newPool(1);
    this.passes = threadedPasses(passes, this);
    this.gemm = new SimdGemm(this);
    this.#storage = new HeapStorage(this, (data) => this.#place(data, data.onHost));
    this.dataIdMap = this.#storage;
  }

  get #module(): WasmModule {
    return this.wasm!;
  }

  /** Threads that run passes and products. */
  get pool(): ThreadPool {
    return this.#pool;
  }

  /** Runs them on another number of threads from now on: on one where the heap is not shared. */
  useThreads(threads: number): void {
    const possible = this.heap.buffer instanceof ArrayBuffer ? 1 : threads;
    if (possible === this.#pool.threads) return;
    this.#pool.close();
    this.#pool = this.#newPool(possible);
  }

  /** Byte address of a tensor's values; stays valid while the heap grows. */
  address(info: tf.TensorInfo): number {
    return this.dataIdMap.get(info.dataId).memoryOffset;
  }

  /** Puts tensors on the heap that are not there yet. */
  place(infos: tf.NamedTensorInfoMap): void {
    for (const info of Object.values(infos)) if (info) this.#storage.get(info.dataId);
  }

  /** A new tensor with whatever values its memory holds. */
  output(shape: number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    return this.makeOutput(shape, dtype);
  }

  /** The f32 values of a tensor as a view of the heap: lost when the heap grows, so use it at once. */
  floats(info: tf.TensorInfo): Float32Array {
    return this.typedArrayFromHeap(info) as Float32Array;
  }

  /** The f32 values of a large tensor from JavaScript that no operation has asked for on the heap yet, else null. */
  hostFloats(info: tf.TensorInfo): Float32Array | null {
    return this.#storage.peek(info.dataId).onHost ?? null;
  }

  // tfjs's own looks at the heap first and for the tensor then, by which the heap may grow.
  override typedArrayFromHeap(info: tf.TensorInfo): tf.backend_util.TypedArray {
    this.#storage.get(info.dataId);
    return super.typedArrayFromHeap(info);
  }

  /** Replaces a tensor's values in its own memory. */
  overwrite(info: tf.TensorInfo, values: Float32Array | Int32Array): void {
    (this.typedArrayFromHeap(info) as Float32Array | Int32Array).set(values);
  }

  /** Memory on the heap for `what`, until {@link release}. */
  allocate(bytes: number, what: string): number {
    this.budget.take(bytes, what);
    // malloc answers a signed 32-bit number, 0 when nothing is left
    const address = this.#module._malloc(bytes) >>> 0;
    if (address === 0 && bytes > 0) {
      this.budget.give(bytes);
      throw this.budget.full(bytes, what);
    }
    return address;
  }

  release(address: number, bytes: number): void {
    this.#module._free(address);
    this.budget.give(bytes);
  }

  /** Runs `body` with scratch memory that is given back after it. */
  withScratch<T>(bytes: number, body: (address: number) => T): T {
    const address = this.allocate(bytes, "a kernel's scratch memory");
    try {
      return body(address);
    } finally {
      this.release(address, bytes);
    }
  }

  // As tfjs's own, but with the bytes counted, malloc's answer looked at, and large values left where they are.
  override move(
    dataId: object,
    values: Values | null,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    if (dtype === "string") return super.move(dataId, values, shape, dtype, refCount);
    const id = this.dataIdNextNumber++;
    const data: TensorData = { id, memoryOffset: 0, shape, dtype, refCount };
    if (staysOnHost(values)) data.onHost = values;
    else this.#place(data, values as Float32Array | null);
    this.#storage.set(dataId, data);
  }

  /** Gives a tensor its memory on the heap, and what it shall hold. */
  #place(data: TensorData, values: Float32Array | null = null): void {
    const { id, shape, dtype } = data;
    const bytes = bytesOf(shape, dtype);
    data.memoryOffset = this.allocate(bytes, `a tensor [${shape.join(", ")}]`);
    data.onHost = undefined;
    this.#module.tfjs.registerTensor(id, tf.util.sizeFromShape(shape), data.memoryOffset);
    if (!values) return;
    const from = new Uint8Array(values.buffer, values.byteOffset, bytes);
    this.#module.HEAPU8.set(from, data.memoryOffset);
  }

  override makeOutput(
    shape: number[],
    dtype: tf.DataType,
    memoryOffset?: number,
    values?: Values,
  ): tf.TensorInfo {
    // memory that a wasm kernel allocated itself is counted late, but it is counted
    if (memoryOffset !== undefined) this.budget.take(bytesOf(shape, dtype), "a kernel's output");
    return super.makeOutput(shape, dtype, memoryOffset, values);
  }

  override refCount(dataId: object): number {
    return this.#storage.has(dataId) ? this.#storage.peek(dataId).refCount : 0;
  }

  override incRef(dataId: object): void {
    this.#storage.peek(dataId).refCount++;
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.#storage.has(dataId)) return true;
    const data = this.#storage.peek(dataId);
    if (data.onHost) { // no memory of the heap's
      const gone = --data.refCount <= 0 || force;
      if (gone) this.#storage.delete(dataId);
      return gone;
    }
    const gone = super.disposeData(dataId, force);
    if (gone) this.budget.give(bytesOf(data.shape, data.dtype));
    return gone;
  }

  override dispose(): void {
    this.#pool.close();
    super.dispose();
  }

  /** Whether the backend was removed from tfjs: its tensors are gone. */
  get disposed(): boolean {
    return this.wasm === null;
  }

  override memory() {
    const { used, peak, limit } = this.budget;
    return { unreliable: false, heapBytes: used, heapPeakBytes: peak, heapLimitBytes: limit };
  }
}

function bytesOf(shape: number[], dtype: tf.DataType): number {
  return dtype === "string" ? 0 : tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
}

export interface BackendOptions {
  /** Whether threads can be given the heap later: {@link CpuBackend.useThreads}. */
  shared?: boolean;
  budget?: HeapBudget;
}

/** Starts the wasm backend, without registering it. */
export async function startBackend(
  { shared = false, budget }: BackendOptions = {},
): Promise<CpuBackend> {
  const { module, memory } = await startModule(shared);
  module.tfjs = {
    init: module.cwrap("init", null, []),
    initWithThreadsCount: module.cwrap("init_with_threads_count", null, ["number"]),
    getThreadsCount: module.cwrap("get_threads_count", "number", []),
    registerTensor: module.cwrap("register_tensor", null, ["number", "number", "number"]),
    disposeData: module.cwrap("dispose_data", null, ["number"]),
    dispose: module.cwrap("dispose", null, []),
  };
  return new CpuBackend(module, memory, await loadPasses(memory), budget);
}

async function startModule(
  shared: boolean,
): Promise<{ module: WasmModule; memory: WebAssembly.Memory }> {
  let memory: WebAssembly.Memory | undefined;
  // It also hangs handlers on the process that would rethrow every uncaught error in its own name.
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set(listenersOf(event)));
  // The glue code takes Deno for Node and reads __dirname at once, which an ES module bundle lacks.
  const scope = globalThis as { __dirname?: string };
  scope.__dirname = "";
  const starting = createWasmModule({
    instantiateWasm(
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
    ) {
      WebAssembly.instantiate(shared ? shareMemory(wasmBytes) : wasmBytes, imports).then(
        ({ instance, module }) => {
          memory = Object.values(instance.exports).find((value) =>
            value instanceof WebAssembly.Memory
          );
          done(instance, module);
        },
      );
      return {};
    },
  });
  delete scope.__dirname;
  const module = await starting;
  events.forEach((event, i) => {
    for (const listener of listenersOf(event)) {
      if (!before[i].has(listener)) process.removeListener(event, listener);
    }
  });
  if (!memory) throw new Error("The wasm backend of tfjs exports no memory");
  return { module, memory };
}

type ProcessEvent = "uncaughtException" | "unhandledRejection";
type Listener = (...values: unknown[]) => void;

function listenersOf(event: ProcessEvent): Listener[] {
  return (process as unknown as { listeners(event: string): Listener[] }).listeners(event);
}
