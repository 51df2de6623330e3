import { assert, assertEquals, assertRejects } from "@std/assert";
import { heldOut } from "../../src/data/held_out.ts";
import type { Video } from "../../src/data/video.ts";

const video = (id: string): Video => ({
  id,
  className: "",
  classId: id.startsWith("Normal") ? 0 : 1,
  anomalous: !id.startsWith("Normal"),
  load: () => Promise.reject(new Error("not read")),
});
const many = Array.from(
  { length: 400 },
  (_, i) => video(`${i % 2 ? "Abuse" : "Normal_Videos"}${String(i).padStart(3, "0")}_x264`),
);

Deno.test("heldOut() takes a share, each video by its own id, and all crops of it together", async () => {
  const { train, held } = await heldOut(many, 0.25, null);
  assertEquals(train.length + held.length, 400);
  assert(held.length > 70 && held.length < 130, `${held.length} of 400`);
  assert(Math.abs(held.filter(({ anomalous }) => anomalous).length - held.length / 2) < 20);
  // The others of a smaller set stay where they are.
  const fewer = await heldOut(many.slice(0, 200), 0.25, null);
  assertEquals(fewer.held, held.filter((video) => many.indexOf(video) < 200));
  const crops = many.flatMap(({ id }) => [video(`${id}__0`), video(`${id}__1`)]);
  const ids = (await heldOut(crops, 0.25, null)).held.map(({ id }) => id);
  assertEquals(ids, held.flatMap(({ id }) => [`${id}__0`, `${id}__1`]));
});

Deno.test("heldOut() takes the videos of a list, and nothing where none is asked for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/val.txt`, "Abuse001_x264\r\nNormal_Videos002_x264.npy\n");
    const { train, held } = await heldOut(many, "val.txt", folder);
    assertEquals(held.map(({ id }) => id), ["Abuse001_x264", "Normal_Videos002_x264"]);
    assertEquals(train.length, 398);
    await Deno.writeTextFile(`${folder}/other.txt`, "Nobody_x264\n");
    await assertRejects(
      () => heldOut(many, "other.txt", folder),
      RangeError,
      `"Nobody_x264" is no training video`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  assertEquals(await heldOut(many, null, null), { train: many, held: [] });
});

Deno.test("heldOut() refuses a side without normal or without anomalous videos", async () => {
  const one = [video("Abuse001_x264"), video("Normal_Videos002_x264")];
  await assertRejects(() => heldOut(one, 0.5, null), RangeError, "Cannot hold out videos");
  const anomalous = many.filter((video) => video.anomalous);
  const message = "no normal video is left to train on, of 200 samples";
  await assertRejects(() => heldOut(anomalous, 0.5, null), RangeError, message);
});
