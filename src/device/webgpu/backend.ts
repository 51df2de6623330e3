/**
 * The webgpu device's backend: tfjs's own, on a device of ours, with dispatches of our kernels in
 * tfjs's command stream, errors that are never lost, and memory under a budget.
 */

import * as tf from "@tensorflow/tfjs";
import { HandlesMade } from "../handles_made.ts";
import type { Recorder } from "../recorder.ts";
import { BufferPools } from "./buffer_pools.ts";
import { DeviceHealth } from "./device_health.ts";
import { type Dispatch, type Grid, gridOf, uniformFields } from "./dispatch.ts";
import { Pipelines } from "./pipelines.ts";
import { ReadBackRing } from "./read_back_ring.ts";
import type { GpuRecording } from "./recording.ts";
import { Recordings } from "./recordings.ts";
import {
  OpenWebGPUBackend,
  type TensorData,
  type UniformBinding,
  type UniformField,
} from "../tfjs/webgpu_backend.ts";
import { UniformBlocks } from "./uniform_blocks.ts";

export interface BackendOptions {
  /** Bytes that all buffers together may hold. */
  gpuMemory?: number;
}

/**
 * Bytes of tensors that are no longer needed, but for commands that wait: more than this, and these
 * are submitted.
 */
const WAITING_BYTES = 128 * 2 ** 20;

export class WsvadWebGPUBackend extends OpenWebGPUBackend implements Recorder {
  readonly pipelines: Pipelines;
  /**
   * Whether large products round their operands to half precision: needs the feature shader-f16.
   */
  halfProducts = false;
  readonly #pools: BufferPools;
  readonly #health: DeviceHealth;
  readonly #recordings: Recordings;
  #waitingBytes = 0;
  readonly #made = new HandlesMade((dataId) => void this.disposeData(dataId));

