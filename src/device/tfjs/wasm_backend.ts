/**
 * tfjs's wasm backend with its private members in sight, and the module that it runs in. Checked
 * against
 * @tensorflow/tfjs-backend-wasm 4.22.0.
 */

import type * as tf from "@tensorflow/tfjs";
import { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import createModule from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js";
import wasmBytes from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm" with {
  type: "bytes",
};

/** tfjs's emscripten module, as far as it is used here. */
export interface WasmModule {
  HEAPU8: Uint8Array<ArrayBuffer>;
  _malloc(bytes: number): number;
  _free(address: number): void;
  cwrap(name: string, result: string | null, parameters: string[]): (...values: number[]) => number;
  tfjs: Record<string, (...values: number[]) => number>;
}

/** What tfjs's wasm backend knows of a tensor. */
export interface WasmTensorData {
  id: number;
  /** Byte address on the heap. */
  memoryOffset: number;
  shape: number[];
  dtype: tf.DataType;
  refCount: number;
  stringBytes?: Uint8Array[];
}

export interface OpenWasmBackend extends tf.KernelBackend {
  /** Null once it is disposed. */
  wasm: WasmModule | null;
  dataIdMap: tf.DataStorage<WasmTensorData>;
  dataIdNextNumber: number;
  move(
    dataId: object,
    values: tf.backend_util.BackendValues | null,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void;
  makeOutput(
    shape: number[],
    dtype: tf.DataType,
    memoryOffset?: number,
    values?: tf.backend_util.BackendValues,
  ): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): tf.backend_util.TypedArray;
  refCount(dataId: object): number;
  incRef(dataId: object): void;
  disposeData(dataId: object, force?: boolean): boolean;
  memory(): { unreliable: boolean };
}

export const OpenWasmBackend = BackendWasm as unknown as new (
  module: WasmModule,
) => OpenWasmBackend;

/** The members above, by name: a test looks for each in tfjs's own backend. */
export const WASM_MEMBERS = {
  wasm: "object",
  dataIdMap: "object",
  dataIdNextNumber: "number",
  move: "function",
  makeOutput: "function",
  typedArrayFromHeap: "function",
  refCount: "function",
  incRef: "function",
  disposeData: "function",
  memory: "function",
} as const satisfies Partial<Record<keyof OpenWasmBackend, string>>;

/** Starts the module from bytes that travel with the program. */
export const createWasmModule = createModule as unknown as (
  settings: unknown,
) => Promise<WasmModule>;
export { wasmBytes };
