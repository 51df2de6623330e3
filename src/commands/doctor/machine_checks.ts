/** Doctor's checks of the machine: GPU, BLAS, memory, tools. */

import { machineMemory } from "../../machine_memory.ts";
import { formatBytes } from "../../device/bytes.ts";
import { blasOrigin, findBlas } from "../../device/cpu/blas.ts";
import { threadCount } from "../../device/cpu/thread_count.ts";
import { isFault } from "../../fault.ts";
import { CAN_SHARE } from "../../device/cpu/thread_pool.ts";
import type { DoctorCheck } from "./doctor_check.ts";
import {
  describeAdapter,
  findAdapter,
  hasSubgroups,
  requestDevice,
} from "../../device/webgpu/adapter.ts";

/**
 * The adapter, its driver, limits and features.
 *
 * @param adapter for tests: in place of the machine's
 */
export async function gpuChecks(adapter?: GPUAdapter | null): Promise<DoctorCheck[]> {
  if (adapter === undefined) adapter = await findAdapter();
  if (!adapter) {
    return [{
      name: "adapter",
      status: "missing",
      found: "none; --device auto takes the cpu",
      advice: "Install the GPU's Vulkan driver, where there is a GPU",
    }];
  }
  const { description, driver, software, vendor, architecture, limits, subgroupSizes } =
    describeAdapter(
      adapter,
    );
  const identity = [vendor, architecture].filter((text) => text !== "").join(", ");
  const device = await requestDevice(adapter).catch((error) => {
    if (isFault(error)) return error;
    throw error;
  });
  if (device instanceof Error) {
    return [{ name: "adapter", status: "failed", found: device.message }];
  }
  const features: [name: string, present: boolean, use: string][] = [
    ["shader-f16", device.features.has("shader-f16"), "half precision storage in kernels"],
    ["timestamp-query", device.features.has("timestamp-query"), "timing of kernels"],
    ["subgroups", await hasSubgroups(device), `size ${[...new Set(subgroupSizes)].join(" to ")}`],
  ];
  device.destroy();
  return [
    {
      name: "adapter",
      status: "ok",
      found: software
        ? `${description}: a software adapter, right but slow; --device auto takes the cpu`
        : `${description}${identity && ` (vendor ${identity})`}; --device auto takes it`,
    },
    { name: "driver", status: "ok", found: driver },
    {
      name: "largest tensor",
      status: "ok",
      found: `${formatBytes(Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize))}`,
    },
    {
      name: "limits",
      status: "ok",
      found: `${limits.maxStorageBuffersPerShaderStage} storage buffers, ` +
        `${limits.maxComputeInvocationsPerWorkgroup} invocations and ` +
        `${formatBytes(limits.maxComputeWorkgroupStorageSize)} shared per workgroup, ` +
        `${limits.maxComputeWorkgroupsPerDimension} workgroups per dimension`,
    },
    ...features.map(([name, present, use]): DoctorCheck => ({
      name,
      status: present ? "ok" : "missing",
      found: present ? use : "not offered; kernels do without",
    })),
  ];
}

/** The BLAS that the cpu device would use. */
export function blasCheck(choice?: string): DoctorCheck {
  try {
    const { blas, advice } = findBlas(choice);
    if (!blas) return { name: "BLAS", status: "missing", found: "none in use", advice };
    const threads = blas.threads === undefined ? "" : `, ${blas.threads} threads`;
    const origin = choice === undefined ? blasOrigin(blas.path) : "named by --blas";
    return {
      name: "BLAS",
      status: "ok",
      found: `${blas.name}, ${origin}, at ${blas.path}${threads}`,
    };
  } catch (error) {
    return { name: "BLAS", status: "failed", found: (error as Error).message };
  }
}

/** How many threads the cpu device would have. */
export function threadCheck(wanted?: number): DoctorCheck {
  try {
    const threads = CAN_SHARE ? threadCount(wanted) : 1;
    const found =
      `${threads} for passes, and for products without a BLAS; --threads N for another number`;
    return { name: "threads", status: "ok", found };
  } catch (error) {
    return { name: "threads", status: "failed", found: (error as Error).message };
  }
}

/** Cores and free memory. */
export function memoryChecks(): DoctorCheck[] {
  const cores: DoctorCheck = {
    name: "cores",
    status: "ok",
    found: `${navigator.hardwareConcurrency}`,
  };
  const memory = machineMemory();
  if (memory === null) {
    const advice = "Run with --allow-sys to see it";
    return [cores, { name: "memory", status: "missing", found: "not allowed to look", advice }];
  }
  const { available, total } = memory;
  const scarce = available < 2 ** 30;
  return [cores, {
    name: "memory",
    status: scarce ? "missing" : "ok",
    found: `${formatBytes(available)} free of ${formatBytes(total)}`,
    advice: scarce ? "Less than 1 GiB is little for training: lower data.batch_size" : undefined,
  }];
}

/** Programs that some commands call: videos take both. */
export async function toolChecks(): Promise<DoctorCheck[]> {
  return [await toolCheck("ffmpeg"), await toolCheck("ffprobe")];
}

async function toolCheck(name: "ffmpeg" | "ffprobe"): Promise<DoctorCheck> {
  try {
    const ran = await new Deno.Command(name, { args: ["-version"] }).output();
    if (!ran.success) {
      const [said] = new TextDecoder().decode(ran.stderr).trim().split("\n");
      const found = `does not run${said === "" ? "" : `: ${said}`}`;
      return { name, status: "failed", found, advice: "Install it again" };
    }
    const [, version] = /^\w+ version (\S+)/.exec(new TextDecoder().decode(ran.stdout)) ?? [];
    return { name, status: "ok", found: version ?? "found, version unknown" };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      const advice = `Run with --allow-run=${name} to see whether it works`;
      return { name, status: "missing", found: "not allowed to run it", advice };
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return {
      name,
      status: "missing",
      found: "not on PATH; needed to read videos only, not for features",
      advice: "Install ffmpeg, which brings it (Debian, Ubuntu: apt install ffmpeg; macOS: brew " +
        "install ffmpeg)",
    };
  }
}
