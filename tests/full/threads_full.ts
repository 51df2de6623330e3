/**
 * Every method has the same bytes whatever the number of threads: a golden case on one, two and
 * three of them, a training on one and on three, and one that is stopped on three and resumed on
 * two. tests/train has mil alone, tests/device every pass.
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { runVerify } from "../../src/commands/run_verify.ts";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { CpuBackend } from "../../src/device/cpu/cpu_backend.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { registry } from "../../src/model/registry.ts";
import { silent, type StepReport } from "../../src/progress.ts";
import { goldenFolder } from "../support/golden.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { resumeIn, trainInto } from "../train/small_training.ts";
import { startAll } from "../support/use_threads.ts";

/** Case of a training pass or of steps. */
const GOLDEN: Record<string, string> = {
  ...{ mil: "steps", rtfm: "train", mgfn: "train", ur_dmu: "train", bn_wvad: "train" },
  ...{ gs_moe: "steps", s3r: "steps", clip_tsa: "steps", vadclip: "train", tpwng: "steps" },
  ...{ prodisc: "steps", pel4vad: "steps", dsanet: "train_xd" },
};

/** Methods on features that are aligned with text: small ones, as their towers are as wide. */
const TEXT = ["vadclip", "tpwng", "dsanet"];
const STEPS = 2;

/** What makes a method's training one of seconds, or possible on generated features. */
const SMALLER: Record<string, string[]> = {
  gs_moe: ["runner.encoder.hidden=256", "runner.encoder.mlp=[64]", "runner.head.mlp=[64]"],
  s3r: ["runner.encoder.learned=true"],
  vadclip: ["data.test_crop=null", "runner.encoder.length=64"],
  dsanet: ["data.test_crop=null", "runner.encoder.length=64"],
  mgfn: [
    "runner.encoder.stages=[{mixer: glance, width: 64, blocks: 1}, " +
    "{mixer: focus, width: 256, blocks: 1}]",
  ],
};

/** Steps of a method on batches that threads share: 2^18 numbers and more. */
function config(method: string) {
  const text = TEXT.includes(method), dim = text ? 64 : 256;
  return resolveConfig({
    catalog: registry,
    overrides: [
      ...[`runner=${method}`, "data=synthetic", `data.dim=${dim}`, "data.crops=1"],
      ...(text || method === "clip_tsa" || method === "prodisc" ? ["data.features=clip"] : []),
      ...["data.segments=64", `data.batch_size=${text ? 16 : 8}`],
      ...[`data.synthetic.videos_train=${text ? 64 : 32}`, "data.synthetic.videos_test=2"],
      ...["data.synthetic.shortest=64", "data.synthetic.longest_train=64"],
      ...["data.synthetic.longest_test=64", "trainer.loop=steps", `trainer.max_steps=${STEPS}`],
      ...[`trainer.eval_every=${STEPS}`, "trainer.checkpoint_every=1", "trainer.log_every=1"],
      ...SMALLER[method] ?? [],
    ],
  });
}

/** Has that many threads take part from the first pass on. */
async function useThreads(threads: number): Promise<void> {
  const { backend: { pool } } = await openCpu({ threads });
  await startAll(pool);
}

/** Trains into a folder on so many threads, or goes on there, for so many steps. */
async function train(
  folder: string,
  method: string,
  threads: number,
  { steps = STEPS, resume = false } = {},
): Promise<void> {
  await useThreads(threads);
  const stop = new AbortController();
  let left = steps;
  const step = ({ doing }: StepReport) => {
    if (doing !== undefined) return;
    assertEquals((tf.backend() as CpuBackend).pool.ready, threads - 1);
    if (--left <= 0 && steps < STEPS) stop.abort();
  };
  const surroundings = {
    ...{ device: { device: "cpu", threads } as const, stop: stop.signal },
    progress: { ...silent, step },
  };
  const run = resume
    ? resumeIn(folder, surroundings)
    : trainInto(folder, config(method), surroundings);
  await run.catch((error) => {
    if (steps === STEPS || !error.message.includes("Training stopped")) throw error;
  });
}

Deno.test("there is a golden case of every method", () => {
  assertEquals(Object.keys(GOLDEN).sort(), Object.keys(EMBEDDED.runner).sort());
});

for (const [method, name] of Object.entries(GOLDEN)) {
  Deno.test(`${method}/${name} is as far from the official numbers on 1, 2 and 3 threads`, async () => {
    const tensors = async (threads: number) => {
      await useThreads(threads);
      const report = await runVerify({
        cases: [goldenFolder(`${method}/${name}`)],
        ...{ device: "cpu", threads },
      });
      assert(report.ok);
      return report.cases.map(({ tensors }) => tensors);
    };
    const one = await tensors(1);
    assertEquals([await tensors(2), await tensors(3)], [one, one]);
  });

  Deno.test(`a training of ${method} has the same bytes on 1 and 3 threads, and resumed on 2`, () =>
    withFolder(async (folder) => {
      const weights = (name: string) => Deno.readFileSync(join(folder, name, "last.safetensors"));
      const into = async (
        name: string,
        ...how: [threads: number, Parameters<typeof train>[3]?]
      ) => {
        await Deno.mkdir(join(folder, name), { recursive: true });
        await train(join(folder, name), method, ...how);
      };
      for (const threads of [1, 3]) await into(`${threads}`, threads);
      await into("resumed", 3, { steps: 1 });
      await into("resumed", 2, { resume: true });
      for (const name of ["3", "resumed"]) assertEquals(weights(name), weights("1"), name);
    }));
}
