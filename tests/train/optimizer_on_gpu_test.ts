/**
 * Adam on the webgpu device steps several parameters a dispatch, their moments in one tensor: with
 * the bits of one parameter a dispatch, and with states by the parameters' names.
 */

import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { OptimizerConfig } from "../../src/config/schema/index.ts";
import { openWebGPU } from "../../src/device/webgpu/open_webgpu.ts";
import type { Withheld } from "../../src/device/webgpu/adapter.ts";
import { ParameterStore } from "../../src/nn/parameter_store.ts";
import { numbers } from "../../src/ops/kernel/kernel_case.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { adamTogether, type Together } from "../../src/ops/optimizer_step/together.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { hasAdapter } from "../support/gpu.ts";

/** More than two dispatches take, around a workgroup's 256, one far longer than its neighbours. */
const SIZES = [1, 17_000, 3, 256, 257, 255, 5, 31, 512, 2, 40_001, 7, 64, 9, 1_000, 300];
const STEPS = 4;
/** Has no gradient in every other step. */
const REST = 4;

const CONFIGS = {
  adam: { name: "adam", lr: 1, weight_decay: 0.3, betas: [0.8, 0.95], eps: 1e-3 },
  adamw: { name: "adamw", lr: 1, weight_decay: 0.3, betas: [0.8, 0.95], eps: 1e-3 },
} satisfies Record<string, OptimizerConfig>;

type Values = Map<string, { shape: number[]; data: Float32Array }>;

/** Weights and state behind the steps, and the tensors that hold the state. */
interface Stepped {
  weights: Values;
  state: Values;
  stateTensors: number;
}

/** The device that steps, its limits lower than the adapter's. */
interface Card {
  withheld?: Withheld;
  together?: Partial<Together>;
}

/** @param resumed weights and state after so many steps, in place of a new start */
async function stepped(
  config: OptimizerConfig,
  { withheld, together }: Card,
  { to = STEPS, resumed }: { to?: number; resumed?: Stepped & { steps: number } } = {},
): Promise<Stepped> {
  const { backend } = await openWebGPU({ withheld });
  try {
    await loadForms("gpu");
    const parameters = new ParameterStore(7);
    SIZES.forEach((size, k) =>
      parameters.add(`p${k}`, [size], () => numbers(`parameter ${k}`, size), true)
    );
    const optimizer = new Optimizer(config, parameters, [], { ...adamTogether(), ...together });
    if (resumed) {
      for (const { name, variable } of parameters.trained()) {
        variable.assign(tf.tensor1d(resumed.weights.get(name)!.data));
      }
      optimizer.restore(resumed.state, resumed.steps);
    }
    for (let step = optimizer.steps + 1; step <= to; step++) {
      tf.tidy(() => {
        const gradients = new Map(SIZES.flatMap((size, k) => {
          if (k === REST && step % 2 === 0) return [];
          return [[`p${k}`, tf.tensor1d(numbers(`gradient ${k} ${step}`, size))]];
        }));
        optimizer.prepare(0.05 / step);
        optimizer.apply(gradients, tf.tensor1d([0.75]));
      });
    }
    const [weights, state] = [await parameters.read(), await optimizer.read()];
    const stateTensors = optimizer.variables().length;
    backend.assertHealthy();
    return { weights, state, stateTensors };
  } finally {
    tf.removeBackend("webgpu");
  }
}

const bitsOf = (values: Values) =>
  [...values].map(([name, { shape, data }]) => [name, shape, new Uint32Array(data.buffer)]);

const ONE: Card = { together: { parameters: 1 } };
/** Of WebGPU's own limit of 8 storage buffers, which no adapter is below. */
const TWO: Card = { withheld: { limits: { maxStorageBuffersPerShaderStage: 8 } } };
const MANY: Card = { withheld: { limits: { maxStorageBuffersPerShaderStage: 18 } } };

function gpuTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !hasAdapter, sanitizeResources: false, fn });
}

for (const config of Object.values(CONFIGS)) {
  gpuTest(
    `Optimizer of ${config.name} on webgpu gives the same bits one, two and seven a dispatch`,
    async () => {
      const alone = await stepped(config, ONE);
      assertEquals(alone.stateTensors, 2 * SIZES.length);
      assertEquals([...alone.state.keys()].slice(0, 4), ["m/p0", "v/p0", "m/p1", "v/p1"]);
      for (const [card, groups] of [[TWO, 8], [MANY, 3], [{}, 3]] as const) {
        const together = await stepped(config, card);
        assertEquals(together.stateTensors, 2 * groups);
        assertEquals(bitsOf(together.weights), bitsOf(alone.weights));
        assertEquals(bitsOf(together.state), bitsOf(alone.state));
      }
    },
  );
}

gpuTest(
  "Optimizer on webgpu continues bit for bit from the state of a card with fewer buffers",
  async () => {
    const whole = await stepped(CONFIGS.adamw, {});
    for (const [first, second] of [[ONE, MANY], [MANY, TWO]]) {
      const half = await stepped(CONFIGS.adamw, first, { to: 2 });
      const resumed = await stepped(CONFIGS.adamw, second, { resumed: { ...half, steps: 2 } });
      assertEquals(bitsOf(resumed.weights), bitsOf(whole.weights));
      assertEquals(bitsOf(resumed.state), bitsOf(whole.state));
    }
  },
);

gpuTest(
  "moments of parameters that are stepped together stay within the adapter's largest binding",
  async () => {
    // Without the limit p10 lies behind p7, p8 and p9 in one tensor of 40,546 numbers and more.
    const together = await stepped(CONFIGS.adam, { together: { bytes: 4 * 40_100 } });
    const alone = await stepped(CONFIGS.adam, ONE);
    assert(together.stateTensors > 2 * 3, `${together.stateTensors}`);
    assertEquals(bitsOf(together.weights), bitsOf(alone.weights));
  },
);
