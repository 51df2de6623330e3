/**
 * The wasm backend of tfjs as the cpu device uses it: started from bytes that travel with the
 * program, its memory shared with our own SIMD passes and with the BLAS, and every byte counted.
 */

import * as tf from "@tensorflow/tfjs";
import { OpenWasmBackend, type WasmModule } from "../tfjs/wasm_backend.ts";
import type { Blas } from "./blas.ts";
import { BlasGemm } from "./blas_gemm.ts";
import { HandlesMade } from "../handles_made.ts";
import { type Gemm, SimdGemm } from "./gemm.ts";
import { HeapBudget, machineRoom } from "./heap_budget.ts";
import { HeapAllocator, type HeapRange } from "./heap_allocator.ts";
import { HeapResidency } from "./heap_residency.ts";
import {
  bytesOf,
  HeapStorage,
  type HostFloats,
  isLarge,
  staysOnHost,
  type TensorData,
} from "./heap_storage.ts";
import { KeptMemory } from "./kept_memory.ts";
import { untilThereIsRoom } from "./kernel_restarts.ts";
import type { Passes } from "../../../kernels/pass_signatures.ts";
import type { LoadedPasses } from "./passes.ts";
import { poolOnHeap } from "./pool_on_heap.ts";
import { ReservedMemory } from "./reserved_memory.ts";
import type { ThreadPool } from "./thread_pool.ts";
import { threadedPasses } from "./threaded_passes.ts";

type Values = tf.backend_util.BackendValues;

/**
 * What a backend computes in, and leaves to the next one: tfjs's kernels keep the module of the
 * last backend, and JavaScript collects garbage without end where two reserve 4 GB each.
 */
interface CpuHeap {
  module: WasmModule;
  memory: WebAssembly.Memory;
  passes: LoadedPasses;
  /** Memory that a backend before has asked for. */
  ranges?: readonly HeapRange[];
}

export class CpuBackend extends OpenWasmBackend {
  readonly heap: WebAssembly.Memory;
  readonly passes: Passes;
  /** Where tensors and scratch memory come from. */
  readonly allocator: HeapAllocator;
  /** The engine of all matrix products: our own, until {@link multiplyBy} names a BLAS. */
  gemm: Gemm;
  readonly #residency: HeapResidency;
  /** Memory for values that are read from files. */
  readonly reserved: ReservedMemory;
  /** What threads have for themselves, and where what they do is written down. */
  readonly threadMemory = {
    own: new KeptMemory(this, "the threads' own memory"),
    steps: new KeptMemory(this, "what threads shall do"),
  };
  readonly #storage: HeapStorage;
  readonly #newPool: (threads: number) => ThreadPool;
  #pool: ThreadPool;
  #blas: Blas | null = null;
  #left: CpuHeap | null;
  readonly #made = new HandlesMade((dataId) => void this.disposeData(dataId));

