import { assert, assertEquals, assertRejects } from "@std/assert";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const open = (folder: string, change: Partial<DataConfig>) =>
  openDataset(dataSchema.parse({
    source: "folder",
    root: folder,
    layout_train: "snippets_first",
    segments: 4,
    ...change,
  }));

/** 9 + 9 videos whose names say nothing, in folders of the two sides or all in one. */
async function writeOwn(folder: string, sides: [string, string]): Promise<void> {
  for (let i = 0; i < 9; i++) {
    await writeFeatures(folder, `${sides[0]}/hall${i}.npy`, "TND", [6, 2, 4]);
    await writeFeatures(folder, `${sides[1]}/cam${i}.npy`, "TND", [6, 2, 4]);
  }
}

async function sidesOf(folder: string, change: Partial<DataConfig>): Promise<number[]> {
  const { train, classes } = await open(folder, { classes: "binary", ...change });
  assertEquals(classes, ["Normal", "Abnormal"]);
  for (const { id, anomalous } of train) assertEquals(anomalous, id.startsWith("cam"), id);
  return [false, true].map((side) => train.filter(({ anomalous }) => anomalous === side).length);
}

Deno.test("binary classes come from the folders normal and abnormal, whatever lies above", async () => {
  for (
    const sides of [
      ["train/normal", "train/abnormal"],
      ["abnormal/train/Normal/a", "abnormal/train/Anomaly/b"],
    ] as [string, string][]
  ) {
    await withFolder(async (folder) => {
      await writeOwn(folder, sides);
      assertEquals(await sidesOf(folder, { train: sides[0].replace(/\/normal.*/i, "") }), [9, 9]);
    });
  }
});

Deno.test("binary classes come from the labels of a list, words or numbers", async () => {
  await withFolder(async (folder) => {
    await writeOwn(folder, ["all", "all"]);
    for (
      const [normal, abnormal] of [
        ["Normal", "Abnormal"],
        ["0", "1"],
        ["0.0", "1.0"],
        ["-1", "1"],
        ["False", "True"],
        ["normal", "Robbery"],
      ]
    ) {
      for (const mark of [",", ";", " "]) {
        const rows = Array.from({ length: 9 }, (_, i) => [
          `cam${i}.npy${mark}${abnormal}`,
          `hall${i}.npy${mark}${normal}`,
        ]).flat();
        await writeText(folder, "list.csv", rows.join("\n"));
        assertEquals(await sidesOf(folder, { train: "list.csv" }), [9, 9]);
      }
    }
    await writeText(folder, "list.csv", "cam0.npy,Abnormal\nhall0.npy,Nromal\n");
    const error = await assertRejects(() => sidesOf(folder, { train: "list.csv" }), RangeError);
    assert(error.message.includes('its label is "Nromal"'), error.message);
  });
});

Deno.test("binary classes come from a manifest, whatever its events are called", async () => {
  await withFolder(async (folder) => {
    await writeOwn(folder, ["all", "all"]);
    const records = Array.from({ length: 9 }, (_, i) => [
      { video_id: `cam${i}.npy`, path: `all/cam${i}.npy`, event: "Fall", anomaly: "Abnormal" },
      { video_id: `hall${i}.npy`, path: `all/hall${i}.npy`, event: "Normal", anomaly: "Normal" },
    ]).flat();
    const forms = [
      records.map((record) => ({ ...record, split: "train" })),
      records.map(({ video_id, path, anomaly }) => ({
        video_id: video_id.replace(".npy", ""),
        path,
        label: anomaly.toLowerCase(),
        split: "train",
      })),
    ];
    for (const form of forms) {
      await writeText(folder, "a.jsonl", form.map((record) => JSON.stringify(record)).join("\n"));
      assertEquals(await sidesOf(folder, { source: "manifest", train: "a.jsonl" }), [9, 9]);
    }
  });
});

