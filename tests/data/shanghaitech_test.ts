import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const open = (folder: string, change: Partial<DataConfig>) =>
  openDataset(dataSchema.parse({
    source: "folder",
    classes: "shanghaitech",
    root: folder,
    test: "test",
    segments: 4,
    ...change,
  }));

/** Two abnormal clips of 27 and 32 frames, which end abnormal and normal, and a normal one. */
async function writeClips(folder: string): Promise<void> {
  for (const id of ["01_0014", "01_0015", "01_002"]) {
    await writeFeatures(folder, `test/${id}_i3d.npy`, "TND", [2, 2, 4]);
  }
  const mask = (frames: number, from: number, to: number) =>
    Uint8Array.from({ length: frames }, (_, t) => Number(t >= from && t < to));
  const masks = { "01_0014": mask(27, 20, 27), "01_0015": mask(32, 5, 9) };
  Deno.mkdirSync(join(folder, "masks"));
  for (const [id, values] of Object.entries(masks)) {
    Deno.writeFileSync(join(folder, `masks/${id}.npy`), encodeNpy([values.length], values));
  }
  const labels = Object.fromEntries(
    Object.entries(masks).map(([id, values]) => [id, { labels: [...values] }]),
  );
  await writeText(folder, "s3r.json", JSON.stringify(labels));
}

Deno.test("ShanghaiTech's masks are extended by their last value; clips of three digits have none", async () => {
  await withFolder(async (folder) => {
    await writeClips(folder);
    for (const ground_truth of ["masks", "s3r.json"]) {
      const { test, classes, groundTruthRule, warnings } = await open(folder, { ground_truth });
      assertEquals(classes, ["Normal", "Abnormal"]);
      assertEquals(groundTruthRule, "shanghaitech_last_value");
      assertEquals(warnings, []);
      assertEquals(
        test.map((video) => [
          video.id,
          video.className,
          video.groundTruthFrames(2),
          ...video.groundTruth(2).map(({ start, end }) => `${start}-${end}`),
        ]),
        [
          ["01_0014", "Abnormal", 32, "20-32"],
          ["01_0015", "Abnormal", 32, "5-9"],
          ["01_002", "Normal", 32],
        ],
      );
    }
  });
});

Deno.test("ShanghaiTech: a clip without its mask is named, a text of events refused", async () => {
  await withFolder(async (folder) => {
    await writeClips(folder);
    await writeFeatures(folder, "test/02_0128_i3d.npy", "TND", [2, 2, 4]);
    const missing = await assertRejects(() => open(folder, { ground_truth: "masks" }));
    assert(String(missing).includes('1 of 4 test videos in "masks": "02_0128"'), String(missing));
    await writeText(folder, "events.txt", "01_0014 Abnormal 3 9 -1 -1");
    const refused = await assertRejects(() => open(folder, { annotations: "events.txt" }));
    assert(String(refused).includes("ShanghaiTech has frame masks"), String(refused));
  });
});

Deno.test("PEL4VAD's ShanghaiTech lists name ten crops of a clip, with and without labels", async () => {
  await withFolder(async (folder) => {
    await writeClips(folder);
    const rows: string[] = [];
    for (const [id, label] of [["01_0016", "1.0"], ["01_003", "0.0"]]) {
      for (let crop = 0; crop < 10; crop++) {
        await writeFeatures(folder, `crops/${id}_${crop}.npy`, "TD", [8, 4]);
        rows.push(`train/${id}_${crop}.npy ${label}`);
      }
    }
    for (const text of [rows.join("\n"), rows.map((row) => row.split(" ")[0]).join("\n")]) {
      await writeText(folder, "sh/train.list", text);
      const { train, crops } = await open(folder, { test: null, train: "sh/train.list" });
      assertEquals(crops, 10);
      assertEquals(train.map(({ id, className }) => [id, className]), [
        ["01_0016", "Abnormal"],
        ["01_003", "Normal"],
      ]);
    }
  });
});
