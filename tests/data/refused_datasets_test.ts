import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import type { DataConfig } from "../../src/config/schema/data.ts";
import { dataPaths } from "../../src/data/data_paths.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { motionRecipe } from "./motion_recipe.ts";
import { opened, refuses, settings, writeDataset } from "./small_dataset.ts";

Deno.test("openDataset warns of videos in both splits and of splits from two extractors", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder, { testScale: 9 });
    const { warnings } = await opened(folder);
    assertEquals(warnings.length, 1);
    assert(warnings[0].includes("one extractor"), warnings[0]);
    const same = await opened(folder, { train: "test", layout_train: "snippets_first" });
    assertEquals(same.warnings.length, 1);
    assert(same.warnings[0].includes("3 of 3 test videos are training videos too"));
  });
});

Deno.test("openDataset refuses wrong axes with the key of the split", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    const wide = (crops: number, snippets: number) =>
      writeFeatures(folder, "test/Abuse028_x264_i3d.npy", "NTD", [crops, snippets, 4]);
    await wide(2, 32);
    await refuses(
      () => opened(folder, { crops: 2, dim: 4 }),
      TypeError,
      "expected [T, 2, 4], found [2, 32, 4]: the crops come first in this file",
      "set data.layout_test=crops_first",
    );
    await wide(10, 32);
    await refuses(() => opened(folder), TypeError, "set data.layout_test=crops_first");
  });
});

Deno.test("openDataset names the keys to change when sizes are others than expected", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    const config = settings({ root: folder, annotations: "annotations.txt" });
    const open = (change: Partial<DataConfig>, dim?: number, crops?: number) => () =>
      openDataset({ ...config, ...change }, { features: { dim, crops } });
    await refuses(
      open({}, 7),
      RangeError,
      "expected [N, T, 7], found [2, 8, 4]",
      "set runner.features.dim=4",
    );
    await refuses(open({ dim: 7 }), RangeError, "set data.dim=4");
    await refuses(open({ dim: 7 }, 7), RangeError, "set data.dim=4 and runner.features.dim=4");
    await refuses(open({ dim: 4 }, 7), RangeError, "set runner.features.dim=4");
    await refuses(
      open({}, 4, 6),
      RangeError,
      "expected 6 crops, found 2; set runner.features.crops=2",
    );
    assertEquals((await open({ dim: 4 }, 4, 2)()).crops, 2);
  });
});

Deno.test("openDataset refuses an unknown class prefix with the file and the nearest class", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    await writeFeatures(folder, "train/Robery001_x264_i3d.npy", "NTD", [2, 8, 4]);
    await refuses(
      () => opened(folder),
      RangeError,
      `"${folder}/train/Robery001_x264_i3d.npy"`,
      "Robbery",
    );
  });
});

Deno.test("openDataset names the place of every missing file and folder", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    const gone = join(folder, "gone");
    await refuses(
      () => opened(folder, { train: "gone" }),
      Error,
      `Cannot find data.train=gone: looked for "${gone}" and "gone"`,
    );
    await refuses(() => opened(folder, { annotations: "gone.txt" }), Error, "data.annotations");
    await refuses(
      () => opened(folder, { train: null, test: null }),
      Error,
      "neither data.train nor",
    );
    await Deno.mkdir(`${folder}/empty`);
    await refuses(() => opened(folder, { train: "empty" }), Error, "found none", "data.train");
    const config = settings({ root: folder, test: "gone", annotations: "annotations.txt" });
    assertEquals(dataPaths(config), [
      { key: "data.train", path: join(folder, "train"), found: true },
      { key: "data.test", path: gone, found: false },
      { key: "data.annotations", path: join(folder, "annotations.txt"), found: true },
    ]);
  });
});

Deno.test("openDataset refuses test features that stand for other frames than eval says, by their recipe", async () => {
  await withFolder(async (folder) => {
    await writeDataset(folder);
    await writeText(folder, "test/recipe.json", JSON.stringify({ ...motionRecipe, step: 8 }));
    const message = "set eval.frames_per_snippet=8";
    await refuses(() => opened(folder), RangeError, "data.test=test", message);
    await opened(folder, {}, { frames_per_snippet: 8 });
  });
});
