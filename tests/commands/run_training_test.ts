import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isFault } from "../../src/fault.ts";
import { silent } from "../../src/progress.ts";
import { readCheckpoint, readWeights } from "../../src/run_folder/checkpoint.ts";
import { valueOf, writeFeatures } from "../data/temporary_features.ts";
import { failingFileSystem, type Failure } from "../support/failing_file_system.ts";
import { hasAdapter } from "../support/gpu.ts";
import { resumeIn, smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const last = (folder: string) => join(folder, "last.safetensors");

/** Step of the last checkpoint, all of whose numbers must be finite. */
async function finiteCheckpoint(folder: string): Promise<number> {
  const { weights, optimizer, state } = await readCheckpoint(last(folder));
  for (const [name, { data }] of [...weights, ...optimizer]) {
    assert(data.every(Number.isFinite), `${name} is not finite`);
  }
  return state.step;
}

const DIVERGING: [what: string, overrides: string[], message: RegExp][] = [
  [
    "a rate under which weights grow until the loss overflows",
    ["runner.optimizer={name: sgd, lr: 1e30}"],
    /^Training stopped at step 2: loss term "\w+" is (NaN|Infinity).*the gradient of "fc1\.weight" and of \d more is not finite/,
  ],
  [
    "an update that overflows although the gradient is finite",
    ["runner.optimizer.lr=1e39", "trainer.checkpoint_every=1"],
    /^Training stopped at step 1: "fc1\.weight" is not finite after the update; /,
  ],
  [
    "weights that overflow just before an evaluation",
    ["runner.optimizer.lr=1e39", "trainer.eval_every=1"],
    /^Training stopped at step 1: "fc1\.weight" is not finite after the update; /,
  ],
];

for (const [what, overrides, message] of DIVERGING) {
  Deno.test(`runTraining() stops at ${what}, with the last checkpoint intact`, () =>
    withFolder(async (folder) => {
      const config = smallConfig("data.normalize=none", ...overrides);
      const error = await assertRejects(() => trainInto(folder, config), RangeError);
      assertMatch(error.message, message);
      assert(isFault(error));
      const stopped = Number(/step (\d+)/.exec(error.message)![1]);
      assert(await finiteCheckpoint(folder) < stopped);
      assertEquals([
        existsSync(join(folder, "result.json")),
        existsSync(join(folder, "report.html")),
      ], [false, false]);
    }));
}

Deno.test({
  name: "runTraining() stops on the GPU as on the cpu when weights grow until the loss overflows",
  ignore: !hasAdapter,
  fn: () =>
    withFolder(async (folder) => {
      const [, overrides] = DIVERGING[0];
      const config = smallConfig("data.normalize=none", ...overrides);
      const error = await assertRejects(
        () => trainInto(folder, config, { device: { device: "webgpu" } }),
        RangeError,
      );
      assertMatch(error.message, /^Training stopped at step 2: .*gradient of "fc1\.weight"/);
      assertEquals(await finiteCheckpoint(folder), 0);
    }),
});

Deno.test("runTraining() stops at a file of huge features, and names the term or the parameter", () =>
  withFolder(async (folder) => {
    const run = join(folder, "run");
    Deno.mkdirSync(run);
    for (const id of ["Abuse001", "Abuse002", "Normal_Videos001", "Normal_Videos002"]) {
      const value: typeof valueOf = (n, t, d) => id === "Abuse002" ? 3e38 : valueOf(n, t, d) / 100;
      await writeFeatures(folder, `train/${id}_x264_i3d.npy`, "NTD", [1, 6, 8], value);
    }
    const config = smallConfig(
      "data.source=folder",
      `data.root=${folder}`,
      "data.train=train",
      "data.normalize=none",
    );
    const error = await assertRejects(() => trainInto(run, config), RangeError);
    assertMatch(error.message, /^Training stopped at step 1: .*(loss term|gradient of) "/);
    assertEquals(await finiteCheckpoint(run), 0);
  }));

Deno.test("runTraining() without test videos keeps the last weights and says that nothing was evaluated", () =>
  withFolder(async (folder) => {
    const run = join(folder, "run");
    Deno.mkdirSync(run);
    for (const id of ["Abuse001", "Abuse002", "Normal_Videos001", "Normal_Videos002"]) {
      await writeFeatures(folder, `train/${id}_x264_i3d.npy`, "NTD", [1, 6, 8]);
    }
    const config = smallConfig("data.source=folder", `data.root=${folder}`, "data.train=train");
    const result = await trainInto(run, config);
    assertEquals([result.best, result.last, result.steps], [null, null, 12]);
    assertEquals(result.warnings.length, 1);
    assertMatch(result.warnings[0], /no test videos/);
    const kept = await readWeights(join(run, "best.safetensors"));
    assertEquals(kept.weights, (await readWeights(last(run))).weights);
    // A kill between the two files must not cost the second one.
    Deno.removeSync(join(run, "best.safetensors"));
    await resumeIn(run);
    assertEquals((await readWeights(join(run, "best.safetensors"))).weights, kept.weights);
  }));

Deno.test("runTraining() logs the mean loss of every few steps and each evaluation, once", () =>
  withFolder(async (folder) => {
    const { last: lastPoint, best } = await trainInto(folder, smallConfig());
    const lines = Deno.readTextFileSync(join(folder, "log.jsonl")).trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    assertEquals(
      lines.map(({ kind, step }) => `${kind} ${step}`),
      [
        ...["step 2", "step 4", "eval 4", "step 6", "step 8", "eval 8"],
        ...["step 10", "step 12", "eval 12"],
      ],
    );
    const evaluations = lines.filter(({ kind }) => kind === "eval");
    assertEquals(lastPoint, { step: 12, metrics: evaluations[2].metrics });
    const chosen = evaluations.find(({ step }) => step === best!.step);
    assertEquals(chosen.metrics, best!.metrics);
    assertEquals(
      chosen.metrics.roc_auc,
      Math.max(...evaluations.map(({ metrics }) => metrics.roc_auc)),
    );
    const { metadata } = await readWeights(join(folder, "best.safetensors"));
    assertEquals(metadata.step, String(best!.step));
  }));

Deno.test("runTraining() over an earlier run leaves nothing of it beside the new settings", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig());
    const fs = failingFileSystem({ code: "ENOSPC", at: "append" });
    const other = smallConfig("runner.head.hidden=[5,3]");
    const error = await assertRejects(() => trainInto(folder, other, { fs, overwrite: true }));
    assert(error.message.endsWith(`continue with wsvad train --resume ${folder}`), error.message);
    assertEquals((await readWeights(last(folder))).weights.get("fc1.weight")!.shape, [5, 8]);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "config.yaml",
      "last.safetensors",
      "log.jsonl",
      "run.json",
    ]);
    const { steps } = await resumeIn(folder);
    assertEquals(steps, 12);
  }));

