import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ResolvedConfig } from "../../src/config/schema/index.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { multiHot } from "../../src/data/labels.ts";
import type { Batch } from "../../src/data/video.ts";
import { openDevice } from "../../src/ops/open_device.ts";
import type { Recorder } from "../../src/device/recorder.ts";
import { assemble, type Model } from "../../src/model/assemble.ts";
import { modelConfig } from "../../src/model/model_config.ts";
import { registry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { Random } from "../../src/random.ts";
import { CapturedStep } from "../../src/train/captured_step.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { hasAdapter } from "../support/gpu.ts";

const SHAPE: [number, number, number, number] = [4, 2, 9, 32];
const STEPS = 50;

/** @param padded: videos of other lengths in every step */
function batchOf(step: number, shape = SHAPE, padded = false): Batch {
  const random = new Random(7, "batch", step);
  const size = shape.reduce((product, length) => product * length, 1);
  const ids = [0, 0, 1 + step % 13, 1 + (step + 5) % 13]; // other classes in every step
  return {
    video: Float32Array.from({ length: size }, () => random.uniform()),
    shape,
    lengths: Int32Array.from(
      { length: shape[0] },
      (_, b) => padded ? 1 + (7 * step + 3 * b) % shape[2] : shape[2],
    ),
    classIds: Int32Array.from(ids),
    labels: multiHot(ids.map((id) => [id]), 14),
    ids: [],
  };
}

interface Trained {
  numbers: number[][];
  weights: Map<string, Float32Array>;
  dispatches: number | null;
  fallbacks: string[];
}

/**
 * Trains some steps; `eager` keeps every step from being recorded, and reads each on its own, not
 * ten together as training does.
 */
async function train(
  config: ResolvedConfig,
  {
    eager = false,
    change = (model: Model) => model,
    shapeOf = (_: number) => SHAPE,
    epochOf = (_: number): number => 0,
    steps = STEPS,
    padded = false,
  } = {},
): Promise<Trained> {
  const recorder = tf.backend() as unknown as Recorder;
  const model = change(assemble(modelConfig(config.runner, config.data, 32), 0));
  const optimizer = new Optimizer(config.runner.optimizer, model.parameters);
  const random = new RandomStream(3);
  const fallbacks: string[] = [];
  const rule = { optimizer, clipNorm: 1, mixed: null };
  const step = new CapturedStep(recorder, model, rule, (reason) => fallbacks.push(reason), {
    eagerSteps: eager ? steps : undefined,
  });
  const together = eager ? 1 : 10;
  const ring = recorder.readBack(together);
  const numbers: number[][] = [];
  for (let k = 0; k < steps; k++) {
    random.step = k;
    const context = { mode: "train" as const, random, step: k, epoch: epochOf(k) };
    const batch = batchOf(k, shapeOf(k), padded);
    await step.run(batch, context, 1e-3 / (k + 1), (_, of) => ring.put(of));
    if ((k + 1) % together > 0 && k + 1 < steps) continue;
    numbers.push(...(await ring.read()).map((values) => Array.from(values)));
  }
  ring.dispose();
  const weights = new Map(
    [...await model.parameters.read()].map(([name, { data }]) => [name, data]),
  );
  const { dispatches } = step;
  step.dispose();
  optimizer.dispose();
  random.dispose();
  model.parameters.dispose();
  return { numbers, weights, dispatches, fallbacks };
}

function onGpu(name: string, body: () => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasAdapter,
    async fn() {
      const device = await openDevice({ device: "webgpu" });
      try {
        await body();
      } finally {
        await device.close();
      }
    },
  });
}

const configOf = (runner: string, ...overrides: string[]) =>
  resolveConfig({ overrides: [`runner=${runner}`, ...overrides], catalog: registry });