  constructor(heap: CpuHeap, budget = new HeapBudget(undefined, machineRoom)) {
    const { module, memory, passes: { passes, module: own }, ranges } = heap;
    super(module);
    this.#left = heap;
    this.heap = memory;
    this.allocator = new HeapAllocator(this.#module, memory, budget, ranges);
    this.reserved = new ReservedMemory(this.allocator, memory);
    this.#newPool = (threads) => poolOnHeap(this, threads, own, passes, this.#blas);
    this.#pool = this.#newPool(1);
    this.passes = threadedPasses(passes, this);
    this.gemm = new SimdGemm(this);
    this.#residency = new HeapResidency({
      module: () => this.#module,
      memory,
      allocator: this.allocator,
      inKernel: () => this.#made.inKernel,
      use: (data) => this.#storage.use(data),
    });
    this.#storage = new HeapStorage(
      this,
      (data) => this.#residency.place(data, data.onHost?.parts),
    );
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
    if (possible !== this.#pool.threads) this.#renewPool(possible);
  }

  /** Multiplies by a BLAS from now on, or by our own products. */
  multiplyBy(blas: Blas | null): void {
    this.gemm = blas ? new BlasGemm(blas, this.heap) : new SimdGemm(this);
    if (blas === this.#blas) return;
    this.#blas = blas;
    this.#renewPool(this.#pool.threads);
  }

  #renewPool(threads: number): void {
    this.#pool.close();
    this.#pool = this.#newPool(threads);
  }

  get budget(): HeapBudget {
    return this.allocator.budget;
  }

  /**
   * Byte address of a tensor's values, until the end of the kernel that runs; the heap may grow
   * meanwhile.
   */
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

  /**
   * The f32 values of a tensor as a view of the heap: lost when the heap grows, so use it at once.
   */
  floats(info: tf.TensorInfo): Float32Array {
    return this.typedArrayFromHeap(info) as Float32Array;
  }

  /**
   * The f32 values of a large tensor from JavaScript that no operation has asked for on the heap
   * yet, else null.
   */
  hostFloats(info: tf.TensorInfo): HostFloats | null {
    const { onHost, dtype } = this.#storage.peek(info.dataId);
    return onHost && dtype === "float32" ? onHost as HostFloats : null;
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

  /**
   * Runs a kernel, whole or not at all: one that fails leaves no tensor behind. Addresses that it
   * asks for hold until its end. If memory for it is free in pieces only, a gap is made of them; if
   * other tensors hold it, those leave the heap. Then it starts again, so a kernel must not change
   * its inputs before it has all of its memory.
   *
   * @param name for people
   */
  run<T>(kernel: () => T, name = "an operation"): T {
    if (this.#made.inKernel) return kernel(); // within another
    const begun = this.#storage.asks, once = () => this.#once(kernel);
    return this.#storage.within(name, () => untilThereIsRoom(this.allocator, begun, once));
  }

  #once<T>(kernel: () => T): T {
    return this.#made.run(() => {
      const result = kernel();
      if (this.allocator.guarded) this.allocator.requireIntact();
      return result;
    });
  }

  /**
   * Memory of what is left to the module, for what stays for long: it is never moved, and not of
   * the budget.
   */
  allocate(bytes: number, what: string): number {
    // malloc answers a signed 32-bit number, 0 when nothing is left
    const address = this.#module._malloc(bytes) >>> 0;
    if (address === 0 && bytes > 0) throw this.budget.full(bytes, what);
    return address;
  }

  release(address: number): void {
    this.#module._free(address);
  }

  /** Runs `body` with scratch memory that is given back after it. */
  withScratch<T>(bytes: number, body: (address: number) => T): T {
    const block = this.allocator.take(
      bytes,
      "a kernel's scratch memory",
      null,
      this.#made.inKernel,
    );
    this.#storage.hold(bytes);
    try {
      return body(block.at);
    } finally {
      this.#storage.hold(-bytes);
      this.allocator.give(block);
    }
  }

  // As tfjs's own, but with the bytes counted, malloc's answer looked at,
  // and large values left where they are.
  override move(
    dataId: object,
    values: Values | null,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    if (dtype === "string") return super.move(dataId, values, shape, dtype, refCount);
    const id = this.dataIdNextNumber++;
    const data: TensorData = { id, memoryOffset: 0, shape, dtype, refCount, lastUse: 0 };
    const reserved = this.reserved.handOver(values);
    if (reserved) this.#residency.place(data, [], reserved);
    else if (staysOnHost(values)) data.onHost = { parts: [values], lasting: false };
    else this.#residency.place(data, values ? [values as tf.TypedArray] : []);
    this.#storage.set(dataId, data);
    this.#made.add(dataId);
  }

  /** A tensor of arrays that lie one behind the other in it, and that nobody changes any more. */
  tensorOfParts(parts: readonly Float32Array[], shape: number[]): tf.TensorInfo {
    const dataId = {}, id = this.dataIdNextNumber++;
    const dtype = "float32";
    const data: TensorData = { id, memoryOffset: 0, shape, dtype, refCount: 1, lastUse: 0 };
    if (isLarge(parts)) data.onHost = { parts, lasting: true };
    else this.#residency.place(data, parts);
    this.#storage.set(dataId, data);
    this.#made.add(dataId);
    return { dataId, shape, dtype };
  }

  override makeOutput(
    shape: number[],
    dtype: tf.DataType,
    memoryOffset?: number,
    values?: Values,
  ): tf.TensorInfo {
    // memory that a wasm kernel allocated itself is counted late, but it is counted
    if (memoryOffset !== undefined) {
      this.budget.take(bytesOf({ shape, dtype }), "a kernel's output");
    }
    const info = super.makeOutput(shape, dtype, memoryOffset, values);
    if (memoryOffset !== undefined) this.#made.add(info.dataId);
    return info;
  }

  override refCount(dataId: object): number {
    return this.#storage.has(dataId) ? this.#storage.peek(dataId).refCount : 0;
  }

  override incRef(dataId: object): void {
    this.#storage.peek(dataId).refCount++;
    this.#made.add(dataId);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.#storage.has(dataId)) return true;
    this.#made.remove(dataId);
    const data = this.#storage.peek(dataId);
    if (!data.block && !data.onHost) { // strings, and memory that a wasm kernel allocated itself
      const gone = super.disposeData(dataId, force);
      if (gone) this.budget.give(bytesOf(data));
      return gone;
    }
    if (--data.refCount > 0 && !force) return false;
    if (data.block) this.#storage.release(data);
    this.#residency.free(data);
    this.#storage.delete(dataId);
    return true;
  }

  override dispose(): void {
    this.#pool.close();
    for (const memory of Object.values(this.threadMemory)) memory.release();
    super.dispose();
  }

  /** What it computed in, once it is disposed: for one backend after it. */
  takeHeap(): CpuHeap | null {
    const heap = this.disposed ? this.#left : null;
    if (!heap) return null;
    this.#left = null;
    return { ...heap, ranges: this.allocator.ranges };
  }

  /** Whether the backend was removed from tfjs: its tensors are gone. */
  get disposed(): boolean {
    return this.wasm === null;
  }

  /** Bytes that a kernel of each name needed at once, at most, since {@link resetPeaks}. */
  get kernelNeeds(): ReadonlyMap<string, number> {
    return this.#storage.needs;
  }

  /** Counts the most bytes in use, of all tensors and of each kernel, from now on. */
  resetPeaks(): void {
    this.budget.resetPeak();
    this.#storage.resetNeeds();
  }

  override memory() {
    const { used, beside, peak, limit } = this.budget;
    const heapBytes = used + beside;
    return { unreliable: false, heapBytes, heapPeakBytes: peak, heapLimitBytes: limit };
  }
}
