/** Which GPU: the adapter, what it is, and a device of our own with everything that it offers. */

import { fault } from "../../fault.ts";
import { procFile } from "../../proc_files.ts";

/** What doctor prints and a run records of an adapter. */
export interface AdapterDescription {
  vendor: string;
  architecture: string;
  description: string;
  /** Its version, in words of the system. */
  driver: string;
  /** Whether the processor plays the GPU (lavapipe): right, but slow. */
  software: boolean;
  /** Smallest and largest subgroup, 0 where unknown. Kernels never assume a size. */
  subgroupSizes: [number, number];
  /** Only the limits that decide what a run may do. Bytes, or counts. */
  limits: Record<DecidingLimit, number>;
  features: string[];
}

/**
 * All of these are asked for as far as kernels can use them; unasked, WebGPU gives its small
 * defaults.
 */
const decidingLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
] as const;
export type DecidingLimit = typeof decidingLimits[number];

/**
 * Bytes of one tensor at most: kernels count elements in 32 bits, those of tfjs with a sign. Large
 * cards tell of buffers of 2^52 bytes, in which places beyond would wrap around without an error.
 */
const MOST_BYTES = 4 * (2 ** 31 - 1);

/** Used when present; nothing depends on them. */
const wantedFeatures: GPUFeatureName[] = ["timestamp-query", "shader-f16"];

/** What the drivers read of the environment on Linux. What the user sets stands. */
const driverVariables = {
  /**
   * Without it Deno opens the drivers of OpenGL beside those of Vulkan. Our kernels do not need
   * them, and libEGL (libglvnd) frees the state of every thread when the process ends, without a
   * lock: a thread that asked for an adapter and ends at that moment frees its own a second time,
   * and the process aborts with damaged memory. `deno test` runs files in such threads.
   */
  DENO_WEBGPU_BACKEND: "vulkan",
  /**
   * Mesa's drivers write "XDG_RUNTIME_DIR is invalid or not set" to stderr, twice, on machines
   * without a desktop session. Any folder satisfies them: compute needs no display.
   */
  XDG_RUNTIME_DIR: "/tmp",
};

/** The fastest adapter of this machine, or null when there is none. */
export async function findAdapter(): Promise<GPUAdapter | null> {
  if (Deno.build.os === "linux") prepareDrivers();
  // Absent where Deno was built without WebGPU, and in old versions.
  const gpu = (navigator as { gpu?: GPU }).gpu;
  return await gpu?.requestAdapter({ powerPreference: "high-performance" }) ?? null;
}

/** Takes effect with the first adapter of a thread: the drivers stay open from then on. */
function prepareDrivers(): void {
  for (const [variable, value] of Object.entries(driverVariables)) {
    const allowed = Deno.permissions.querySync({ name: "env", variable }).state === "granted";
    if (allowed && !Deno.env.get(variable)) Deno.env.set(variable, value);
  }
}

/** Whether the processor plays the GPU. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  return info.isFallbackAdapter || /llvmpipe|swiftshader|software/i.test(info.description);
}

/** What the adapter is and offers. */
export function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  const { info } = adapter;
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description || info.device || "unnamed adapter",
    driver: driverOf(info.description),
    software: isSoftware(info),
    subgroupSizes: [info.subgroupMinSize ?? 0, info.subgroupMaxSize ?? 0],
    limits: limitsOf(adapter.limits),
    features: [...adapter.features].sort(),
  };
}

/** The driver's version where the system tells it; WebGPU does not. */
function driverOf(description: string): string {
  const nvidia = procFile("driver/nvidia/version");
  if (nvidia !== null) return nvidia.split("\n")[0].replace(/^NVRM version:\s*/, "");
  const mesa = /\((?:LLVM|Mesa)[^)]*\)/.exec(description);
  return mesa ? `Mesa ${mesa[0]}` : "version not told by the system";
}

function limitsOf(limits: GPUSupportedLimits): Record<DecidingLimit, number> {
  const usable = (name: DecidingLimit) =>
    name === "maxBufferSize" || name === "maxStorageBufferBindingSize"
      ? Math.min(limits[name], MOST_BYTES)
      : limits[name];
  return Object.fromEntries(decidingLimits.map((name) => [name, usable(name)])) as Record<
    DecidingLimit,
    number
  >;
}

/** What a device shall do without of what its adapter offers: a test plays a smaller card. */
export interface Withheld {
  /** In place of the adapter's own, and lower. */
  limits?: Partial<Record<DecidingLimit, number>>;
  features?: GPUFeatureName[];
}

/**
 * A device with the adapter's own limits and the features that kernels can use. tfjs's own request
 * stops at 8 storage buffers and asks for a feature in a form that some versions of Deno refuse.
 *
 * `subgroups` is asked for although adapters may not list it: wgpu grants it all the same.
 *
 * @throws {Error} (fault) the adapter gives none
 */
export async function requestDevice(
  adapter: GPUAdapter,
  { limits, features: without = [] }: Withheld = {},
): Promise<GPUDevice> {
  const requiredLimits = { ...limitsOf(adapter.limits), ...limits };
  const requiredFeatures = wantedFeatures.filter((feature) =>
    adapter.features.has(feature) && !without.includes(feature)
  );
  if (!without.includes("subgroups")) {
    try {
      return await adapter.requestDevice({
        requiredLimits,
        requiredFeatures: [...requiredFeatures, "subgroups"],
      });
    } catch {
      // It names an unknown or missing feature; without it kernels take their barrier path.
    }
  }
  try {
    return await adapter.requestDevice({ requiredLimits, requiredFeatures });
  } catch (error) {
    const { info } = adapter;
    throw fault(
      Error,
      `Cannot open the webgpu device: ${info.description || info.device || "the adapter"} ` +
        `refused (${(error as Error).message}); update its driver, or use --device cpu`,
    );
  }
}

/** Whether subgroup operations compile on the device. naga wants no `enable subgroups;` line. */
export async function hasSubgroups(device: GPUDevice): Promise<boolean> {
  if (!device.features.has("subgroups")) return false;
  device.pushErrorScope("validation");
  device.createShaderModule({
    label: "subgroup probe",
    code: `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(32) fn main(@builtin(local_invocation_index) i: u32) {
  y[i] = subgroupAdd(y[i]);
}`,
  });
  return await device.popErrorScope() === null;
}
