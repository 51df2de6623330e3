import type { TensorInfo } from "@tensorflow/tfjs";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { resolveConfig } from "../../../src/config/resolve_config.ts";
import type { CpuBackend } from "../../../src/device/cpu/cpu_backend.ts";
import { dataChecks } from "../../../src/commands/doctor/data_checks.ts";
import {
  type DoctorReport,
  kernelChecks,
  runDoctor,
} from "../../../src/commands/doctor/run_doctor.ts";
import {
  blasCheck,
  gpuChecks,
  memoryChecks,
  toolChecks,
} from "../../../src/commands/doctor/machine_checks.ts";
import { registry as catalog } from "../../../src/model/registry.ts";
import { registerForm } from "../../../src/ops/kernel/kernel.ts";
import { encodeNpy } from "../../../src/io/npy.ts";
import { hasAdapter } from "../../support/gpu.ts";

const cpu = { device: "cpu" } as const;

async function configOf(...overrides: string[]) {
  return await resolveConfig({ overrides: ["runner=mil", ...overrides], catalog });
}

function sectionOf({ sections }: DoctorReport, title: string) {
  return sections.find((section) => section.title === title)!.checks;
}

Deno.test("runDoctor() finds a sound machine sound", async () => {
  const report = await runDoctor({ device: cpu });
  assert(report.ok, JSON.stringify(report, null, 1));
  assertEquals(report.sections.map(({ title }) => title), ["GPU", "Processor", "Tools", "Kernels"]);
  const kernels = sectionOf(report, "Kernels");
  assert(kernels.length > 25 && kernels.every(({ status }) => status === "ok"));
  assertStringIncludes(kernels[0].found, "cpu");
});

Deno.test({
  name: "runDoctor() runs the kernels on the device that was asked for",
  ignore: !hasAdapter,
  async fn() {
    const report = await runDoctor({ device: { device: "webgpu" } });
    assert(report.ok, JSON.stringify(report, null, 1));
    assertStringIncludes(sectionOf(report, "Kernels")[0].found, "webgpu");
    assertStringIncludes(sectionOf(report, "GPU")[0].found, "--device auto takes");
  },
});

Deno.test("blasCheck() tells how to get one, and fails on a wrong path", () => {
  assertEquals(blasCheck("off").status, "missing");
  assertEquals(blasCheck("/nowhere/libblas.so").status, "failed");
});

Deno.test("memoryChecks() and toolChecks() answer on any machine", async () => {
  const checks = [...memoryChecks(), ...await toolChecks()];
  assertEquals(checks.map(({ name }) => name), ["cores", "memory", "ffmpeg", "ffprobe"]);
  assert(checks.every(({ status }) => status !== "failed"));
});

Deno.test("gpuChecks() tell of an adapter that refuses, and go on", async () => {
  const adapter = {
    ...{ info: { description: "Old card" }, limits: {}, features: new Set() },
    requestDevice: () => Promise.reject(new Error("not now")),
  } as unknown as GPUAdapter;
  const [{ status, found }] = await gpuChecks(adapter);
  assertEquals(status, "failed");
  assertStringIncludes(found, "Old card refused (not now); update its driver");
});

Deno.test("toolChecks() fail for a program that does not run", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const { Command } = Deno;
  Deno.Command = class extends Command {
    constructor() {
      super("ls", { args: ["/no/such/folder"] });
    }
  };
  try {
    for (const { status, found } of await toolChecks()) {
      assertEquals(status, "failed");
      assertStringIncludes(found, "does not run: ");
    }
  } finally {
    Deno.Command = Command;
  }
});

Deno.test("dataChecks() counts the videos of synthetic data", async () => {
  const config = await configOf("data.synthetic.videos_train=3", "data.synthetic.videos_test=2");
  const checks = await dataChecks(config);
  assertEquals(checks.map(({ name, status }) => [name, status]), [["videos", "ok"]]);
  assertStringIncludes(checks[0].found, "6 training, 4 test videos");
});

Deno.test("dataChecks() names every path and file that is missing", async () => {
  const root = await Deno.makeTempDir();
  try {
    const missing = await dataChecks(
      await configOf("data.source=folder", `data.root=${root}`, "data.train=train.list"),
    );
    assertEquals(missing, [{
      name: "data.train",
      status: "failed",
      found: `missing: ${root}/train.list`,
      advice: "Set data.root or data.train",
    }]);

    const own = ["data.source=folder", `data.root=${root}`, "data.train=.", "data.classes=binary"];
    const lacking = [...own, "data.annotations=annotations.txt", "data.test=null"];
    const [found, ...others] = await dataChecks(await configOf(...lacking));
    assertEquals([found.name, others.map(({ name }) => name)], ["data.train", ["videos"]]);

    await Deno.writeTextFile(
      `${root}/train.list`,
      "Abuse001_x264_i3d.npy\nNormal_Videos_003_x264_i3d.npy\n",
    );
    await Deno.writeFile(
      `${root}/Abuse001_x264_i3d.npy`,
      encodeNpy([32, 4], new Float32Array(128).fill(1)),
    );
    const [path, videos] = await dataChecks(
      await configOf("data.source=folder", `data.root=${root}`, "data.train=train.list"),
    );
    assertEquals(path.status, "ok");
    assertEquals(videos.status, "failed");
    assertStringIncludes(videos.found, '"Normal_Videos_003_x264_i3d.npy"');
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("kernelChecks() fail for a device that cannot be opened", async () => {
  const [check] = await kernelChecks({ device: "cpu", blas: "/nowhere/libblas.so" });
  assertEquals([check.name, check.status], ["device", "failed"]);
  assertStringIncludes(check.found, "/nowhere/libblas.so");
});

// Last: the broken form stays for the rest of this process.
Deno.test("kernelChecks() catch a kernel that computes rubbish", async () => {
  registerForm({
    kernel: "WsvadBagMax",
    device: "wasm",
    form: ({ inputs, backend }) => {
      const y = (backend as CpuBackend).output([(inputs.x as TensorInfo).shape[0]]);
      (backend as CpuBackend).floats(y).fill(7);
      return y;
    },
  });
  const failed = (await kernelChecks(cpu)).filter(({ status }) => status === "failed");
  assertEquals(failed.map(({ name }) => name), ["self-test", "WsvadBagMax"]);
});
