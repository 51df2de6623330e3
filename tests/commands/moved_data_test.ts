import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { runEvaluation } from "../../src/commands/run_evaluation.ts";
import { DataNotFound } from "../../src/data/data_paths.ts";
import { sameNumbers } from "../../src/config/resolve_config.ts";
import { scoreFiles, TO_STDOUT } from "../../src/commands/score_files.ts";
import { silent } from "../../src/progress.ts";
import { readWeights } from "../../src/run_folder/checkpoint.ts";
import { resumeIn, smallConfig, trainInto } from "../train/small_training.ts";
import { writeFeatures, writeText } from "../data/temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const NAMES = ["Abuse001", "Abuse002", "Normal_Videos001", "Normal_Videos002"];

/**
 * Training and test features of four videos each below a folder, and the settings that find them.
 */
async function dataIn(root: string): Promise<string[]> {
  const rows: string[] = [];
  for (const [i, name] of NAMES.entries()) {
    const value = (_: number, t: number, d: number) => ((i * 5 + t * 7 + d * 3) % 11) / 8;
    for (const split of ["train", "test"]) {
      const file = `${split}/${name}${split === "test" ? "9" : ""}_x264_i3d.npy`;
      await writeFeatures(root, file, "NTD", [1, 6, 8], value);
    }
    const events = name.startsWith("Abuse") ? "Abuse  10  30" : "Normal  -1  -1";
    rows.push(`${name}9_x264.mp4  ${events}  -1  -1`);
  }
  await writeText(root, "annotations.txt", rows.join("\n"));
  return [
    ...["data.source=folder", `data.root=${root}`, "data.train=train", "data.test=test"],
    ...["data.annotations=annotations.txt", "data.layout_test=crops_first"],
  ];
}

const evaluated = (checkpoint: string, overrides: string[] = []) =>
  runEvaluation({
    checkpoint,
    overrides,
    configDirs: [],
    overwrite: false,
    device: { device: "cpu", blas: "off" },
    progress: silent,
  });

Deno.test("runEvaluation() works without the training features, and says what it did not check", () =>
  withFolder(async (folder) => {
    const [root, run] = [join(folder, "data"), join(folder, "run")];
    Deno.mkdirSync(run);
    await trainInto(run, smallConfig(...await dataIn(root)));
    const before = await evaluated(run);
    assertEquals(before.warnings.filter((text) => /not checked/.test(text)), []);
    Deno.removeSync(join(root, "train"), { recursive: true });
    const { evaluation, warnings } = await evaluated(run);
    assertEquals(evaluation.metrics, before.evaluation.metrics);
    assertMatch(warnings[0], /^whether test videos are training videos too was not checked: /);
    await assertRejects(() => resumeIn(run), DataNotFound); // training needs them
  }));

Deno.test("runEvaluation() refuses features of another kind than the model was trained on", () =>
  withFolder(async (folder) => {
    const [root, run] = [join(folder, "data"), join(folder, "run")];
    Deno.mkdirSync(run);
    await trainInto(run, smallConfig(...await dataIn(root)));
    Deno.removeSync(join(root, "train"), { recursive: true }); // what it was trained on is known
    const path = join(run, "result.json");
    const result = JSON.parse(Deno.readTextFileSync(path));
    const { train, test } = result.data.features;
    assertEquals([train.dim, test.stated], [8, null]);
    train.stated = { extractor: "one" };
    Deno.writeTextFileSync(path, JSON.stringify(result));
    await writeText(root, "test/provenance.json", JSON.stringify({ extractor: "other" }));
    const error = await assertRejects(() => evaluated(run), RangeError);
    assertMatch(error.message, /extractor "one" and "other"; .*data.mixed_features=true/);
    const { warnings } = await evaluated(run, ["data.mixed_features=true"]);
    const told = (all: string[]) => all.filter((text) => /not of one extraction/.test(text)).length;
    assertEquals(told(warnings), 1);
    // The same features are refused where they are scored.
    const score = (...overrides: string[]) =>
      scoreFiles({
        ...{ checkpoint: run, paths: [join(root, "test")], overrides, configDirs: [] },
        ...{ layout: "crops_first", out: TO_STDOUT, formats: ["csv"], top: 1 },
        ...{ overwrite: false, device: { device: "cpu", blas: "off" }, progress: silent },
      });
    assertMatch((await assertRejects(() => score(), RangeError)).message, /extractor "one" and/);
    assertEquals(told((await score("data.mixed_features=true")).warnings), 1);
  }));

Deno.test("resumeTraining() and runEvaluation() take data that moved by data.root, with the same numbers", () =>
  withFolder(async (folder) => {
    const [root, moved, run] = ["data", "moved", "run"].map((name) => join(folder, name));
    Deno.mkdirSync(run);
    const stop = new AbortController();
    const progress = {
      ...silent,
      step: ({ step }: { step: number }) => void (step === 6 && stop.abort()),
    };
    const config = smallConfig(...await dataIn(root));
    await assertRejects(() => trainInto(run, config, { progress, stop: stop.signal }));
    Deno.renameSync(root, moved);
    const error = await assertRejects(() => resumeIn(run), DataNotFound);
    assertMatch(error.message, /wsvad train --resume \S+ data\.root=DIR, or edit .*config\.yaml/);
    const result = await resumeIn(run, { overrides: [`data.root=${moved}`] });
    assertEquals(result.warnings.filter((text) => /config\.yaml/.test(text)), []);
    assertEquals(
      (await evaluated(run, [`data.root=${moved}`])).evaluation.metrics.roc_auc,
      result.best!.metrics.roc_auc,
    );

    const whole = join(folder, "whole");
    Deno.mkdirSync(whole);
    await trainInto(whole, smallConfig(...await dataIn(root)));
    const weights = async (name: string) =>
      (await readWeights(join(name, "last.safetensors"))).weights;
    assertEquals(await weights(run), await weights(whole));
  }));

Deno.test("sameNumbers() looks past the folder of the data alone", () => {
  assertEquals(sameNumbers("data:\n  root: /a\n  x: 1\n", "data:\n  root: null\n  x: 1\n"), true);
  assertEquals(sameNumbers("data:\n  root: /a\n  x: 1\n", "data:\n  root: /a\n  x: 2\n"), false);
});