for (const [runner, steps] of [["mil", STEPS], ["rtfm", STEPS], ["clip_tsa", 16]] as const) {
  onGpu(
    `CapturedStep replays ${steps} steps of ${runner} bit for bit, dropout and noise included`,
    async () => {
      const captured = await train(configOf(runner), { steps });
      const eager = await train(configOf(runner), { eager: true, steps });
      assertEquals(captured.fallbacks, []);
      assert(captured.dispatches !== null && captured.dispatches > 10);
      assertEquals(eager.dispatches, null);
      assertEquals(captured.numbers.length, steps);
      assertEquals(captured.numbers, eager.numbers);
      assertEquals(captured.weights, eager.weights);
    },
  );
}

onGpu(
  "CapturedStep replays steps of tpwng bit for bit: learned texts, pseudo labels, classes",
  async () => {
    const config = configOf(
      "tpwng",
      "data.features=clip",
      "runner.encoder={layers: 1, heads: 2, inner: 8, dropout: 0.1}",
    );
    const captured = await train(config, { steps: 7 });
    const eager = await train(config, { steps: 7, eager: true });
    assertEquals(captured.fallbacks, []);
    assert(captured.dispatches !== null);
    assertEquals(captured.numbers, eager.numbers);
    assertEquals(captured.weights, eager.weights);
  },
);

onGpu(
  "CapturedStep replays steps of vadclip bit for bit on other lengths and classes",
  async () => {
    const config = configOf(
      "vadclip",
      "data.features=clip",
      "runner.encoder={length: 16, layers: 1, window: 4}",
    );
    const shape: typeof SHAPE = [4, 1, 16, 32];
    const asked = { steps: 7, padded: true, shapeOf: () => shape };
    const captured = await train(config, asked);
    const eager = await train(config, { ...asked, eager: true });
    assertEquals(captured.fallbacks, []);
    assert(captured.dispatches !== null);
    assertEquals(captured.numbers, eager.numbers);
    assertEquals(captured.weights, eager.weights);
  },
);

onGpu("CapturedStep records anew when batches change their shape", async () => {
  const shapeOf = (k: number): typeof SHAPE => k < 20 ? SHAPE : [4, 2, 11, 32];
  const captured = await train(configOf("mil"), { shapeOf });
  const eager = await train(configOf("mil"), { shapeOf, eager: true });
  assert(captured.dispatches !== null);
  assertEquals(captured.numbers, eager.numbers);
});

onGpu("CapturedStep records anew when a loss term begins", async () => {
  const config = configOf(
    "gs_moe",
    "runner.encoder={hidden: 8, experts: 2, inner: 8, mlp: [4], dropout: 0.1}",
    "runner.head={inner: 8, mlp: [4], dropout: 0.1}",
    "runner.loss.gaussian_splatting.prominence=0",
  );
  const begins = { steps: 16, epochOf: (k: number) => k < 8 ? 0 : 1 };
  const captured = await train(config, begins);
  const eager = await train(config, { ...begins, eager: true });
  assertEquals(captured.fallbacks, []);
  assert(captured.dispatches !== null);
  assertEquals(captured.numbers, eager.numbers);
  assertEquals(captured.weights, eager.weights);
  const splatting = config.runner.loss.findIndex(({ name }) => name === "gaussian_splatting");
  const valueOf = (numbers: number[]) => numbers[1 + splatting];
  assert(captured.numbers.slice(0, 8).every((numbers) => valueOf(numbers) === 0));
  assert(captured.numbers.slice(8).every((numbers) => valueOf(numbers) > 0));
});

onGpu("CapturedStep stays eager, and says why, where a step depends on the host", async () => {
  let calls = 0;
  const change = (model: Model): Model => ({
    ...model,
    loss(values, context) {
      const { loss, terms } = model.loss(values, context);
      return { loss: tf.mul(loss, 1 + ++calls / 100) as tf.Scalar, terms };
    },
  });
  const captured = await train(configOf("mil"), { change });
  calls = 0;
  const eager = await train(configOf("mil"), { change, eager: true });
  assertEquals(captured.dispatches, null);
  assertStringIncludes(captured.fallbacks.join(), "other numbers");
  assertEquals(captured.numbers, eager.numbers);
});
