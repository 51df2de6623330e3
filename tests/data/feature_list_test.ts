import { assertEquals, assertRejects } from "@std/assert";
import { FileIndex, resolveRows } from "../../src/data/feature_list.ts";
import { parseFeatureList } from "../../src/data/list_text.ts";
import { hasShared, shared } from "../support/shared.ts";

const resolve = (
  text: string,
  files: string[],
  layout: "crops_first" | "per_crop" = "crops_first",
) =>
  resolveRows(
    parseFeatureList(text, "a.list").rows,
    new FileIndex("/root", files),
    layout,
    "a.list",
    "set data.layout_train=per_crop",
  );

Deno.test("resolveRows finds files by name whatever folders the row has, in the order of the rows", async () => {
  const files = ["/root/train/Abuse001_x264_i3d.npy", "/root/train/Arson002_x264_i3d.npy"];
  const text = "G:\\UCF ten crop\\Arson002_x264_i3d.npy\nG:\\UCF ten crop\\Abuse001_x264_i3d.npy";
  assertEquals(await resolve(text, files), [
    { id: "Arson002_x264", files: [files[1]] },
    { id: "Abuse001_x264", files: [files[0]] },
  ]);
});

Deno.test("resolveRows finds files by the id of a video's name or of a bare row", async () => {
  const files = ["/root/Abuse001_x264_i3d.npy", "/root/Normal_Videos_003_x264.npy"];
  const text = "Abuse/Abuse001_x264.mp4\nTesting_Normal_Videos_Anomaly/Normal_Videos_003_x264.mp4";
  assertEquals((await resolve(text, files)).map((video) => video.files[0]), files);
  assertEquals((await resolve("Abuse001_x264\n", files))[0].files, [files[0]]);
});

Deno.test("resolveRows tells of names with other capital letters", async () => {
  const index = new FileIndex("/root", ["/root/Abuse001_x264_i3d.npy"]);
  for (const path of ["ABUSE001_X264_I3D.npy", "abuse001_x264"]) {
    await assertRejects(
      () => resolveRows([{ path }], index, "crops_first", "a", ""),
      Error,
      '"/root/Abuse001_x264_i3d.npy" is there, with other capital letters',
    );
  }
});

Deno.test("resolveRows finds names whose marks are taken apart, as macOS writes them", async () => {
  for (const form of ["NFC", "NFD"]) {
    const files = ["/root/caf\u00e9.npy", "/root/cafe\u0301s.npy"].map((f) => f.normalize(form));
    const rows = ["caf\u00e9.npy", "cafe\u0301s"].map((path) => ({ path }));
    const videos = await resolveRows(rows, new FileIndex("/root", files), "crops_first", "a", "");
    assertEquals(videos.map(({ files }) => files), files.map((file) => [file]));
  }
});

Deno.test("resolveRows finds crops by name, by number, and all of them for a bare id", async () => {
  const files = ["/root/A_x264.npy", "/root/A_x264__1.npy", "/root/A_x264__2.npy"];
  // UR-DMU's list names crop 0 "__0"; DeepMIL's copy on disk has a bare name for it.
  const rows = "d/A/A_x264__0.npy\nd/A/A_x264__1.npy\n";
  assertEquals((await resolve(rows, files, "per_crop"))[0].files, files.slice(0, 2));
  assertEquals((await resolve("A_x264", files, "per_crop"))[0].files, files);
  await assertRejects(
    () => resolve("A_x264", files),
    RangeError,
    "set data.layout_train=per_crop",
  );
});

Deno.test("resolveRows prefers the folder that the row names, and refuses to guess", async () => {
  const files = ["/root/i3d/train/A_x264.npy", "/root/clip/train/A_x264.npy"];
  assertEquals((await resolve("elsewhere/clip/train/A_x264.npy", files))[0].files, [files[1]]);
  await assertRejects(
    () => resolve("A_x264.npy", files),
    RangeError,
    "name the folder of one split",
  );
});

Deno.test("resolveRows keeps the labels and lists what is missing", async () => {
  const files = ["/root/cam1.npy"];
  assertEquals((await resolve("path,label\ncam1.npy,Arson", files))[0].label, "Arson");
  const rows = Array.from({ length: 8 }, (_, i) => `gone${i}.npy`).join("\n");
  await assertRejects(
    () => resolve(`${rows}\ncam1.npy`, files),
    Error,
    'features of 8 of the 9 rows of the list "a.list": "gone0.npy", "gone1.npy", "gone2.npy", "gone3.npy", "gone4.npy" and 3 more',
  );
});

Deno.test({
  name:
    "resolveRows finds all videos of the official lists among files named as data sets name them",
  ignore: !hasShared,
  async fn() {
    const lists: [string, number, (id: string) => string][] = [
      ["ucf_crime/Anomaly_Train.txt", 1610, (id) => `/root/train/${id}_i3d.npy`],
      ["ucf_crime/Anomaly_Test.txt", 290, (id) => `/root/test/${id}_i3d.npy`],
      ["xd_violence/train_ids.txt", 3954, (id) => `/root/${id}__0.npy`],
      ["xd_violence/test_ids.txt", 800, (id) => `/root/${id}__0.npy`],
    ];
    for (const [list, count, name] of lists) {
      const text = Deno.readTextFileSync(shared(`data/${list}`));
      const ids = text.split(/\r?\n/).filter((row) => row !== "")
        .map((row) => row.slice(row.indexOf("/") + 1).replace(/\.mp4$/, ""));
      const files = ids.map(name);
      const videos = await resolve(text, files.toReversed());
      assertEquals(videos.length, count);
      assertEquals(videos.map(({ files }) => files[0]), files);
      assertEquals(videos.map(({ id }) => id), ids);
    }
  },
});
