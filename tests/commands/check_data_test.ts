import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { checkData } from "../../src/commands/check_data.ts";
import { listData } from "../../src/commands/list_data.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { recognise, sentenceOf } from "../../src/data/known_features.ts";
import { registry as catalog } from "../../src/model/registry.ts";
import { writeFeatures } from "../data/temporary_features.ts";
import { writeField } from "../support/field_inputs.ts";
import { withFolder } from "../support/temporary_folder.ts";

const check = (folder: string, ...settings: string[]) =>
  checkData(resolveConfig({
    overrides: [
      "runner=mil",
      "data=features",
      `data.root=${folder}`,
      "data.layout_train=snippets_first",
      "data.batch_size=12",
      ...settings,
    ],
    catalog,
  }));

Deno.test("checkData() counts, measures, and compares with the data set's own numbers", () =>
  withFolder(async (folder) => {
    await writeField(folder);
    const { train, test, grid, problems, warnings, features } = await check(folder);
    assertEquals([train?.videos, train?.abnormal, train?.crops], [24, 12, { 2: 24 }]);
    assertEquals([test?.videos, test?.abnormal, test?.snippets], [8, 4, [60, 68, 72]]);
    // 1 + 0.01 (n + t mod 3 + d) over 4 channels
    assert(train!.fingerprint.norm > 2 && train!.fingerprint.norm < 2.1);
    assertEquals([train?.fingerprint.dim, train?.fingerprint.zeros], [4, 0]);
    assertEquals(grid, { known: 8, ceil: 8, floor: 8, frames: 8448, abnormalFrames: 354 });
    assertEquals(warnings, []);
    assertEquals(problems.length, 2);
    const few = await check(folder, "data.batch_size=30");
    assertEquals(few.problems.length, 3);
    assertMatch(few.problems[2], /batches of 30 normal .* set data.batch_size=12 or less/);
    assertMatch(problems[0], /train has 24 videos, 12 abnormal; UCF-Crime has 1610, 810 abnormal/);
    assertMatch(features!, /no known set has 4 channels/);
  }));

Deno.test("checkData() gathers what is wrong, and looks at the rest", () =>
  withFolder(async (folder) => {
    await writeField(folder, 32);
    await writeFeatures(folder, "train/Abuse100_x264_i3d.npy", "TND", [30, 2, 4], () => 0);
    await writeFeatures(folder, "train/Abuse900_x264_i3d.npy", "TND", [6, 3, 4]);
    for (const name of ["Arson001", "Arson002"]) {
      await Deno.writeTextFile(`${folder}/train/${name}_x264_i3d.npy`, "x");
    }
    const { train, test, problems } = await check(folder);
    const all = problems.join("\n");
    assertMatch(all, /2 of 28 train videos cannot be read: .*Arson001.*Arson002/);
    assertMatch(all, /1 of 28 train videos have 3 crops, others not: "Abuse900_x264"/);
    assertEquals([train?.videos, test?.videos], [28, 8]);
    for (const name of ["Arson001", "Arson002", "Abuse900"]) {
      await Deno.remove(`${folder}/train/${name}_x264_i3d.npy`);
    }
    const { warnings, grid } = await check(folder);
    const told = warnings.join("\n");
    assertMatch(told, /1 of 8 test videos are training videos too: "Abuse100_x264"/);
    assertMatch(told, /1 of 25 train files are all zero/);
    assertMatch(told, /set eval.frames_per_snippet=32/);
    assertEquals([grid?.ceil, grid?.floor], [0, 0]);
    const synthetic = resolveConfig({ overrides: ["runner=mil", "data=synthetic"], catalog });
    await assertRejects(() => checkData(synthetic), RangeError, "Cannot check synthetic data");
  }));

Deno.test("recognise() tells sets of one width apart by their norm", () => {
  const name = (dim: number, norm: number) => recognise({ dim, norm }).set?.name;
  assertMatch(name(2048, 21.3)!, /RTFM/);
  assertMatch(name(2048, 2.6)!, /seg32/);
  assertEquals(name(2048, 1), undefined);
  assertMatch(name(1024, 8.4)!, /UR-DMU/);
  assertMatch(name(512, 10)!, /CLIP/);
  assertMatch(sentenceOf({ dim: 2048, norm: 1, zeros: 0 }), /not with a mean norm of 1.00/);
  assertMatch(sentenceOf({ dim: 1024, norm: 8, zeros: 0 }), /for ur_dmu, bn_wvad, pel4vad/);
});

Deno.test("listData() names methods that there are", () => {
  const { sets, features, hub } = listData();
  const [{ what }] = hub; // "...: rtfm, mgfn, ..."
  for (const runner of what.split(": ")[1].split(", ")) {
    resolveConfig({ overrides: [`runner=${runner}`], catalog });
  }
  assertEquals(sets[0].train, "1610 (810 abnormal)");
  for (const runner of features.flatMap(({ runners }) => runners)) {
    resolveConfig({ overrides: [`runner=${runner}`], catalog });
  }
});
