import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";
import { Random } from "../../src/random.ts";
import { towerParameters } from "../../src/text/tower_parameters.ts";
import { loadCheckpoint, modelOf } from "../../src/run_folder/load_checkpoint.ts";
import { FROZEN_KEY, readFrozen, writeFrozen } from "../../src/run_folder/frozen_weights.ts";
import { readWeights } from "../../src/run_folder/checkpoint.ts";
import { towerFolder } from "../support/small_tower.ts";
import { withDevice } from "../support/with_device.ts";
import { resumeIn, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const weights = new Map([["clip.a", { shape: [2], data: Float32Array.of(1, 2) }]]);

Deno.test("readFrozen() gives what writeFrozen() was given, by the file's hash", () =>
  withFolder(async (folder) => {
    const metadata = await writeFrozen(folder, weights);
    assertEquals(await readFrozen(join(folder, "best.safetensors"), metadata), weights);
    assertEquals(await writeFrozen(folder, weights), metadata);
    assertEquals(await readFrozen(join(folder, "best.safetensors"), {}), new Map());
  }));

Deno.test("writeFrozen() writes no file where nothing is frozen", () =>
  withFolder(async (folder) => {
    assertEquals(await writeFrozen(folder, new Map()), {});
    assertEquals([...Deno.readDirSync(folder)], []);
  }));

Deno.test("readFrozen() refuses a missing file, and another one", () =>
  withFolder(async (folder) => {
    const metadata = await writeFrozen(folder, weights), path = join(folder, "best.safetensors");
    const other = { [FROZEN_KEY]: "0".repeat(64) };
    await assertRejects(() => readFrozen(path, other), TypeError, "its sha256 is another");
    await Deno.remove(join(folder, "frozen.safetensors"));
    await assertRejects(() => readFrozen(path, metadata), Error, "copy it from there");
  }));

/** A tower that knows CLIP's tokens, of hardly any channels. */
const tower = { width: 4, layers: 1, heads: 1, context: 8, vocabulary: 49408 };

function tinyTower(embed: number): string {
  const random = new Random(3, "tiny tower");
  return towerFolder(
    new Map([...towerParameters({ ...tower, embed })].map(([name, shape]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, { shape, data: Float32Array.from({ length: size }, () => random.uniform()) }];
    })),
  );
}

const SETTINGS = [
  "runner=vadclip",
  ...["features=clip", "dim=8", "crops=1", "segments=8", "train_crops=together", "test_crop=null"],
  ...["batch_size=2", "synthetic.videos_train=3", "synthetic.videos_test=2"],
  ...["synthetic.shortest=4", "synthetic.longest_train=8", "synthetic.longest_test=8"],
].map((setting) => setting.startsWith("runner") ? setting : `data.${setting}`);

const config = (clip: string, ...overrides: string[]) =>
  resolveConfig({
    catalog: registry,
    overrides: [
      ...SETTINGS,
      "runner.encoder.length=8",
      "trainer.loop=steps",
      "trainer.max_steps=4",
      "trainer.eval_every=2",
      "trainer.checkpoint_every=2",
      "trainer.reload_best=null",
      ...Object.entries(tower).map(([key, size]) => `runner.branch.tower.${key}=${size}`),
      `runner.branch.clip=${clip}`,
      "runner.branch.prefix=1",
      "runner.branch.postfix=1",
      ...overrides,
    ],
  });

Deno.test("a run keeps its frozen tower once, is resumed without CLIP's file, and scores with it", () =>
  withFolder(async (folder) => {
    const clip = tinyTower(8);
    const whole = join(folder, "whole"), stopped = join(folder, "stopped");
    for (const run of [whole, stopped]) await Deno.mkdir(run);
    await trainInto(whole, config(clip));
    const stop = new AbortController();
    stop.abort();
    await assertRejects(
      () => trainInto(stopped, config(clip), { stop: stop.signal }),
      Error,
      "Training stopped at step 1 of 4",
    );
    await Deno.remove(clip, { recursive: true });
    await resumeIn(stopped);
    for (const name of ["best.safetensors", "last.safetensors", "frozen.safetensors"]) {
      const [a, b] = [whole, stopped].map((run) => Deno.readFileSync(join(run, name)));
      assert(a.length === b.length && a.every((byte, i) => byte === b[i]), `${name} differs`);
    }
    const { weights, metadata } = await readWeights(join(whole, "best.safetensors"));
    assertEquals([...weights.keys()].filter((name) => name.startsWith("clipmodel.")), []);
    assert(metadata[FROZEN_KEY] !== undefined);
    await withDevice(async () => {
      const loaded = await loadCheckpoint({ checkpoint: whole, overrides: [], configDirs: [] });
      const { parameters } = modelOf(loaded);
      const [frozen] = (await parameters.readFrozen()).values();
      assert(frozen.data.some((value) => value !== 0), "the tower's weights are there");
      parameters.dispose();
    });
  }));

Deno.test("a training with a text branch stops before any work where CLIP's weights are missing or features have no text", () =>
  withFolder(async (folder) => {
    const synthetic = config("null");
    const { branch, ...runner } = synthetic.runner;
    assertEquals(branch!.clip, "built_in", "synthetic features bring their tower");
    const without = { ...synthetic, runner: { ...runner, branch: { ...branch!, clip: null } } };
    await assertRejects(() => trainInto(folder, without), Error, "curl -L --create-dirs -o clip/");
    await assertRejects(
      () => trainInto(folder, config("null", "data.features=i3d")),
      TypeError,
      "as CLIP's do, and say so by data.features=clip",
    );
    assertEquals([...Deno.readDirSync(folder)], []);
  }));
