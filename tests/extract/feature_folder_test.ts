/** A folder of features, and what others have left in it. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { finishedVideo, writeManifest } from "../../src/extract/feature_folder.ts";
import { isFault } from "../../src/fault.ts";
import { wholeRecipe } from "../data/motion_recipe.ts";
import { withFolder } from "../support/temporary_folder.ts";

const told = { id: "a", path: "a.mp4", shape: [1, 256], frames: 16, fps: null, damage: null };

Deno.test("finishedVideo() takes no file for a record that is none, and writeManifest() leaves it out", () =>
  withFolder(async (folder) => {
    const write = (id: string, record: string) => {
      Deno.writeTextFileSync(join(folder, `${id}.npy`), "");
      Deno.writeTextFileSync(join(folder, `${id}.json`), record);
    };
    write("a", JSON.stringify({ ...told, recipe: wholeRecipe }));
    assertEquals(await finishedVideo(folder, "a", wholeRecipe), told);
    const others = ["not JSON", "null", "{}", JSON.stringify({ recipe: wholeRecipe })];
    for (const [i, record] of others.entries()) {
      write(`b${i}`, record);
      const error = await assertRejects(
        () => finishedVideo(folder, `b${i}`, wholeRecipe),
        Error,
        `no "b${i}.json" says how it was made`,
      );
      assert(isFault(error), record);
      assertEquals(await finishedVideo(folder, `b${i}`, wholeRecipe, { overwrite: true }), null);
    }
    await writeManifest(folder, wholeRecipe, [], []);
    const lines = Deno.readTextFileSync(join(folder, "manifest.jsonl")).trim().split("\n");
    assertEquals(lines.map((line) => JSON.parse(line).id), ["a"]);
  }));
