/** What a part found, as tables of Markdown. */

import type { KernelFigures } from "../../src/bench/kernel_bench.ts";
import type { MethodFigures } from "../../src/bench/method_bench.ts";
import type { BenchReport } from "../../src/commands/run_bench.ts";
import type { PartName } from "./steps.ts";
import type { StepResult } from "./run_part.ts";

/** The page of a part, so far. */
export function pageOf(part: PartName, began: Date, results: readonly StepResult[]): string {
  const reports = results.map(({ report }) => report as Partial<BenchReport> | null);
  const device = reports.map(deviceOf).find((name) => name !== null) ?? "device unknown";
  const peaks = reports.find((report) => report?.peaks)?.peaks;
  const kernels = reports.flatMap((report) => report?.kernels ?? []);
  const methods = reports.flatMap((report) => report?.methods ?? []);
  const products = results.filter(({ name, report }) => name === "product" && report !== null);
  return [
    `## ${part}: ${device}, ${began.toISOString().slice(0, 10)}`,
    ...products.map(({ report }) => productText(report as Product)),
    ...(peaks
      ? [
        `Peak: ${short(peaks.gflops)} GFLOP/s in a product, ` +
        `${short(peaks.gigabytesPerSecond)} GB/s in a copy.`,
      ]
      : []),
    ...(kernels.length ? [kernelTable(kernels)] : []),
    ...(methods.length ? [methodTable(methods)] : []),
    stepTable(results),
  ].join("\n\n") + "\n";
}

function deviceOf(report: unknown): string | null {
  const { device } = (report ?? {}) as { device?: unknown };
  if (typeof device === "string") return device;
  const { name } = (device ?? {}) as { name?: unknown };
  return typeof name === "string" ? name : null;
}

interface Product {
  size: number;
  single: number;
  half: number | null;
}

function productText({ size, single, half }: Product): string {
  const also = half === null ? "no half precision" : `${short(half)} with operands in half`;
  return `A product of ${size}^3: ${short(single)} GFLOP/s in single precision, ${also}.`;
}

function kernelTable(kernels: readonly KernelFigures[]): string {
  return table(
    ["kernel", "ms", "GFLOP/s", "GB/s", "of peak", "of tfjs, ms", "times faster"],
    kernels.map((kernel) => [
      kernel.name,
      short(kernel.milliseconds),
      short(kernel.gflops),
      short(kernel.gigabytesPerSecond),
      `${(100 * kernel.fractionOfPeak).toFixed(0)} %`,
      short(kernel.stockMilliseconds),
      short(kernel.speedup),
    ]),
  );
}

function methodTable(methods: readonly MethodFigures[]): string {
  return table(
    [
      ...["method", "batch", "step, s", "replayed, s", "dispatches", "JS, us a dispatch"],
      ...["driver, ms", "tensors, GB", "video", "scored, s", "replayed, s"],
    ],
    methods.map(({ replay, ...method }) => [
      method.runner,
      `[${method.batch.join(", ")}]`,
      method.stepSeconds === null ? `- (${method.reason})` : short(method.stepSeconds),
      short(replay?.seconds),
      short(replay?.dispatches),
      short(replay?.javascriptMicrosecondsPerDispatch),
      short(replay?.driverMilliseconds),
      short(method.peakBytes === null ? null : method.peakBytes / 1e9),
      `[${method.scoringShape.join(", ")}]`,
      short(method.scoringSeconds),
      short(method.scoringReplaySeconds),
    ]),
  );
}

function stepTable(results: readonly StepResult[]): string {
  return table(
    ["step", "s", "result"],
    results.map(({ name, seconds, problem }) => [name, seconds.toFixed(0), problem ?? "well"]),
  );
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Three digits; "-" for none. */
function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return "-";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
