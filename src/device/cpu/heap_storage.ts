/**
 * Where the tensors of the cpu device lie: on the wasm heap, but for those that had to make room
 * for others, which wait beside it, and for large ones that came from JavaScript. Those stay in the
 * caller's array until an operation asks for them on the heap, so that one which reads the array
 * itself (the mean over the crops of a batch) spares the copy and its memory. As on tfjs's other
 * backends, such an array must not change before the tensor is used.
 */

import * as tf from "@tensorflow/tfjs";
import type { HeapBlock } from "./heap_allocator.ts";
import type { WasmTensorData } from "../tfjs/wasm_backend.ts";

/** A tensor of the cpu device; where its values are on the host, the address means nothing. */
export interface TensorData extends WasmTensorData {
  /** The memory there, unless a wasm kernel allocated it itself. */
  block?: HeapBlock;
  /** The values, as long as they are not on the heap. */
  onHost?: HostValues;
  /** When it was asked for last: the number of asks before. */
  lastUse: number;
}

/** Values in JavaScript's memory: arrays that lie one behind the other in the tensor. */
export interface HostValues {
  parts: readonly tf.TypedArray[];
  /** Memory beside the heap where the tensor waits, if that is where the values are. */
  waiting?: Uint8Array;
  /** Nobody changes the arrays, however long they live. */
  lasting: boolean;
}

/** The same of numbers in single precision. */
export type HostFloats = HostValues & { parts: readonly Float32Array[] };

/** Smaller tensors are copied at once. */
const LARGE_BYTES = 1 << 24;

/** Whether values stay where they are at first. */
export function staysOnHost(values: unknown): values is Float32Array {
  return values instanceof Float32Array && isLarge([values]);
}

/** Whether so much stays where it is at first. */
export function isLarge(parts: readonly Float32Array[]): boolean {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0) >= LARGE_BYTES;
}

/** What a tensor takes up; strings lie elsewhere. */
export function bytesOf({ shape, dtype }: { shape: number[]; dtype: tf.DataType }): number {
  return dtype === "string" ? 0 : tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
}

export class HeapStorage extends tf.DataStorage<TensorData> {
  readonly #place: (data: TensorData) => void;
  #asks = 0;
  /** The kernel that runs: asks before it, its bytes on the heap now and at most. */
  #kernel: { begun: number; bytes: number; peak: number } | null = null;
  #needs = new Map<string, number>();

  /** @param place copies the values of a tensor to the heap */
  constructor(backend: tf.KernelBackend, place: (data: TensorData) => void) {
    super(backend, tf.engine());
    this.#place = place;
  }

  /** Asks for tensors so far. */
  get asks(): number {
    return this.#asks;
  }

  /** For all who want a tensor on the heap, tfjs's kernels among them. */
  override get(dataId: tf.DataId): TensorData {
    const data = super.get(dataId);
    this.use(data);
    if (data.onHost) this.#place(data);
    return data;
  }

  /** Somebody asks for it now. */
  use(data: TensorData): void {
    if (this.#kernel && data.lastUse <= this.#kernel.begun) this.hold(bytesOf(data));
    data.lastUse = ++this.#asks;
  }

  /** Bytes that a kernel of each name needed at once, at most, since {@link resetNeeds}. */
  get needs(): ReadonlyMap<string, number> {
    return this.#needs;
  }

  resetNeeds(): void {
    this.#needs = new Map();
  }

  /** Counts, while a kernel runs, what it asks for: that cannot leave the heap before its end. */
  within<T>(name: string, kernel: () => T): T {
    const counted = this.#kernel = { begun: this.#asks, bytes: 0, peak: 0 };
    try {
      return kernel();
    } finally {
      this.#kernel = null;
      this.#needs.set(name, Math.max(counted.peak, this.#needs.get(name) ?? 0));
    }
  }

  /** A kernel takes so many bytes more, or fewer than 0 less. */
  hold(bytes: number): void {
    if (!this.#kernel) return;
    this.#kernel.bytes += bytes;
    this.#kernel.peak = Math.max(this.#kernel.peak, this.#kernel.bytes);
  }

  /** A tensor's memory on the heap is given back. */
  release(data: TensorData): void {
    if (this.#kernel && data.lastUse > this.#kernel.begun) this.hold(-bytesOf(data));
  }

  /** The same without moving anything. */
  peek(dataId: tf.DataId): TensorData {
    return super.get(dataId);
  }
}
