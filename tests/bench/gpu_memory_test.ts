import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { openDryGpu } from "../../src/bench/dry_gpu.ts";
import { countGpuMemory, type GpuMemory } from "../../src/bench/gpu_memory.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { countScoringMemory } from "../../src/bench/scoring_memory.ts";
import type { WsvadWebGPUBackend } from "../../src/device/webgpu/backend.ts";
import { openWebGPU } from "../../src/device/webgpu/open_webgpu.ts";
import { registry } from "../../src/model/registry.ts";
import { hasAdapter } from "../support/gpu.ts";

async function counted(
  open: () => Promise<WsvadWebGPUBackend>,
  runner: string,
  videos?: number,
): Promise<GpuMemory> {
  const config = resolveConfig({ overrides: [`runner=${runner}`], catalog: registry });
  const backend = await open();
  try {
    return await countGpuMemory(backend, config, videos);
  } finally {
    tf.removeBackend("webgpu");
  }
}

Deno.test({
  name: "countGpuMemory() counts on a GPU that computes nothing what it counts on one that does",
  ignore: !hasAdapter,
  async fn() {
    const real = async () => (await openWebGPU()).backend;
    assertEquals(await counted(openDryGpu, "mil", 4), await counted(real, "mil", 4));
  },
});

// mgfn, vadclip and the others stay below these too: deno task gpu:memory;
// each of them takes seconds.
for (const runner of ["rtfm", "bn_wvad", "s3r"]) {
  Deno.test(`a captured step of ${runner} with its official batch takes less than 6 GB of buffers`, async () => {
    const { capturedBytes, usedBytes } = await counted(openDryGpu, runner);
    assert(usedBytes > 1e9, `${usedBytes} bytes: what lies on the GPU is counted`);
    assert(capturedBytes < 6e9, `${capturedBytes} bytes`);
  });
}

Deno.test("a video of twice the length takes at most twice the memory of a GPU, crop by crop", async () => {
  const config = resolveConfig({ overrides: ["runner=ur_dmu"], catalog: registry });
  const bytes: number[] = [];
  for (const snippets of [1100, 2200]) {
    const backend = await openDryGpu();
    try {
      const found = await countScoringMemory(backend, config, { crops: 2, snippets });
      assert(found.largestBytes < 2 ** 27, "more than any adapter takes in one piece");
      bytes.push(found.usedBytes);
    } finally {
      tf.removeBackend("webgpu");
    }
  }
  assert(bytes[1] <= 2 * bytes[0] && bytes[1] > bytes[0], `${bytes}`);
});
