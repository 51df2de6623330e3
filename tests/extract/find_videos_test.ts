import { assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "node:path";
import { findVideos } from "../../src/extract/find_videos.ts";
import { zipOf } from "../io/small_tensor_files.ts";
import { withFolder } from "../support/temporary_folder.ts";

function files(folder: string, ...paths: string[]): void {
  for (const path of paths) {
    Deno.mkdirSync(dirname(join(folder, path)), { recursive: true });
    Deno.writeTextFileSync(join(folder, path), "");
  }
}

Deno.test("findVideos() refuses two videos of one name, which folders' names tell apart", () =>
  withFolder(async (folder) => {
    files(folder, "cams/a.mp4", "cams/one/a.mp4", "cams/one/deep/a.mkv", "cams/two/1.png");
    files(folder, "other/b.mp4", "cams/one/b.avi");
    const [cams, b] = [join(folder, "cams"), join(folder, "other", "b.mp4")];
    const doubled = () => findVideos([cams, b], { folderNames: false });
    await assertRejects(doubled, RangeError, "(and 1 more names are doubled)");
    await assertRejects(doubled, RangeError, "let --folder-names put the names of their folders");
    const ids = async (...paths: string[]) =>
      (await findVideos(paths, { folderNames: true })).map(({ id }) => id).sort();
    const named = ["cams_a", "cams_two", "one_a", "one_b", "one_deep_a", "other_b"];
    assertEquals(await ids(cams, b), named);
    await Deno.writeTextFile(join(folder, "list.txt"), "other/b.mp4\ncams/one\n");
    assertEquals(await ids(join(folder, "list.txt")), ["deep_a", "one_a", "one_b", "other_b"]);
    const text = new TextEncoder().encode("");
    const archive = join(folder, "z.zip");
    await Deno.writeFile(archive, await zipOf({ "in/a.mp4": text, "a.mp4": text }, 0));
    assertEquals(await ids(archive), ["in_a", "z_a"]);
    files(folder, "cams/one/a.mov");
    await assertRejects(() => ids(cams), RangeError, "rename one, or give them different --out");
  }));

Deno.test("findVideos() refuses a video whose record would be the recipe of its folder", () =>
  withFolder(async (folder) => {
    files(folder, "recipe.mp4");
    const find = () => findVideos([join(folder, "recipe.mp4")]);
    await assertRejects(find, RangeError, '"recipe.json" tells how all were made; rename');
  }));

Deno.test("findVideos() keeps the lines of a list that lead nowhere, unless all do", () =>
  withFolder(async (folder) => {
    files(folder, "a.mp4");
    const list = join(folder, "list.txt");
    await Deno.writeTextFile(list, "gone.mp4\na.mp4\n");
    const found = await findVideos([list], { keepAbsent: true });
    assertEquals(found.map(({ id, absent }) => [id, absent !== undefined]), [
      ["a", false],
      ["gone", true],
    ]);
    await assertRejects(() => findVideos([list]), Error, 'gone.mp4": no such file');
    await Deno.writeTextFile(list, "gone.mp4\nlost.mp4\n");
    await assertRejects(() => findVideos([list], { keepAbsent: true }), Error, "no such file");
    const alone = () => findVideos([join(folder, "gone.mp4")], { keepAbsent: true });
    await assertRejects(alone, Error, "no such file");
  }));
