import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { ResolvedConfig } from "../../src/config/schema/index.ts";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import type { Device } from "../../src/device/device.ts";
import { isFault } from "../../src/fault.ts";
import { assemble, type Model } from "../../src/model/assemble.ts";
import { modelConfig } from "../../src/model/model_config.ts";
import { registry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { requireFit } from "../../src/train/memory_check.ts";
import { Optimizer } from "../../src/train/optimizer.ts";
import { update } from "../../src/train/update.ts";
import { withHeapFullAt } from "../support/failing_memory.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

const SIZES = { dim: 128, crops: 2, snippets: 16, classes: 14, featureBytes: 0 };
const MEGABYTE = 1e6;

function configOf(...overrides: string[]): ResolvedConfig {
  const settings = ["runner=rtfm", "data=synthetic", "runner.head.hidden=[16,8]"];
  return resolveConfig({ catalog: registry, overrides: [...settings, ...overrides] });
}

/** A model of rtfm's layers for {@link SIZES}, which is gone after the test. */
async function withModel(config: ResolvedConfig, body: (model: Model) => Promise<void>) {
  const model = assemble(modelConfig(config.runner, config.data, SIZES.dim), 0);
  try {
    await body(model);
  } finally {
    model.parameters.dispose();
  }
}

/** The device, but with less memory. */
function limited(device: Device, limit: number, largestTensor = limit): Device {
  return { ...device, use: () => ({ ...device.use(), limit, largestTensor }) };
}

/** Bytes in use at most during real updates of so many videos a side. */
async function peakOfUpdates(
  model: Model,
  device: Device,
  { runner, trainer }: ResolvedConfig,
  side: number,
): Promise<number> {
  const optimizer = new Optimizer(runner.optimizer, model.parameters);
  const random = new RandomStream(0);
  const { crops, snippets, dim } = SIZES;
  const shape: [number, number, number, number] = [2 * side, crops, snippets, dim];
  device.resetUse();
  for (let step = 0; step < 2; step++) {
    const next = () =>
      Promise.resolve({
        batch: {
          video: tf.randomUniform(shape, 0, 1, "float32", step),
          lengths: tf.fill([2 * side], snippets, "int32"),
          classIds: tf.zeros([2 * side], "int32"),
          labels: tf.ones([2 * side, 14]),
        },
        context: { mode: "train" as const, random, step, epoch: 0 },
      });
    const batches = Array.from({ length: trainer.accumulate }, () => next);
    await update(model, { optimizer, clipNorm: 1, mixed: null }, 1e-4, batches, () => {});
    await device.synchronise();
    device.assertHealthy();
  }
  const { peak } = device.use();
  optimizer.dispose();
  random.dispose();
  return peak;
}

/** The data.batch_size that a refusal advises. */
async function advised(model: Model, device: Device, config: ResolvedConfig): Promise<number> {
  const error = await assertRejects(() => requireFit(model, device, config, SIZES), RangeError);
  assert(isFault(error));
  assertMatch(error.message, /^Cannot train with these settings: a step needs about \d/);
  const match = /data\.batch_size=(\d+) fits \(now (\d+)\); trainer\.accumulate=(\d+)/.exec(
    error.message,
  );
  assert(match !== null, error.message);
  const [fits, now, accumulate] = match.slice(1).map(Number);
  assertEquals(now, config.data.batch_size);
  assertEquals(accumulate, config.trainer.accumulate * Math.ceil(now / fits));
  return fits;
}

for (const accumulate of [1, 3]) {
  Deno.test(`requireFit() refuses what does not fit and advises a batch that does: accumulate ${accumulate}`, () =>
    withDevice(async (device) => {
      const config = configOf("data.batch_size=160", `trainer.accumulate=${accumulate}`);
      await withModel(config, async (model) => {
        const limit = 40 * MEGABYTE;
        const fits = await advised(model, limited(device, limit), config);
        const peak = await peakOfUpdates(model, device, config, fits);
        assert(peak <= limit, `${fits} videos a side take ${peak} bytes of ${limit}`);
        const wider = await peakOfUpdates(model, device, config, Math.ceil(1.3 * fits));
        assert(wider > limit, `${fits} is too modest: 1.3 times as many take ${wider} bytes`);
      });
    }));
}

Deno.test("requireFit() lets pass what fits, and leaves running statistics as they were", () =>
  withDevice(async (device) => {
    const config = configOf("data.batch_size=8");
    await withModel(config, async (model) => {
      const before = await model.parameters.read();
      await requireFit(model, limited(device, 40 * MEGABYTE), config, SIZES);
      assertEquals(await model.parameters.read(), before);
    });
  }));

Deno.test("requireFit() leaves running statistics and memory as they were, wherever a pass finds the heap full", () =>
  withDevice(async (device) => {
    const small = ["runner.head.channels=[16,8]", "data.batch_size=160"];
    const overrides = ["runner=bn_wvad", "data=synthetic", ...small];
    const config = resolveConfig({ catalog: registry, overrides });
    const backend = tf.backend() as CpuBackend;
    await withModel(config, async (model) => {
      const check = () => requireFit(model, limited(device, 80 * MEGABYTE), config, SIZES);
      const { requests, error } = await withHeapFullAt(backend, Infinity, check);
      assertMatch(String(error), /data\.batch_size=\d+ fits/);
      const before = await model.parameters.read();
      const held = () => [tf.memory().numTensors, backend.numDataIds(), backend.budget.used];
      const heldBefore = held();
      for (let n = 0; n < requests; n += Math.floor(requests / 7)) {
        const { error } = await withHeapFullAt(backend, n, check);
        assert(isFault(error), `request ${n}: ${error}`);
        assertEquals(await model.parameters.read(), before, `request ${n} of ${requests}`);
        assertEquals(held(), heldBefore, `request ${n} of ${requests}`);
      }
    });
  }, { device: "cpu", blas: "off" }));

Deno.test("requireFit() counts the batch in one piece where the adapter takes no more", () =>
  withDevice(async (device) => {
    const config = configOf("data.batch_size=64");
    await withModel(config, async (model) => {
      const bytesOfPair = 2 * 2 * 16 * 128 * 4;
      const gpu = limited(device, Infinity, 10.5 * bytesOfPair);
      const error = await assertRejects(() => requireFit(model, gpu, config, SIZES), RangeError);
      assertMatch(
        error.message,
        /one batch is 2 MiB, and cpu, .* takes at most 336 KiB in one piece; data\.batch_size=10 fits/,
      );
    });
  }));

Deno.test("requireFit() names the operation that the heap does not hold, and advises a batch whose operations it does", () =>
  withDevice(async (device) => {
    const config = configOf("data.batch_size=160"), limit = 3 * MEGABYTE;
    await withModel(config, async (model) => {
      const use = () => {
        const { operations, ...others } = device.use();
        return { ...others, operations: { ...operations!, limit } };
      };
      const error = await assertRejects(
        () => requireFit(model, { ...device, use }, config, SIZES),
        RangeError,
      );
      const match =
        /: its operation Wsvad\w+ needs about \S+ MiB at once, and cpu, .* takes at most 2\.86 MiB for one operation; data\.batch_size=(\d+) fits/
          .exec((error as Error).message);
      assert(match !== null, (error as Error).message);
      const fits = Number(match[1]);
      const largest = async (side: number) => {
        await peakOfUpdates(model, device, config, side);
        return Math.max(...device.use().operations!.needs.values());
      };
      assert(await largest(fits) <= limit, `${fits} is too many`);
      assert(await largest(Math.ceil(1.3 * fits)) > limit, `${fits} is too modest`);
    });
  }, { device: "cpu" }));

Deno.test("requireFit() advises other data where not even one video a side fits", () =>
  withDevice(async (device) => {
    const config = configOf("data.batch_size=1");
    await withModel(config, async (model) => {
      const tiny = limited(device, Infinity, 1000);
      const error = await assertRejects(() => requireFit(model, tiny, config, SIZES), RangeError);
      assertMatch(error.message, /one video a side is too much for cpu, .*; lower data\.segments/);
    });
  }));

Deno.test({
  name: "requireFit() advises a batch that runs under --gpu-memory",
  ignore: !hasAdapter,
  async fn() {
    const gpuMemory = 48 * MEGABYTE;
    const config = configOf("data.batch_size=160");
    await withDevice((device) =>
      withModel(config, async (model) => {
        const fits = await advised(model, device, config);
        await peakOfUpdates(model, device, config, fits); // over the budget is a fault
        assert(fits >= 4, `${fits} is too modest`);
      }), { device: "webgpu", gpuMemory });
  },
});

Deno.test("requireFit() lets rtfm's own batch of 32 run on the cpu device", () =>
  withDevice(async (device) => {
    const config = resolveConfig({
      catalog: registry,
      overrides: ["runner=rtfm", "data=synthetic", "data.batch_size=32"],
    });
    const model = assemble(modelConfig(config.runner, config.data, 2048), 0);
    await requireFit(model, device, config, { ...SIZES, dim: 2048, crops: 10, snippets: 32 });
    model.parameters.dispose();
  }));

Deno.test("requireFit() names the parts that could make their tensors again, and believes them when they do", () =>
  withDevice(async (device) => {
    const settings = [
      ...["runner=gs_moe", "data=synthetic", "data.batch_size=64", "data.segments=16"],
      ...["runner.encoder.hidden=64", "runner.encoder.inner=64", "runner.encoder.mlp=[32]"],
      ...["runner.head.inner=64", "runner.head.mlp=[32]"],
    ];
    const check = async (limit: number, ...more: string[]) => {
      const config = resolveConfig({ catalog: registry, overrides: [...settings, ...more] });
      await withModel(
        config,
        (model) => requireFit(model, limited(device, limit), config, { ...SIZES, snippets: 16 }),
      );
    };
    const limit = 60 * MEGABYTE;
    const error = await assertRejects(() => check(limit), RangeError) as Error;
    assertMatch(
      error.message,
      /; runner\.encoder\.recompute=true runner\.head\.recompute=true needs less/,
    );
    await check(limit, "runner.encoder.recompute=true", "runner.head.recompute=true");
  }));

Deno.test("requireFit() counts what features take of the machine's memory, where tensors lie in it too", () =>
  withDevice(async (device) => {
    const config = configOf("data.batch_size=160");
    await withModel(config, async (model) => {
      const free = 1000 * MEGABYTE;
      const inMachine = { ...device, use: () => ({ ...device.use(), free }) };
      await requireFit(model, inMachine, config, SIZES);
      await requireFit(model, inMachine, config, { ...SIZES, featureBytes: 500 * MEGABYTE });
      for (const featureBytes of [970 * MEGABYTE, 1100 * MEGABYTE]) {
        await assertRejects(
          () => requireFit(model, inMachine, config, { ...SIZES, featureBytes }),
          RangeError,
          "for features (data.cache_mb=1024)",
        );
      }
    });
  }, { device: "cpu" }));
