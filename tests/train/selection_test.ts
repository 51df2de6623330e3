import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { readWeights } from "../../src/run_folder/checkpoint.ts";
import { smallConfig, trainInto } from "./small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const OF_MANY = ["data.synthetic.videos_train=24", "runner.optimizer.lr=0.05"];

Deno.test("Trainer keeps the last weights with trainer.select=last, though others scored higher", () =>
  withFolder(async (folder) => {
    const settings = ["trainer.max_steps=40", "trainer.eval_every=2", "runner.optimizer.lr=0.05"];
    const result = await trainInto(folder, smallConfig("trainer.select=last", ...settings));
    assertEquals(result.best!.step, 40);
    assertEquals(result.best!.metrics, result.last!.metrics);
    const { history } = JSON.parse(Deno.readTextFileSync(join(folder, "result.json")));
    const values = history.map((line: { metrics: { roc_auc: number } }) => line.metrics.roc_auc);
    assert(Math.max(...values) > values.at(-1), `roc_auc ${values}`);
    const [best, last] = await Promise.all(
      ["best", "last"].map((name) => readWeights(join(folder, `${name}.safetensors`))),
    );
    for (const [key, { data }] of best.weights) assertEquals(last.weights.get(key)!.data, data);
    const page = Deno.readTextFileSync(join(folder, "report.html"));
    assertEquals(page.includes("chosen on the test set"), false);
  }));

Deno.test("Trainer with data.val chooses by videos that it does not train on, and tests on the same ones", () =>
  withFolder((folder) =>
    withFolder(async (plain) => {
      const settings = [...OF_MANY, "data.val=0.4", "trainer.select=val_auc"];
      const result = await trainInto(folder, smallConfig(...settings));
      const { history, rules } = JSON.parse(Deno.readTextFileSync(join(folder, "result.json")));
      const values = history.map(({ metrics }: { metrics: { val_auc: number } }) =>
        metrics.val_auc
      );
      assertEquals(result.best!.metrics.val_auc, Math.max(...values));
      assertEquals(rules.selection, "best val_auc on held-out training videos");
      const all = await trainInto(plain, smallConfig(...OF_MANY));
      assert(
        all.last!.metrics.roc_auc !== result.last!.metrics.roc_auc,
        "fewer videos, other weights",
      );
      assertEquals("val_auc" in all.last!.metrics, false);
    })
  ));

Deno.test("runTraining() refuses val_auc where nothing is held out", () =>
  withFolder(async (folder) => {
    await assertRejects(
      () => trainInto(folder, smallConfig("trainer.select=val_auc")),
      RangeError,
      "set data.val=0.1",
    );
  }));
