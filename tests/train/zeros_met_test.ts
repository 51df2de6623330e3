import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { zerosMet, zerosText } from "../../src/train/zeros_met.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";
import { smallConfig, trainInto } from "./small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("zerosMet() counts divisors of 0 in the order of the pass, and keeps nothing", () =>
  withDevice(async () => {
    const met = await zerosMet((zeroAt) => {
      zeroAt("a", () => tf.tensor1d([1, 2]));
      zeroAt("b", () => tf.tensor2d([[0, 1], [NaN, 0]]));
      zeroAt("c", () => tf.sub(tf.scalar(1), 1));
    });
    assertEquals(met, [{ place: "b", times: 2 }, { place: "c", times: 1 }]);
    assertEquals(
      zerosText(met),
      "b, 2 times, and 1 other place met 0: runner.guard_sqrt=true gives finite gradients there",
    );
    assertEquals(zerosText([]), "no root, norm or division met 0");
  }));

/**
 * Norms over a single channel: its deviation is 0 everywhere, and the root of 0 has no gradient.
 */
const oneChannel = [
  "runner.encoder=glance_focus",
  "runner.encoder.stages=[{mixer: glance, width: 1, blocks: 1}, {mixer: glance, width: 4, blocks: 1}]",
  "runner.encoder.head_width=1",
  "trainer.max_steps=3",
];

const devices = [["cpu", []], ["cpu", ["trainer.accumulate=2"]], ["webgpu", []]] as const;

for (const [device, overrides] of devices) {
  Deno.test({
    name: `training names the root that met 0 (${[device, ...overrides].join(", ")})`,
    ignore: device === "webgpu" && !hasAdapter,
    fn: () =>
      withFolder(async (folder) => {
        const config = smallConfig(...oneChannel, ...overrides);
        const error = await assertRejects(
          () => trainInto(folder, config, { device: { device, blas: "off" } }),
          RangeError,
        );
        assert(isFault(error));
        assertStringIncludes(error.message, "stopped at step 1: the gradient of ");
        // [2 + 2 videos, 1 crop, 4 segments] snippets
        assertStringIncludes(
          error.message,
          'not finite; channel norm "stages.0.0.layers.0.1.norm" took the root of a variance of 0, ' +
            "of snippets whose channels are all equal, 16 times, and 2 other places met 0: " +
            "runner.guard_sqrt=true gives finite gradients there; the last checkpoint is intact",
        );
      }),
  });
}

Deno.test("training with runner.guard_sqrt goes through roots of 0", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig(...oneChannel, "runner.guard_sqrt=true"));
  }));

Deno.test("training that diverges says that nothing met 0", () =>
  withFolder(async (folder) => {
    const config = smallConfig(
      "runner.optimizer={name: sgd, lr: 1.0e+30}",
      "trainer.eval_every=null",
    );
    const error = await assertRejects(() => trainInto(folder, config), RangeError);
    assertStringIncludes((error as Error).message, "not finite; no root, norm or division met 0; ");
  }));
