import { openDevice } from "../../src/ops/open_device.ts";
import { hasAdapter } from "../support/gpu.ts";
import {
  checkBits,
  checkCoverage,
  checkGradients,
  checkValues,
  sizesOf,
} from "../support/kernel_checks.ts";

const ignore = !hasAdapter;
const gpu = ignore ? null : await openDevice({ device: "webgpu" });

// One of everything; primes; around the kernels' workgroups (32, 64, 256) and their blocks of 256
// rows.
const shapes = [
  { B: 1, N: 1, T: 1, C: 1, O: 1, k: 1 },
  { B: 2, N: 3, T: 7, C: 13, O: 5, k: 7 },
  { B: 3, N: 1, T: 85, C: 31, O: 33, k: 4 },
  { B: 1, N: 1, T: 256, C: 65, O: 17, k: 3 },
  { B: 1, N: 1, T: 257, C: 64, O: 16, k: 130 },
  { B: 2, N: 10, T: 32, C: 67, O: 31, k: 3 },
].map(sizesOf);

for (const sizes of shapes) {
  Deno.test({
    name: `webgpu forms agree with plain loops at ${JSON.stringify(sizes)}`,
    ignore,
    fn: () => checkValues(sizes),
  });
}

Deno.test({
  name: "gradients on webgpu are the slopes of the plain loops",
  ignore,
  fn: checkGradients,
});

Deno.test({
  name: "kernelCases() hold a case for every kernel with a webgpu form, and for every gradient",
  ignore,
  fn: () => checkCoverage("webgpu"),
});

Deno.test({
  name: "webgpu forms give the same bits in two runs",
  ignore,
  fn: () => checkBits(shapes[5]),
});

Deno.test({
  name: "the webgpu device closes",
  ignore,
  async fn() {
    await gpu!.close();
  },
});
