/** What a part found, as tables of Markdown. */

import type { KernelFigures } from "../../src/bench/kernel_bench.ts";
import type { MethodFigures } from "../../src/bench/method_bench.ts";
import type { DoctorCheck } from "../../src/commands/doctor/doctor_check.ts";
import type { CaseReport } from "../../src/commands/run_verify.ts";
import type { BenchReport } from "../../src/commands/run_bench.ts";
import type { PartName } from "./steps.ts";
import type { StepResult } from "./run_step.ts";

/**
 * The page of a part, so far.
 *
 * @param missing steps that were not run
 */
export function pageOf(
  part: PartName,
  results: readonly StepResult[],
  missing: readonly string[] = [],
): string {
  const reports = results.map(({ report }) => report as Partial<BenchReport> | null);
  const of = <T>(found: (report: unknown) => T | null) =>
    reports.map(found).find((value) => value !== null);
  const peaks = reports.find((report) => report?.peaks)?.peaks;
  const kernels = reports.flatMap((report) => report?.kernels ?? []);
  const methods = reports.flatMap((report) => report?.methods ?? []);
  const cases = results.flatMap(({ report }) => (report as { cases?: CaseReport[] })?.cases ?? []);
  const products = results.filter(({ name, report }) => name === "product" && report !== null);
  const pytorch = results.find(({ name, report }) => name === "pytorch" && report !== null);
  const days = [...new Set(results.map(({ date }) => date.slice(0, 10)))].sort();
  return [
    `## ${part}: ${of(deviceOf) ?? "device unknown"}, ${days.join(" and ")}`,
    `Driver: ${of(driverOf) ?? "unknown"}. Steps ran from ${results[0]?.date} on.`,
    ...products.map(({ report }) => productText(report as Product)),
    ...(pytorch ? [pytorchText(pytorch.report as PyTorch)] : []),
    ...(peaks
      ? [
        `Peak: ${short(peaks.gflops)} GFLOP/s in a product, ` +
        `${short(peaks.gigabytesPerSecond)} GB/s in a copy.`,
      ]
      : []),
    ...(cases.length ? [caseTable(cases)] : []),
    ...(kernels.length ? [kernelTable(kernels)] : []),
    ...(methods.length ? [methodTable(methods), NOT_BESIDE] : []),
    stepTable(results, missing),
  ].join("\n\n") + "\n";
}

/** PyTorch's steps of methods: said where somebody would look for them. */
const NOT_BESIDE =
  "Not compared: these steps in PyTorch on the same card. They need the methods' " +
  "official codes, which are not part of this repository.";

function deviceOf(report: unknown): string | null {
  const { device } = (report ?? {}) as { device?: unknown };
  if (typeof device === "string") return device;
  const { name } = (device ?? {}) as { name?: unknown };
  return typeof name === "string" ? name : null;
}

function driverOf(report: unknown): string | null {
  const { about, device, checks = [] } = (report ?? {}) as {
    about?: { driver?: string };
    device?: { driver?: string };
    checks?: DoctorCheck[];
  };
  return about?.driver ?? device?.driver ??
    checks.find(({ name }) => name === "driver")?.found ?? null;
}

/** What pytorch.py printed. */
interface PyTorch {
  absent?: string;
  by: string;
  device: string;
  single: number;
  tf32: number;
  half: number;
  gigabytesPerSecond: number;
}

function pytorchText({ absent, by, device, ...figures }: PyTorch): string {
  if (absent !== undefined) return `Not compared with PyTorch: ${absent}.`;
  return `${by} on ${device}: the same product at ${short(figures.single)} GFLOP/s in single ` +
    `precision, ${short(figures.tf32)} with TF32, ${short(figures.half)} in half; a copy of ` +
    `256 MiB at ${short(figures.gigabytesPerSecond)} GB/s.`;
}

/** Each golden case with the tensor that is nearest to its limit. */
function caseTable(cases: readonly CaseReport[]): string {
  return table(
    ["case", "tensors", "within limits", "most of a limit used", "s"],
    cases.map(({ folder, tensors, seconds, error }) => {
      const used = tensors.flatMap(({ difference, limit }) =>
        difference !== null && limit > 0 ? [difference / limit] : []
      );
      return [
        folder,
        String(tensors.length),
        error ?? String(tensors.filter(({ ok }) => ok).length),
        used.length ? `${(100 * Math.max(...used)).toFixed(0)} %` : "-",
        seconds.toFixed(1),
      ];
    }),
  );
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

function stepTable(results: readonly StepResult[], missing: readonly string[]): string {
  return table(
    ["step", "s", "result"],
    [
      ...results.map(({ name, seconds, problem, report }) => [
        name,
        seconds.toFixed(0),
        problem ?? ((report as Partial<PyTorch>)?.absent ? "not compared" : "well"),
      ]),
      ...missing.map((name) => [name, "-", "not run yet: the same command goes on here"]),
    ],
  );
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Three digits; "-" for none. */
function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return "-";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}
