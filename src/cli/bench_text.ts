/** What `wsvad bench` found, for a person. */

import { columns } from "./output.ts";
import type { BenchReport } from "./work.ts";

const NONE = "-";

export function benchText(report: BenchReport): string {
  return [
    headText(report),
    ...(report.kernels.length ? [kernelText(report)] : []),
    ...(report.methods.length ? [methodText(report)] : []),
  ].join("\n\n");
}

function headText(
  { tool, date, device, about, load, quick, waitingSeconds, peaks, processBytes }: BenchReport,
): string {
  const rows = [
    ["device", device],
    ["load", `${load.load.toFixed(1)} before the start, on ${load.logicalCores} logical cores`],
    [
      "memory",
      `${gigabytes(load.memoryBytes)}, ${gigabytes(load.freeBytes)} free; this process took up to ${
        gigabytes(processBytes)
      }`,
    ],
    ["date", `${date}, ${tool}`],
  ];
  if (typeof about.vendor === "string") {
    rows.splice(1, 0, ["adapter", `${about.vendor} ${about.architecture}`.trim()]);
  }
  if (device.endsWith("(webgpu)")) {
    rows.push([
      "waiting",
      `${significant(1e3 * waitingSeconds)} ms for a GPU that has nothing to do`,
    ]);
  }
  if (peaks) {
    rows.push([
      "peak",
      `${significant(peaks.gflops)} GFLOP/s in a large product, ${
        significant(peaks.gigabytesPerSecond)
      } GB/s in a large copy`,
    ]);
  }
  if (quick) rows.push(["quick", "small sizes: these figures say little of real ones"]);
  return columns(rows);
}

function kernelText({ kernels }: BenchReport): string {
  const rows = kernels.map((kernel) => [
    kernel.name,
    significant(kernel.milliseconds),
    kernel.gflops === null ? NONE : significant(kernel.gflops),
    significant(kernel.gigabytesPerSecond),
    `${(100 * kernel.fractionOfPeak).toFixed(0)} %`,
    significant(kernel.stockMilliseconds),
    `${significant(kernel.speedup)} x`,
  ]);
  return columns([
    ["kernel", "ms", "GFLOP/s", "GB/s", "of peak", "composed, ms", "faster"],
    ...rows,
  ]);
}

function methodText({ methods }: BenchReport): string {
  const rows = methods.map(({ replay, ...method }) => [
    method.runner,
    `[${method.batch.join(", ")}]`,
    seconds(method.stepSeconds),
    seconds(replay?.seconds ?? null),
    replay ? String(replay.dispatches) : NONE,
    replay ? significant(replay.javascriptMilliseconds) : NONE,
    replay ? significant(replay.javascriptMicrosecondsPerDispatch) : NONE,
    replay ? significant(replay.driverMilliseconds) : NONE,
    method.peakBytes === null ? NONE : gigabytes(method.peakBytes),
    `[${method.scoringShape.join(", ")}]`,
    seconds(method.scoringSeconds),
    seconds(method.scoringReplaySeconds),
  ]);
  const head = [
    ...["method", "batch", "step, s", "replayed, s", "dispatches", "JS, ms", "us/dispatch"],
    ...["driver, ms", "tensors", "video", "scored, s", "replayed, s"],
  ];
  const reasons = methods.flatMap(({ runner, reason, stepSeconds }) =>
    reason !== null && (stepSeconds === null || !reason.startsWith("no capture on the cpu"))
      ? [`${runner}: ${reason}`]
      : []
  );
  return [columns([head, ...rows]), ...reasons].join("\n");
}

function seconds(value: number | null): string {
  return value === null ? NONE : significant(value);
}

/** Three digits. */
function significant(value: number): string {
  if (!Number.isFinite(value)) return NONE;
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
