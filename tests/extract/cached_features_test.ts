/** Features of single videos that are kept for the next model. */

import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { cachePath, extractAndKeep, keptFeatures } from "../../src/extract/cached_features.ts";
import { Claims } from "../../src/extract/claims.ts";
import { openSource } from "../../src/extract/extract_video.ts";
import { PIECES_FOLDER } from "../../src/extract/kept_pieces.ts";
import { hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { withDevice } from "../support/with_device.ts";
import { frameMeans } from "./odd_clips.ts";

Deno.test("keptFeatures() takes features whose record is damaged for none", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npy");
    Deno.writeTextFileSync(path, "");
    for (const text of ["", "null", '{"frames": "20"}']) {
      Deno.writeTextFileSync(join(folder, "a.json"), text);
      assertEquals(await keptFeatures(path), null, text);
    }
  }));

Deno.test({
  name: "extractAndKeep() removes what killed processes left, and not what others work on",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder((cache) =>
      withDevice(async () => {
        const extractor = await frameMeans();
        const clip = testClip(cache, "clip.mkv", { width: 32, height: 24, frames: 20 });
        const source = await openSource(clip, extractor);
        const path = await cachePath(source, extractor.recipe, cache);
        const folder = join(cache, "features"), pieces = join(folder, PIECES_FOLDER);
        await Deno.mkdir(pieces, { recursive: true });
        const dead = new Deno.Command("true").spawn();
        await dead.status;
        const write = (...names: string[]) => {
          for (const name of names) Deno.writeTextFileSync(join(pieces, name), "{}");
        };
        write(`aaaa.${dead.pid}.json`, `aaaa.${dead.pid}.rows`); // beside another process's
        write("bbbb.rows", "bbbb.json"); // its features are not there: the next run goes on
        write("cccc.rows", "cccc.json"); // another process has made the features
        await Deno.writeTextFile(join(folder, "cccc.npy"), "");
        write("dddd.7.rows"); // of a process that runs
        write(`.bbbb.json.${dead.pid}-0.partial`);
        await Deno.writeTextFile(join(folder, `.eeee.npy.${dead.pid}-0.partial`), "");
        using others = new Claims(folder);
        assertEquals(others.take("dddd.7"), true);

        await extractAndKeep(source, extractor, path, { of: "cpu" });
        assertEquals((await keptFeatures(path))?.frames, 20);
        const left = [...Deno.readDirSync(pieces)].map(({ name }) => name).sort();
        assertEquals(left, ["bbbb.json", "bbbb.rows", "dddd.7.rows"]);
        assertEquals(existsSync(join(folder, `.eeee.npy.${dead.pid}-0.partial`)), false);
      })
    ),
});
