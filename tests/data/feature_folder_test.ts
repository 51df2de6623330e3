import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { groupByVideo, listFeatureFiles } from "../../src/data/feature_folder.ts";
import { isFault } from "../../src/fault.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("listFeatureFiles finds .npy files in all folders, sorted, and nothing else", async () => {
  await withFolder(async (folder) => {
    await writeFeatures(folder, "Normal/b.npy", "TD", [1, 1]);
    await writeFeatures(folder, "Abuse/deep/a.npy", "TD", [1, 1]);
    await writeFeatures(folder, ".hidden/c.npy", "TD", [1, 1]);
    await writeText(folder, "list.txt", "x");
    assertEquals(await listFeatureFiles(folder), [
      `${folder}/Abuse/deep/a.npy`,
      `${folder}/Normal/b.npy`,
    ]);
    const error = await assertRejects(() => listFeatureFiles(`${folder}/gone`), Error, "gone");
    assertEquals(isFault(error), true);
  });
});

Deno.test({
  name: "listFeatureFiles follows links to files, and links that lead in a circle only once",
  ignore: Deno.build.os === "windows", // links need a privilege there
  async fn() {
    await withFolder(async (folder) => {
      const file = await writeFeatures(folder, "store/a.npy", "TD", [1, 1]);
      await Deno.mkdir(`${folder}/train`);
      await Deno.symlink(file, `${folder}/train/a__0.npy`);
      await Deno.symlink(`${folder}/train`, `${folder}/train/again`);
      assertEquals(await listFeatureFiles(`${folder}/train`), [`${folder}/train/a__0.npy`]);
    });
  },
});

Deno.test("groupByVideo puts the crops of a video in order, a bare name being crop 0", () => {
  const files = ["c/A_x264__10.npy", "c/A_x264__2.npy", "c/A_x264.npy", "c/B_x264_i3d_1.npy"];
  assertEquals(groupByVideo(files, "per_crop", ""), [
    { id: "A_x264", files: ["c/A_x264.npy", "c/A_x264__2.npy", "c/A_x264__10.npy"] },
    { id: "B_x264", files: ["c/B_x264_i3d_1.npy"] },
  ]);
});

Deno.test("groupByVideo takes one crop of each video in any layout, as VadCLIP's test list has it", () => {
  const videos = groupByVideo(["A_x264__5.npy", "B_x264__5.npy"], "snippets_first", "");
  assertEquals(videos.map(({ files }) => files.length), [1, 1]);
});

Deno.test("groupByVideo refuses two files of one video, with the layout for crops", () => {
  assertThrows(
    () => groupByVideo(["A_x264__0.npy", "A_x264__1.npy"], "crops_first", "set data.x=per_crop"),
    RangeError,
    'found "A_x264__0.npy" and "A_x264__1.npy"; if they are crops of it, set data.x=per_crop',
  );
  assertThrows(
    () => groupByVideo(["train/A_x264.npy", "test/A_x264.npy"], "crops_first", ""),
    RangeError,
    "name the folder of one split",
  );
  assertThrows(
    () => groupByVideo(["a/A_x264__1.npy", "b/A_x264__1.npy"], "per_crop", ""),
    RangeError,
    'crop 1 of the video "A_x264"',
  );
});