  constructor(device: GPUDevice, info: GPUAdapterInfo, { gpuMemory }: BackendOptions = {}) {
    super(device, info);
    this.pipelines = new Pipelines(device);
    const limits = {
      budget: gpuMemory ?? Infinity,
      buffer: device.limits.maxBufferSize,
      binding: device.limits.maxStorageBufferBindingSize,
    };
    this.bufferManager = this.#pools = new BufferPools(device, limits, () => this.flush());
    this.#recordings = new Recordings(device, this.#pools, {
      uniforms: new UniformBlocks((buffer) => this.uniformPendingDisposal.push(buffer)),
      flush: () => this.flush(),
    });
    this.#health = new DeviceHealth(device);
  }

  /** Bytes of all buffers, free ones included: now and at most. */
  get allocated(): { bytes: number; peak: number } {
    return { bytes: this.#pools.numBytesAllocated, peak: this.#pools.peakAllocated };
  }

  /** The most bytes in use at once since the last {@link resetPeakUsed}, and what may be. */
  get use(): { peak: number; limit: number; largestTensor: number } {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    return {
      peak: this.#pools.peakUsed,
      limit: this.#pools.budget,
      largestTensor: Math.min(maxBufferSize, maxStorageBufferBindingSize),
    };
  }

  /** For operations that take as many tensors at once as can be bound, of at most so many bytes. */
  get bindings(): { buffers: number; bytes: number } {
    const { maxStorageBuffersPerShaderStage } = this.device.limits;
    return { buffers: maxStorageBuffersPerShaderStage, bytes: this.use.largestTensor };
  }

  get budget(): number {
    return this.#pools.budget;
  }

  readBack(slots: number): ReadBackRing {
    return new ReadBackRing(this, slots);
  }

  resetPeakUsed(): void {
    this.#pools.resetPeakUsed();
  }

  /**
   * Throws the first error that the GPU reported, again at every call: after one, results are zeros
   * or rubbish. Errors arrive asynchronously; reads wait for those of the work that they depend on.
   */
  assertHealthy(): void {
    this.#health.assert();
  }

  /** Submits the recorded commands. */
  flush(): void {
    this.endComputePassEncoder();
    if (this.commandEncoder) this.submitQueue();
  }

  override submitQueue(): void {
    super.submitQueue();
    this.#waitingBytes = 0;
  }

  /**
   * tfjs gives a tensor's buffer back when the commands that use it are submitted: large ones shall
   * not wait long.
   */
  override disposeData(dataId: tf.DataId, force = false): boolean {
    this.#made.remove(dataId);
    const buffer = this.tensorMap.has(dataId) ? this.tensorMap.get(dataId).resource : null;
    const gone = super.disposeData(dataId, force);
    if (gone && buffer && this.tensorMap.has(dataId)) {
      this.#waitingBytes += buffer.size;
      if (this.#waitingBytes > WAITING_BYTES) this.flush();
    }
    return gone;
  }

  /** Runs a kernel, whole or not at all: one that fails leaves no tensor behind. */
  run<T>(kernel: () => T): T {
    return this.#made.run(kernel);
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = super.write(values, shape, dtype);
    this.#made.add(dataId);
    return dataId;
  }

  override incRef(dataId: tf.DataId): void {
    super.incRef(dataId);
    this.#made.add(dataId);
  }

  record<T>(work: () => T): { result: T; recording: GpuRecording | string } {
    return this.#recordings.record(work);
  }

  inBuffersOf<T>(recording: GpuRecording, work: () => T): T {
    return this.#recordings.inBuffersOf(recording, work);
  }

  replay(recording: GpuRecording, written: tf.TensorInfo[]): void {
    this.assertHealthy();
    this.flush();
    recording.replay();
    for (const data of recording.dataOf(written, this.tensorMap)) data.values = null;
  }

  prepare(recording: GpuRecording, times: number): () => void {
    this.assertHealthy();
    this.flush();
    const commands = recording.encode(times);
    return () => this.queue.submit([commands]);
  }

  copyInto(from: tf.TensorInfo, to: tf.TensorInfo): void {
    const [source, target] = [this.#bufferOf(from), this.#bufferOf(to)];
    this.flush(); // uploads of either are recorded like ops
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, target, 0, 4 * tf.util.sizeFromShape(from.shape));
    this.queue.submit([encoder.finish()]);
    this.tensorMap.get(to.dataId).values = null;
  }

  /** Copies a tensor's values into a buffer, in tfjs's command stream: after every op before it. */
  copyTo(tensor: tf.TensorInfo, buffer: GPUBuffer, offset: number): void {
    this.assertHealthy();
    const source = this.#bufferOf(tensor);
    this.ensureCommandEncoderReady();
    this.endComputePassEncoder();
    this.commandQueueOwnedIds.add(tensor.dataId);
    const bytes = 4 * tf.util.sizeFromShape(tensor.shape);
    this.commandEncoder!.copyBufferToBuffer(source, 0, buffer, offset, bytes);
  }

  override ensureCommandEncoderReady(): void {
    const fresh = !this.commandEncoder;
    super.ensureCommandEncoderReady();
    const { session } = this.#recordings;
    if (fresh && session) this.commandEncoder = session.listenTo(this.commandEncoder!);
  }

  /**
   * While recording, a constant gets a buffer of its own: a pooled one would be written over in a
   * replay.
   */
  override uploadToGPU(id: tf.DataId): void {
    const data: TensorData = this.tensorMap.get(id);
    const { session } = this.#recordings;
    if (!session || data.resource || !data.values) return super.uploadToGPU(id);
    data.resource = session.constant(data.values, data.dtype);
    data.external = true; // tfjs does not give it to the pool
    data.values = null;
  }

  /** Waits until the GPU has done all work. */
  async synchronise(): Promise<void> {
    this.flush();
    await this.queue.onSubmittedWorkDone();
    this.assertHealthy();
  }

  /** Runs a kernel in tfjs's command stream: after every op before it, before every op after it. */
  dispatch({ kernel, entry, constants, bindings, uniforms, workgroups }: Dispatch): void {
    this.assertHealthy();
    const pipeline = this.pipelines.get(kernel, { entry, constants });
    const { maxComputeWorkgroupsPerDimension: limit } = this.device.limits;
    const grid = gridOf(kernel, workgroups, limit);
    if (grid.includes(0)) return this.#fillEmpty(bindings);
    // All buffers first: an allocation may submit, which must not fall between use and dispatch.
    const uniformBinding = kernel.uniforms && uniforms &&
      this.makeUniforms(uniformFields(kernel, uniforms));
    const entries: GPUBindGroupEntry[] = Object.entries(bindings).map(([name, bound]) => {
      const binding = kernel.bindings.find((each) => each.name === name);
      if (!binding) throw new Error(`${kernel.name} has no binding "${name}"`);
      const buffer = bound instanceof GPUBuffer ? bound : this.#bufferOf(bound);
      if (binding.written && !(bound instanceof GPUBuffer)) {
        this.tensorMap.get(bound.dataId).values = null; // a copy on the host is out of date now
      }
      return { binding: binding.index, resource: { buffer } };
    });
    if (uniformBinding) {
      entries.push({ binding: kernel.uniforms!.index, resource: uniformBinding });
    }
    for (const bound of Object.values(bindings)) {
      if (!(bound instanceof GPUBuffer)) this.commandQueueOwnedIds.add(bound.dataId);
    }
    const bindGroup = this.device.createBindGroup({
      label: kernel.name,
      layout: pipeline.getBindGroupLayout(0),
      entries,
    });
    this.#add(pipeline, bindGroup, grid);
  }

  /** Outputs without elements have no buffer, but values: none. */
  #fillEmpty(bindings: Dispatch["bindings"]): void {
    for (const bound of Object.values(bindings)) {
      if (bound instanceof GPUBuffer || tf.util.sizeFromShape(bound.shape) > 0) continue;
      this.tensorMap.get(bound.dataId).values = tf.util.getTypedArrayFromDType(
        bound.dtype as "float32",
        0,
      );
    }
  }

  /** Adds a dispatch to the current compute pass; submits when the batch is full. */
  #add(pipeline: GPUComputePipeline, bindGroup: GPUBindGroup, grid: Grid): void {
    this.ensureCommandEncoderReady();
    const pass = this.computePassEncoder ??= this.commandEncoder!.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(...grid);
    this.dispatchCountInPass++;
    if (this.dispatchCountInPass >= tf.env().getNumber("WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE")) {
      this.flush();
    }
  }

  /** An output for {@link dispatch}, with whatever its memory holds. */
  output(shape: number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    return this.makeTensorInfo(shape, dtype);
  }

  /**
   * Replaces a tensor's values in its own buffer, so that recorded commands see the new ones.
   * Commands recorded before this call still see the old ones.
   */
  overwrite(tensor: tf.TensorInfo, values: Float32Array | Int32Array | Uint32Array): void {
    this.assertHealthy();
    this.uploadToGPU(tensor.dataId);
    this.flush(); // the queue writes at once, before commands that are not submitted yet
    const data = this.tensorMap.get(tensor.dataId);
    data.values = null;
    this.queue.writeBuffer(data.resource!, 0, values as unknown as BufferSource);
  }

  #bufferOf(tensor: tf.TensorInfo): GPUBuffer {
    this.uploadToGPU(tensor.dataId);
    return this.tensorMap.get(tensor.dataId).resource!;
  }

  /** Blocks of equal content share a buffer. */
  override makeUniforms(fields: UniformField[]): UniformBinding {
    return this.#recordings.uniforms.get(fields, () => {
      const block = super.makeUniforms(fields);
      this.uniformPendingDisposal.pop(); // ours now: it must not return to the pool
      return block;
    });
  }

  override recordAndSubmit(
    program: unknown,
    output: tf.TensorInfo,
    inputs: tf.TensorInfo[],
    fields?: UniformField[],
  ): void {
    this.assertHealthy();
    super.recordAndSubmit(program, output, inputs, fields);
  }

  /** @throws the GPU's error, if it reported one for the work that the values come from */
  override read(id: tf.DataId): Promise<tf.BackendValues> {
    this.#recordings.session?.refuse("values are read back in the middle of the step");
    return this.#health.reading(() => super.read(id));
  }

  /**
   * The first bytes of a buffer that can be mapped (MAP_READ), after all work so far; throws as
   * {@link read}.
   */
  readMappable(buffer: GPUBuffer, bytes: number): Promise<Float32Array> {
    return this.#health.reading(async () => {
      this.flush();
      await buffer.mapAsync(GPUMapMode.READ, 0, bytes);
      const values = new Float32Array(buffer.getMappedRange(0, bytes).slice(0));
      buffer.unmap();
      return values;
    });
  }

  override readSync(id: tf.DataId): tf.BackendValues {
    const { values, shape } = this.tensorMap.get(id);
    if (values !== null && values !== undefined) return values;
    throw new Error(
      `A tensor [${shape}] on the GPU cannot be read synchronously in Deno: use await data()`,
    );
  }

  /** Frees everything and the device itself. */
  override dispose(): void {
    this.#health.close();
    this.flush();
    super.dispose();
    this.device.destroy();
  }
}
