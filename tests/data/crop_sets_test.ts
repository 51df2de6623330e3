import { assert, assertEquals, assertRejects } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { numberedCrops } from "../../src/data/crop_sets.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { isFault } from "../../src/fault.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const open = (folder: string, change: Partial<DataConfig> = {}) =>
  openDataset(
    dataSchema.parse({ source: "folder", root: folder, train: "train", segments: 4, ...change }),
  );

/** 9 + 9 videos of five crops, a file a crop, named as PEL4VAD names them. */
async function writeUnder(folder: string): Promise<void> {
  for (let i = 0; i < 9; i++) {
    for (let crop = 0; crop < 5; crop++) {
      for (const name of ["Abuse", "Normal_Videos"]) {
        const file = `train/${name}${String(i).padStart(3, "0")}_${crop}.npy`;
        await writeFeatures(folder, file, "TD", [6, 4], (_, t, d) => 100 * crop + t + d);
      }
    }
  }
}

Deno.test("complete sets _0 to _4 of every video are its crops, in any layout", async () => {
  await withFolder(async (folder) => {
    await writeUnder(folder);
    for (const layout_train of ["crops_first", "per_crop"] as const) {
      const dataset = await open(folder, { layout_train });
      assertEquals([dataset.train.length, dataset.trainVideos, dataset.crops], [18, 18, 5]);
      assertEquals(dataset.train[0].id, "Abuse000");
      const { values, crops } = await dataset.train[0].load();
      assertEquals(crops, 5);
      assertEquals(Array.from({ length: 5 }, (_, n) => values[n * 16]), [0, 100, 200, 300, 400]);
    }
    const each = await open(folder, { train_crops: "each" });
    assertEquals([each.train.length, each.train[3].id], [90, "Abuse000__3"]);
  });
});

Deno.test("crops numbered from 1 ask for the setting that reads them", async () => {
  await withFolder(async (folder) => {
    for (const id of ["Abuse001_x264", "Normal_Videos001_x264"]) {
      for (const crop of [1, 2, 10]) {
        await writeFeatures(folder, `train/${id}_${crop}.npy`, "TD", [6, 4], () => crop);
      }
    }
    for (const layout_train of ["crops_first", "per_crop"] as const) {
      const asked = await assertRejects(() => open(folder, { layout_train }), RangeError);
      assert(asked.message.includes("set data.numbered_files=crops"), asked.message);
    }
    const { train, crops } = await open(folder, { numbered_files: "crops" });
    assertEquals([train.length, crops], [2, 3]);
    const { values } = await train[0].load();
    assertEquals([values[0], values[16], values[32]], [1, 2, 10]);
  });
});

Deno.test("crops of one video that differ much in length are told, those of a snippet are not", async () => {
  await withFolder(async (folder) => {
    const write = async (id: string, lengths: number[]) => {
      for (const [crop, T] of lengths.entries()) {
        await writeFeatures(folder, `train/${id}__${crop}.npy`, "TD", [T, 4]);
      }
    };
    await write("Abuse001_x264", [40, 39]);
    await write("Normal_Videos001_x264", [40, 5]);
    const { warnings } = await open(folder, { layout_train: "per_crop" });
    const told = warnings.filter((warning) => warning.includes("cut to the shortest"));
    assertEquals(told.length, 1);
    assert(told[0].startsWith("crops of 1 of 2 videos differ"), told[0]);
    assert(/Normal_Videos001_x264__1.npy" has 5 snippets, another crop of it 40/.test(told[0]));
  });
});

Deno.test("crops are known by their numbers within archives too, whose names have no endings", async () => {
  const files = ["cam", "hall"].flatMap((id) => [0, 1].map((crop) => `/x/all.h5/${id}_${crop}`));
  const crops = await numberedCrops(files, "crops");
  assertEquals([...crops.values()].map(({ id, crop }) => `${id} ${crop}`), [
    "cam 0",
    "cam 1",
    "hall 0",
    "hall 1",
  ]);
});

Deno.test("lists that name such crops keep their labels", async () => {
  await withFolder(async (folder) => {
    await writeUnder(folder);
    const rows = Array.from({ length: 9 }, (_, i) => i).flatMap((i) =>
      Array.from({ length: 5 }, (_, crop) => [
        `x/Abuse00${i}_${crop}.npy 1.0`,
        `x/Normal_Videos00${i}_${crop}.npy 0.0`,
      ]).flat()
    );
    await writeText(folder, "a.list", rows.join("\n"));
    const { train } = await open(folder, { train: "a.list", classes: "binary" });
    assertEquals(train.length, 18);
    assertEquals(train.filter(({ anomalous }) => anomalous).length, 9);
  });
});

Deno.test("incomplete sets are asked about, and each answer is followed", async () => {
  await withFolder(async (folder) => {
    await writeUnder(folder);
    await Deno.remove(`${folder}/train/Abuse003_2.npy`);
    for (const layout_train of ["crops_first", "per_crop"] as const) {
      const error = await assertRejects(() => open(folder, { layout_train }), RangeError);
      assert(isFault(error));
      assert(error.message.includes("data.numbered_files=crops or"), error.message);
      assert(error.message.includes("Abuse003_"), error.message);
    }
    assertEquals((await open(folder, { numbered_files: "videos" })).train.length, 89);
    await Deno.remove(`${folder}/train/Abuse003_4.npy`);
    await assertRejects(() => open(folder, { numbered_files: "crops" }), RangeError, "crops");
  });
});

Deno.test("numbered videos of different lengths, or of all crops in a file, are no crops", async () => {
  await withFolder(async (folder) => {
    const files: string[] = [];
    for (let i = 0; i < 3; i++) {
      files.push(await writeFeatures(folder, `hall_${i}.npy`, "TD", [6 + 5 * i, 4]));
    }
    assertEquals((await numberedCrops(files, "auto")).size, 0);
    const whole: string[] = [];
    for (let i = 0; i < 3; i++) {
      whole.push(await writeFeatures(folder, `cam_${i}.npy`, "TND", [6, 2, 4]));
    }
    assertEquals((await numberedCrops(whole, "auto")).size, 0);
    assertEquals((await numberedCrops(["01_0014.npy", "01_0015.npy"], "auto")).size, 0);
    assertEquals((await numberedCrops(["cam_7.npy", "cam_8.npy"], "auto")).size, 0);
  });
});
