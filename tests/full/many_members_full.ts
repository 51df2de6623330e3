/** Archives of many videos: what one of them costs does not grow with their number. */

import { assert } from "@std/assert";
import { join } from "node:path";
import { openFeatures } from "../../src/io/features/open_features.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { zipOf } from "../io/small_tensor_files.ts";
import { threadSeconds } from "../support/thread_time.ts";
import { withFolder } from "../support/temporary_folder.ts";

const OPENED = 3000;
/** A walk through the names of 20,000 members took three times as long as the rest. */
const MOST_TIMES = 2;

const features = encodeNpy([2, 4], new Float32Array([1, 2, 3, 4, 5, 6, 7, 8]));

Deno.test("openFeatures() of a member takes as long among 20,000 as among 500", () =>
  withFolder(async (folder) => {
    const secondsAmong = async (members: number): Promise<number> => {
      const names = Array.from({ length: members }, (_, i) => `Normal_Videos${i}_x264.npy`);
      const archive = join(folder, `${members}.zip`);
      Deno.writeFileSync(
        archive,
        await zipOf(Object.fromEntries(names.map((name) => [name, features])), 0),
      );
      const last = `${archive}/${names[members - 1]}`;
      await openFeatures(last); // reads the directory
      const start = threadSeconds();
      for (let i = 0; i < OPENED; i++) await openFeatures(last);
      return threadSeconds() - start;
    };
    await secondsAmong(10); // compiles
    const few = await secondsAmong(500), many = await secondsAmong(20_000);
    assert(many < MOST_TIMES * few, `${few} s among 500 members, ${many} s among 20,000`);
  }));