const REFUSALS: [Failure, message: RegExp][] = [
  [{ code: "EROFS", at: "create" }, /^Cannot write ".*config\.yaml": the file system is read-only/],
  [{ code: "EACCES", at: "create" }, /^Cannot write ".*config\.yaml": permission denied/],
  [
    { code: "ENOSPC", at: "write", afterBytes: 200 },
    /^Cannot write ".*config\.yaml": no space left/,
  ],
  [
    { code: "ENOSPC", at: "write", afterBytes: 2500 },
    /^Cannot write ".*run\.json": no space left/,
  ],
  [
    { code: "ENOSPC", at: "write", afterBytes: 4000 },
    /^Cannot write ".*last\.safetensors": no space left on the device; free some space or choose another folder/,
  ],
];

for (const [failure, message] of REFUSALS) {
  const { code, at, afterBytes = 0 } = failure;
  Deno.test(`runTraining() leaves nothing where it cannot begin to write: ${code} at ${at} after ${afterBytes} bytes`, () =>
    withFolder(async (folder) => {
      const fs = failingFileSystem(failure);
      const error = await assertRejects(() => trainInto(folder, smallConfig(), { fs }), Error);
      assertMatch(error.message, message);
      assert(isFault(error) && !error.message.includes("--resume"));
      assertEquals([...Deno.readDirSync(folder)], []);
    }));
}

