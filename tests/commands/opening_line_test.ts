import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { type Progress, WarningsOnce } from "../../src/progress.ts";
import { writeFeatures, writeText } from "../data/temporary_features.ts";
import { resumeIn, smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** What is told, in its order; a step is "step N". */
function recorded(): { progress: Progress; told: string[] } {
  const told: string[] = [];
  const progress: Progress = {
    start() {},
    step: ({ step }) => void told.push(`step ${step}`),
    note: (text) => void told.push(text),
    stop() {},
  };
  return { progress, told };
}

/** Four videos that are trained on and tested. */
async function settingsOfOverlap(folder: string): Promise<string[]> {
  const rows: string[] = [];
  for (const name of ["Abuse001", "Abuse002", "Normal_Videos001", "Normal_Videos002"]) {
    const anomalous = name.startsWith("Abuse");
    await writeFeatures(folder, `features/${name}_x264_i3d.npy`, "NTD", [1, 6, 8]);
    rows.push(`${name}_x264.mp4  ${anomalous ? "Abuse  10  30" : "Normal  -1  -1"}  -1  -1`);
  }
  await writeText(folder, "annotations.txt", rows.join("\n"));
  return [
    ...["data.source=folder", `data.root=${folder}`, "data.train=features", "data.test=features"],
    "data.layout_test=crops_first",
    "data.annotations=annotations.txt",
  ];
}

Deno.test("runTraining() says before the first step what it trains on what, where and into which folder", () =>
  withFolder(async (folder) => {
    const { progress, told } = recorded();
    await trainInto(folder, smallConfig(), { progress });
    assertEquals(
      told[0],
      "mil on synthetic: 10 training and 4 test videos, batches of [4, 1, 4, 8]; " +
        `cpu, products by wasm SIMD; run folder ${folder}`,
    );
    assertEquals(told[1], "The BLAS is off (--blas off)");
    const again = recorded();
    await resumeIn(folder, again);
    assertEquals(again.told.slice(0, 2), told.slice(0, 2));
  }));

Deno.test("runTraining() and resumeTraining() tell warnings of data before the first step, once", () =>
  withFolder(async (folder) => {
    const run = join(folder, "run");
    Deno.mkdirSync(run);
    const config = smallConfig(...await settingsOfOverlap(folder));
    const overlap = /^warning: 4 of 4 test videos are training videos too/;
    const { progress, told } = recorded();
    const { warnings } = await trainInto(run, config, { progress });
    const found = told.flatMap((text, i) => overlap.test(text) ? [i] : []);
    assertEquals(found.length, 1);
    assert(found[0] < told.indexOf("step 1"));
    assertMatch(`warning: ${warnings[0]}`, overlap); // and again with the result
    const again = recorded();
    await resumeIn(run, again);
    assertEquals(again.told.filter((text) => overlap.test(text)).length, 1);
  }));

Deno.test("WarningsOnce passes a warning on once, and every other note", () => {
  const { progress, told } = recorded();
  const once = new WarningsOnce(progress);
  for (const text of ["warning: a", "b", "warning: a", "warning: c", "b"]) once.note(text);
  assertEquals(told, ["warning: a", "b", "warning: c", "b"]);
});
