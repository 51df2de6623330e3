/**
 * A GPU that computes nothing: buffers have sizes and no memory, dispatches vanish, values that are
 * read are 0. All of the webgpu device's own bookkeeping runs on it, so it tells what a step takes
 * of any card, without one: the bytes of its buffers, and its dispatches.
 */

import { WsvadWebGPUBackend } from "../device/webgpu/backend.ts";
import { useBackend } from "../device/webgpu/open_webgpu.ts";

/** Limits as a card of today has them. */
const LIMITS = {
  maxBufferSize: 2 ** 40,
  maxStorageBufferBindingSize: 2 ** 32 - 4,
  maxStorageBuffersPerShaderStage: 32,
  maxComputeWorkgroupStorageSize: 48 * 2 ** 10,
  maxComputeInvocationsPerWorkgroup: 1024,
  maxComputeWorkgroupSizeX: 1024,
  maxComputeWorkgroupSizeY: 1024,
  maxComputeWorkgroupsPerDimension: 65535,
};

/** Makes it tfjs's current backend, "webgpu". Kernels' forms are the caller's to import. */
export async function openDryGpu(): Promise<WsvadWebGPUBackend> {
  const info = { vendor: "none", architecture: "none" } as GPUAdapterInfo;
  const backend = new WsvadWebGPUBackend(dryDevice(), info);
  await useBackend(backend);
  return backend;
}

const nothing = () => {};

function dryDevice(): GPUDevice {
  const pipeline = { getBindGroupLayout: nothing };
  const pass = {
    setPipeline: nothing,
    setBindGroup: nothing,
    dispatchWorkgroups: nothing,
    end: nothing,
  };
  const encoder = { beginComputePass: () => pass, copyBufferToBuffer: nothing, finish: nothing };
  const device = {
    limits: LIMITS,
    features: new Set(),
    lost: new Promise(nothing),
    queue: {
      writeBuffer: nothing,
      submit: nothing,
      onSubmittedWorkDone: () => Promise.resolve(),
    },
    addEventListener: nothing,
    createBuffer: dryBuffer,
    createBindGroup: nothing,
    createBindGroupLayout: nothing,
    createPipelineLayout: nothing,
    createShaderModule: nothing,
    createComputePipeline: () => pipeline,
    createCommandEncoder: () => encoder,
    destroy: nothing,
  };
  return device as unknown as GPUDevice;
}

/** tfjs tells buffers from textures by their class. */
function dryBuffer({ size, usage, mappedAtCreation = false }: GPUBufferDescriptor): GPUBuffer {
  let mapState: GPUBufferMapState = mappedAtCreation ? "mapped" : "unmapped";
  return Object.create(GPUBuffer.prototype, {
    size: { value: size },
    usage: { value: usage },
    mapState: { get: () => mapState },
    mapAsync: { value: () => Promise.resolve() },
    getMappedRange: { value: (offset = 0, length = size - offset) => new ArrayBuffer(length) },
    unmap: { value: () => void (mapState = "unmapped") },
    destroy: { value: nothing },
  });
}
