/** `wsvad bench`: how fast kernels and methods are on this machine. */

import { resolveConfig } from "../config/resolve_config.ts";
import { EMBEDDED } from "../config/embedded.ts";
import { nearest } from "../config/nearest.ts";
import type { Device, DeviceOptions } from "../device/device.ts";
import { openDevice } from "../ops/open_device.ts";
import { fault } from "../fault.ts";
import { registry } from "../model/registry.ts";
import { tool } from "../tool.ts";
import {
  benchKernel,
  type KernelFigures,
  measurePeaks,
  type Peaks,
  QUICK,
  REALISTIC,
} from "../bench/kernel_bench.ts";
import { type Repetition, waitingSeconds } from "../bench/device_time.ts";
import { timedCases } from "../ops/operations.ts";
import { currentLoad, type Load, peakProcessBytes } from "../bench/measure.ts";
import { benchMethod, type MethodFigures, type MethodOptions } from "../bench/method_bench.ts";

export interface BenchRequest {
  device: DeviceOptions;
  /** Parts of kernels' names; empty: all; absent: none, if `runners` is given. */
  kernels?: string[];
  /** Names of runners; likewise. */
  runners?: string[];
  /** Small sizes: whether it works rather than how fast it is. */
  quick: boolean;
  /** Told before each kernel and runner. */
  onItem?: (name: string) => void;
}

export interface BenchReport {
  tool: string;
  /** ISO 8601. */
  date: string;
  device: string;
  /** Adapter, driver, BLAS, limits. */
  about: Record<string, unknown>;
  /** When it began: other work on the machine makes every figure worse. */
  load: Load;
  quick: boolean;
  repeats: number;
  /**
   * What waiting for the device takes when it has nothing to do: not part of what kernels take, but
   * of the scoring of one video.
   */
  waitingSeconds: number;
  peaks: Peaks | null;
  kernels: KernelFigures[];
  methods: MethodFigures[];
  /** Most memory that the process had. */
  processBytes: number;
}

interface Plan extends Repetition {
  /** Edge of the product and length of the copy that are taken for the machine's peak. */
  peak: { size: number; copied: number };
  method: MethodOptions;
}

const FULL: Plan = {
  repeats: 5,
  secondsEach: 0.1,
  peak: { size: 2048, copied: 1 << 26 },
  method: { repeats: 5, scored: 200 },
};
const FAST: Plan = {
  repeats: 5,
  secondsEach: 0.005,
  peak: { size: 256, copied: 1 << 20 },
  method: { repeats: 2, videos: 2, scored: 32 },
};

/** Larger than a processor's caches, too. */
const MOST_COPIED_ON_CPU = 1 << 24;

/** Settings of small batches, and what goes with them where a model has one length. */
const SMALL = ["data.segments=32", "runner.features.crops=1"];
const SMALL_LENGTH: Record<string, string[]> = { vadclip: ["runner.encoder.length=32"] };

/**
 * Measures the peaks of the device, then kernels, then methods.
 *
 * @throws fault: a kernel or runner that there is not, or a device that cannot be opened
 */
export async function runBench(
  { device: options, kernels, runners, quick, onItem = () => {} }: BenchRequest,
): Promise<BenchReport> {
  const both = kernels === undefined && runners === undefined;
  const table = await timedCases(quick ? QUICK : REALISTIC);
  const chosen = kernels ?? (both ? [] : null);
  const named = chosen && chosen.length
    ? table.filter(({ name }) => chosen.some((part) => matches(name, part)))
    : chosen && table;
  for (const part of chosen ?? []) {
    if (!table.some(({ name }) => matches(name, part))) {
      throw unknown("kernel", part, table.map(({ name }) => name.split(" ")[0]));
    }
  }
  const all = Object.keys(EMBEDDED.runner);
  const methods = runners ? (runners.length ? runners : all) : both ? all : [];
  for (const name of methods) if (!all.includes(name)) throw unknown("runner", name, all);

  const load = currentLoad();
  const plan = quick ? FAST : FULL;
  const device = await openDevice(options);
  try {
    const peaks = named && named.length
      ? await measurePeaks(device, peakOf(device, plan), plan)
      : null;
    const report: BenchReport = {
      tool: `${tool.name} ${tool.version}`,
      date: new Date().toISOString(),
      device: device.name,
      about: device.describe(),
      load,
      quick,
      repeats: plan.repeats,
      waitingSeconds: await waitingSeconds(device),
      peaks,
      kernels: [],
      methods: [],
      processBytes: 0,
    };
    for (const bench of peaks ? named! : []) {
      onItem(bench.name);
      report.kernels.push(await benchKernel(device, bench, peaks!, plan));
    }
    for (const name of methods) {
      onItem(name);
      report.methods.push(await benchRunner(device, name, plan, quick));
    }
    report.processBytes = peakProcessBytes();
    return report;
  } finally {
    await device.close();
  }
}

/** Its copy is larger than the caches of large cards, where one tensor may be. */
function peakOf(device: Device, { peak }: Plan): Plan["peak"] {
  const most = device.kind === "webgpu" ? device.use().largestTensor / 4 : MOST_COPIED_ON_CPU;
  return { ...peak, copied: Math.min(peak.copied, most) };
}

function benchRunner(
  device: Device,
  name: string,
  { method }: Plan,
  quick: boolean,
): Promise<MethodFigures> {
  const small = quick ? [...SMALL, ...(SMALL_LENGTH[name] ?? [])] : [];
  const config = resolveConfig({ overrides: [`runner=${name}`, ...small], catalog: registry });
  return benchMethod(device, config, method);
}

/** Whether a kernel is meant: "norm" is part of "WsvadLayerNorm". */
function matches(name: string, part: string): boolean {
  return name.toLowerCase().includes(part.toLowerCase());
}

function unknown(what: string, name: string, known: string[]): Error {
  const near = nearest(name, known);
  return fault(
    RangeError,
    `Cannot bench ${what} "${name}": there is none${
      near ? `; did you mean "${near}"?` : `; there are ${[...new Set(known)].join(", ")}`
    }`,
  );
}
