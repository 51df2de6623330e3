import { assert, assertEquals, assertRejects } from "@std/assert";
import { runBench } from "../../src/commands/run_bench.ts";
import { isFault } from "../../src/fault.ts";
import { hasAdapter } from "../support/gpu.ts";
import { testWholeTable } from "../support/bench_table.ts";

const device = { device: "cpu" as const, blas: "off" };

Deno.test("runBench() gives figures that agree with each other", async () => {
  const items: string[] = [];
  const report = await runBench({
    device,
    kernels: ["linear relu", "L2Norm"],
    runners: ["mil"],
    quick: true,
    onItem: (name) => items.push(name),
  });
  assertEquals(items, ["WsvadL2Norm", "WsvadL2NormGradient", "WsvadLinear relu", "mil"]);
  const peaks = report.peaks!;
  assert(peaks.gflops > 0 && peaks.gigabytesPerSecond > 0);
  for (const kernel of report.kernels) {
    const { milliseconds, gflops, gigabytesPerSecond, fractionOfPeak, speedup } = kernel;
    assert(milliseconds > 0 && gigabytesPerSecond > 0 && speedup > 0, kernel.name);
    const close = (a: number, b: number) => Math.abs(a - b) < 1e-9 * Math.abs(b);
    assert(close(speedup, kernel.stockMilliseconds / milliseconds), kernel.name);
    const reached = gflops === null
      ? gigabytesPerSecond / peaks.gigabytesPerSecond
      : gflops / peaks.gflops;
    assert(close(fractionOfPeak, reached), kernel.name);
  }
  const [norm, normGradient, linear] = report.kernels;
  // 256 rows of 128 channels to 64: by hand
  assert(linear.gflops !== null);
  const flops = linear.gflops * linear.milliseconds * 1e6;
  assert(Math.abs(flops - 2 * 256 * 128 * 64) < 1, `${flops}`);
  const bytes = (figures: typeof norm) =>
    Math.round(figures.gigabytesPerSecond * figures.milliseconds * 1e6);
  assertEquals(bytes(norm), 4 * (256 * 128 + 256));
  assertEquals(bytes(normGradient), 4 * (2 * 256 * 128 + 2 * 256));
  const [mil] = report.methods;
  assertEquals(mil.batch, [2, 1, 32, 2048]);
  assertEquals(mil.scoringShape, [1, 1, 32, 2048]);
  assert(mil.stepSeconds! > 0 && mil.scoringSeconds > 0);
  assert(mil.peakBytes! > 4 * 2 * 32 * 2048 && mil.peakBytes! < report.processBytes);
  assertEquals([mil.replay, mil.scoringReplaySeconds], [null, null]);
  assertEquals(mil.reason, "no capture on the cpu device");
  assert(report.processBytes > 0 && Date.parse(report.date) > 0);
});

testWholeTable("cpu", device);

Deno.test("runBench() refuses kernels and runners that there are not, before it measures", async () => {
  const refused: [{ kernels?: string[]; runners?: string[] }, string][] = [
    [{ kernels: ["norm", "convolute"] }, 'Cannot bench kernel "convolute"'],
    [{ runners: ["rtmf"] }, 'did you mean "rtfm"'],
  ];
  for (const [choice, message] of refused) {
    const error = await assertRejects(
      () => runBench({ device, ...choice, quick: true }),
      RangeError,
      message,
    );
    assert(isFault(error));
  }
});

Deno.test({
  name: "runBench() measures replays on the GPU",
  ignore: !hasAdapter,
  async fn() {
    const { methods: [mil], kernels, peaks } = await runBench({
      device: { device: "webgpu" },
      runners: ["mil"],
      quick: true,
    });
    assertEquals([kernels, peaks], [[], null]);
    const { seconds, dispatches, javascriptMilliseconds, javascriptMicrosecondsPerDispatch } = mil
      .replay!;
    assert(dispatches > 10 && javascriptMilliseconds > 0);
    assert(javascriptMilliseconds / 1e3 < seconds);
    const each = javascriptMilliseconds * 1e3 / dispatches;
    assert(Math.abs(javascriptMicrosecondsPerDispatch - each) < 1e-6 * each);
    assert(mil.stepSeconds! > 0 && mil.scoringReplaySeconds! > 0);
    assertEquals(mil.reason, null);
  },
});
