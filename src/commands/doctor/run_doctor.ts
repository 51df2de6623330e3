/** What this machine can do, what is missing, and how to get it. */

import type { ResolvedConfig } from "../../config/schema/index.ts";
import { isFault } from "../../fault.ts";
import { type CaseResult, runCases } from "../../ops/kernel/run_case.ts";
import { kernelCases } from "../../ops/operations.ts";
import type { Device, DeviceOptions } from "../../device/device.ts";
import { openDevice } from "../../ops/open_device.ts";
import type { DoctorCheck } from "./doctor_check.ts";
import { blasCheck, gpuChecks, memoryChecks, threadCheck, toolChecks } from "./machine_checks.ts";

export interface DoctorRequest {
  device: DeviceOptions;
  /** The configuration whose data is looked for; absent: none was named. */
  config?: ResolvedConfig;
}

export interface DoctorReport {
  /** False when a check failed. */
  ok: boolean;
  sections: { title: string; checks: DoctorCheck[] }[];
}

/**
 * Looks at adapter, limits, features, BLAS, memory and ffmpeg, runs every kernel against its plain
 * loop on the chosen device, and looks for the files of the configured data by name.
 */
export async function runDoctor({ device, config }: DoctorRequest): Promise<DoctorReport> {
  const sections = [
    { title: "GPU", checks: await gpuChecks() },
    {
      title: "Processor",
      checks: [blasCheck(device.blas), threadCheck(device.threads), ...memoryChecks()],
    },
    { title: "Tools", checks: await toolChecks() },
    { title: "Kernels", checks: await kernelChecks(device) },
  ];
  if (config) {
    const { dataChecks } = await import("./data_checks.ts");
    sections.push({ title: "Data", checks: await dataChecks(config) });
  }
  const ok = sections.every(({ checks }) => checks.every(({ status }) => status !== "failed"));
  return { ok, sections };
}

/** Odd sizes that leave no workgroup full. */
const TEST_SIZES = { B: 2, N: 3, T: 17, C: 37, O: 5, k: 3, P: 629 };

/** Opens the device and runs every kernel on it, about a second. */
export async function kernelChecks(options: DeviceOptions): Promise<DoctorCheck[]> {
  let device: Device | undefined;
  try {
    device = await openDevice(options);
    const results = await runCases(await kernelCases(TEST_SIZES));
    device.assertHealthy();
    return [
      { name: "device", status: "ok", found: device.name },
      summary(results),
      ...results.map(caseCheck),
    ];
  } catch (error) {
    const { message } = error as Error;
    return [{
      name: device ? "kernels" : "device",
      status: "failed",
      found: message,
      advice: isFault(error) ? undefined : "Please report this, with the lines above",
    }];
  } finally {
    await device?.close().catch(() => {}); // a broken device was reported above
  }
}

function summary(results: CaseResult[]): DoctorCheck {
  const failed = results.filter(({ passed }) => !passed).length;
  const worst = results.reduce((a, b) => b.error > a.error ? b : a);
  return {
    name: "self-test",
    status: failed === 0 ? "ok" : "failed",
    found: failed === 0
      ? `${results.length} checks of kernels against plain loops, largest error ${
        worst.error.toExponential(1)
      } (${worst.name})`
      : `${failed} of ${results.length} checks of kernels against plain loops failed`,
  };
}

function caseCheck({ name, error, tolerance, passed }: CaseResult): DoctorCheck {
  const allowed = tolerance === 0 ? "none allowed" : `${tolerance.toExponential()} allowed`;
  return {
    name,
    status: passed ? "ok" : "failed",
    found: error === 0 ? "exact" : `largest error ${error.toExponential(1)}, ${allowed}`,
    detail: true,
    advice: passed ? undefined : "Results of this device are wrong: use the other --device",
  };
}