Deno.test("names that say nothing are refused with the way to give own data its classes", async () => {
  await withFolder(async (folder) => {
    await writeOwn(folder, ["train/normal", "train/abnormal"]);
    const error = await assertRejects(() => open(folder, { train: "train" }), RangeError);
    assert(error.message.includes("binary for own data of two classes"), error.message);
    await writeFeatures(folder, "train/odd.npy", "TND", [6, 2, 4]);
    const odd = await assertRejects(() => sidesOf(folder, { train: "train" }), RangeError);
    assert(odd.message.includes("odd.npy"), odd.message);
    assert(odd.message.includes("a folder normal or abnormal"), odd.message);
  });
});

Deno.test("binary test videos have the side of their annotation, whatever the event is called", async () => {
  await withFolder(async (folder) => {
    for (const id of ["a", "b"]) await writeFeatures(folder, `test/${id}.npy`, "TND", [6, 2, 4]);
    await writeText(
      folder,
      "annotations.txt",
      "a.mp4 96 Fall 20 40 -1 -1\nb.mp4 96 Normal -1 -1 -1 -1",
    );
    const { test } = await open(folder, {
      classes: "binary",
      test: "test",
      annotations: "annotations.txt",
    });
    assertEquals(test.map(({ className }) => className), ["Abnormal", "Normal"]);
    assertEquals(test[0].groundTruth(6), [{ start: 20, end: 41 }]);
  });
});

Deno.test("own test videos have any number of events, from one on", async () => {
  await withFolder(async (folder) => {
    for (const id of ["a", "b"]) await writeFeatures(folder, `test/${id}.npy`, "TND", [6, 2, 4]);
    const openWith = async (text: string) => {
      await writeText(folder, "annotations.txt", text);
      const { test } = await open(folder, {
        classes: "binary",
        test: "test",
        annotations: "annotations.txt",
      });
      return test.map((video) => video.groundTruth(6));
    };
    const three = [{ start: 5, end: 9 }, { start: 20, end: 41 }, { start: 60, end: 63 }];
    for (const frames of ["", "96 "]) {
      const text =
        `# video, class, events\na.mp4 ${frames}Fall 20 40 60 62 5 8\nb ${frames}Fall 1 2`;
      assertEquals(await openWith(text), [three, [{ start: 1, end: 3 }]]);
    }
    for (const line of ["a Fall", "a 96 Fall", "a Fall 1 2 3", "a 1 2 3 4"]) {
      await assertRejects(() => openWith(line), SyntaxError, "line 1: expected");
    }
  });
});

Deno.test("binary annotations say Normal in any case, and each video once by any of its names", async () => {
  await withFolder(async (folder) => {
    for (const id of ["a", "b"]) {
      await writeFeatures(folder, `test/${id}.mov.npy`, "TND", [6, 2, 4]);
    }
    const openWith = async (text: string) => {
      await writeText(folder, "annotations.txt", text);
      return await open(folder, {
        classes: "binary",
        test: "test",
        annotations: "annotations.txt",
      });
    };
    const { test } = await openWith("x/a.mov 96 fall 20 40 -1 -1\nb.MOV 96 normal -1 -1 -1 -1");
    assertEquals(test.map(({ id, className }) => [id, className]), [["a", "Abnormal"], [
      "b",
      "Normal",
    ]]);
    const events = "a.mov fall 20 40 -1 -1\nb.mov normal 1 2 -1 -1";
    await assertRejects(() => openWith(events), SyntaxError, "a normal video cannot have events");
    const twice = "a.mov fall 20 40 -1 -1\nb fall 1 2 -1 -1\na.npy fall 1 2 -1 -1";
    await assertRejects(() => openWith(twice), SyntaxError, '"a.mov" and "a.npy" stand for');
  });
});

Deno.test("numbers in PEL4VAD's lists tell the side, names the class", async () => {
  await withFolder(async (folder) => {
    await writeFeatures(folder, "f/Abuse001_x264.npy", "TND", [6, 2, 4]);
    await writeFeatures(folder, "f/Normal_Videos001_x264.npy", "TND", [6, 2, 4]);
    await writeText(folder, "a.list", "x/Abuse001_x264.npy 1.0\nx/Normal_Videos001_x264.npy 0.0\n");
    const { train } = await open(folder, { train: "a.list" });
    assertEquals(train.map(({ className }) => className), ["Abuse", "Normal"]);
  });
});
