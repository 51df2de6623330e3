/** One run of a kernel: what it is given, and how that becomes a grid and uniform fields. */

import type * as tf from "@tensorflow/tfjs";
import { memoryFault } from "../memory_fault.ts";
import type { UniformField } from "../tfjs/webgpu_backend.ts";
import type { Kernel, Variant } from "./pipelines.ts";

/** One run of a kernel. */
export interface Dispatch extends Variant {
  kernel: Kernel;
  /** By the names in the WGSL text; tensors that the kernel writes are overwritten in place. */
  bindings: Record<string, tf.TensorInfo | GPUBuffer>;
  uniforms?: Record<string, number>;
  /**
   * Workgroups in x, y and z; or one number, which is folded into x and y where it exceeds the
   * adapter's limit: such kernels count `group.x + group.y * groups.x` and stop past the end.
   */
  workgroups: number | [number, number, number];
}

export type Grid = [x: number, y: number, z: number];

/**
 * The grid of a dispatch.
 *
 * @param limit workgroups along each dimension, the adapter's
 * @throws {RangeError} (fault) it takes more
 */
export function gridOf(kernel: Kernel, workgroups: Dispatch["workgroups"], limit: number): Grid {
  if (typeof workgroups === "number") {
    if (workgroups <= limit) return [workgroups, 1, 1];
    const y = Math.ceil(workgroups / limit);
    workgroups = [Math.ceil(workgroups / y), y, 1];
  }
  if (workgroups.some((count) => count > limit)) {
    throw memoryFault(
      `Cannot run ${kernel.name} on ${workgroups.join(" x ")} workgroups: the adapter takes ` +
        `${limit} per dimension`,
      "use --device cpu",
    );
  }
  return workgroups;
}

/** A kernel's uniform block as tfjs writes it. */
export function uniformFields(kernel: Kernel, values: Record<string, number>): UniformField[] {
  return kernel.uniforms!.scalars.map(({ name, type }) => {
    if (!(name in values)) throw new Error(`${kernel.name} needs the uniform "${name}"`);
    const fieldType = type === "u32" ? "uint32" : type === "i32" ? "int32" : "float32";
    return { type: fieldType, data: [values[name]] };
  });
}
