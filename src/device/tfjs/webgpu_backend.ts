/**
 * tfjs's WebGPU backend with its private members in sight. They are private to TypeScript alone,
 * and `backend.ts` needs them to record dispatches of its own in tfjs's command stream. Checked
 * against
 * @tensorflow/tfjs-backend-webgpu 4.22.0: a new version must be read before the pin moves.
 */

import type * as tf from "@tensorflow/tfjs";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** What tfjs knows of a tensor's storage: `values` on the host, `resource` on the GPU, or both. */
export interface TensorData {
  values: tf.BackendValues | null;
  dtype: tf.DataType;
  shape: number[];
  refCount: number;
  resource?: GPUBuffer | null;
  /** Never released to the pool by tfjs. */
  external?: boolean;
}

/** One field of a uniform block as tfjs's programs declare it: a scalar or a vector. */
export interface UniformField {
  type: string;
  data: number[];
}

/** What tfjs asks of its buffer manager. */
export interface BufferManager {
  numBytesUsed: number;
  numBytesAllocated: number;
  acquireBuffer(
    size: number,
    usage: GPUBufferUsageFlags,
    mappedAtCreation?: boolean,
    reuse?: boolean,
  ): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
  getNumUsedBuffers(): number;
  getNumFreeBuffers(): number;
  dispose(): void;
}

/** A uniform block as tfjs binds it. */
export interface UniformBinding {
  offset: number;
  size: number;
  buffer: GPUBuffer;
}

export interface OpenWebGPUBackend extends tf.KernelBackend {
  bufferManager: BufferManager;
  device: GPUDevice;
  queue: GPUQueue;
  tensorMap: {
    get(id: tf.DataId): TensorData;
    has(id: tf.DataId): boolean;
    numDataIds(): number;
  };
  commandEncoder: GPUCommandEncoder | null;
  computePassEncoder: GPUComputePassEncoder | null;
  /** Tensors that unsubmitted commands use: their buffers are released after the submit. */
  commandQueueOwnedIds: WeakSet<tf.DataId>;
  dispatchCountInPass: number;
  /** Products of fewer tiles than this are split along the inner axis. */
  thresholdToIncreaseWorkgroups: number;
  /** Uniform buffers that go back to the pool after the submit. */
  uniformPendingDisposal: GPUBuffer[];
  submitQueue(): void;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  makeTensorInfo(
    shape: number[],
    dtype: tf.DataType,
    values?: tf.BackendValues | string[],
  ): tf.TensorInfo;
  uploadToGPU(id: tf.DataId): void;
  makeUniforms(fields: UniformField[]): UniformBinding;
  recordAndSubmit(
    program: unknown,
    output: tf.TensorInfo,
    inputs: tf.TensorInfo[],
    fields?: UniformField[],
  ): void;
  read(id: tf.DataId): Promise<tf.BackendValues>;
  readSync(id: tf.DataId): tf.BackendValues;
  dispose(): void;
}

export const OpenWebGPUBackend = WebGPUBackend as unknown as new (
  device: GPUDevice,
  info?: GPUAdapterInfo,
) => OpenWebGPUBackend;

/** The members above, by name: a test looks for each in tfjs's own backend. */
export const WEBGPU_MEMBERS = {
  bufferManager: "object",
  device: "object",
  queue: "object",
  tensorMap: "object",
  commandEncoder: "object",
  computePassEncoder: "object",
  commandQueueOwnedIds: "object",
  dispatchCountInPass: "number",
  thresholdToIncreaseWorkgroups: "number",
  uniformPendingDisposal: "object",
  submitQueue: "function",
  ensureCommandEncoderReady: "function",
  endComputePassEncoder: "function",
  makeTensorInfo: "function",
  uploadToGPU: "function",
  makeUniforms: "function",
  recordAndSubmit: "function",
  read: "function",
  readSync: "function",
  dispose: "function",
} as const satisfies Partial<Record<keyof OpenWebGPUBackend, string>>;

/** The same of its buffer manager, in whose place ours stands. */
export const BUFFER_MANAGER_MEMBERS = {
  numBytesUsed: "number",
  numBytesAllocated: "number",
  acquireBuffer: "function",
  releaseBuffer: "function",
  getNumUsedBuffers: "function",
  getNumFreeBuffers: "function",
  dispose: "function",
} as const satisfies Record<keyof BufferManager, string>;