Deno.test("runTraining() keeps its last checkpoint when the disk is full later, and says how to go on", () =>
  withFolder(async (folder) => {
    const fs = failingFileSystem({ code: "ENOSPC", at: "write", afterBytes: 12_000 });
    const error = await assertRejects(
      () => trainInto(folder, smallConfig(), { fs }),
      Error,
      "no space left",
    );
    assert(error.message.endsWith(`continue with wsvad train --resume ${folder}`), error.message);
    assert(await finiteCheckpoint(folder) >= 0);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(left.filter((name) => name.endsWith(".partial")), []);
    assertEquals((await resumeIn(folder)).steps, 12);
  }));

Deno.test("runTraining() that fails before its first file leaves an earlier run alone", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig());
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    const read = () => names.map((name) => Deno.readFileSync(join(folder, name)));
    const before = read();
    const impossible = smallConfig("data.batch_size=6");
    await assertRejects(
      () => trainInto(folder, impossible, { overwrite: true }),
      RangeError,
      "batches of 6",
    );
    assertEquals(read(), before);
  }));

Deno.test("runTraining() stops after the step it is in when it is asked to", () =>
  withFolder(async (folder) => {
    const controller = new AbortController();
    const progress = {
      ...silent,
      step: ({ step }: { step: number }) => step === 5 && controller.abort(),
    };
    const error = await assertRejects(
      () => trainInto(folder, smallConfig(), { progress, stop: controller.signal }),
      Error,
      `Training stopped at step 5 of 12; continue with wsvad train --resume ${folder}`,
    );
    assert(isFault(error));
    assertEquals(await finiteCheckpoint(folder), 5);
  }));

const UNRESUMABLE: [what: string, files: Record<string, string>, message: string][] = [
  ["an empty folder", {}, "no config.yaml in it; name the folder of a run"],
  [
    "weights of somebody's own",
    { "config.yaml": "", "best.safetensors": "" },
    "no last.safetensors in it",
  ],
];

for (const [what, files, message] of UNRESUMABLE) {
  Deno.test(`resumeTraining() refuses ${what} and touches nothing`, () =>
    withFolder(async (folder) => {
      for (const [name, text] of Object.entries(files)) {
        Deno.writeTextFileSync(join(folder, name), text);
      }
      const error = await assertRejects(
        () => resumeIn(folder),
        Error,
        `Cannot resume "${folder}": ${message}`,
      );
      assert(isFault(error));
      assertEquals(
        [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
        Object.keys(files).sort(),
      );
    }));
}

Deno.test("resumeTraining() says where config.yaml is not that of the checkpoint", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig());
    const path = join(folder, "config.yaml");
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.replace("max_steps: 12", "max_steps: 14"));
    const { steps, warnings } = await resumeIn(folder);
    assertEquals(steps, 14);
    assertEquals(warnings, [
      "config.yaml is not that of the checkpoint: from step 12 on the run follows config.yaml",
    ]);
  }));

Deno.test("resumeTraining() refuses other training videos", () =>
  withFolder(async (folder) => {
    await trainInto(folder, smallConfig());
    const path = join(folder, "config.yaml");
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.replace("videos_train: 5", "videos_train: 6"));
    const error = await assertRejects(
      () => resumeIn(folder),
      RangeError,
      "Cannot resume: the training videos are not those of the checkpoint",
    );
    assert(isFault(error));
  }));
