/** Ends the file system under a training at every call in turn, and continues the run. */

import { assert, assertRejects } from "@std/assert";
import { join } from "node:path";
import { isFault } from "../../src/fault.ts";
import { type FileSystem, realFileSystem } from "../../src/io/file_system.ts";
import { systemError } from "../support/failing_file_system.ts";
import { resumeIn, smallConfig, trainInto } from "../train/small_training.ts";
import { assertSameRun } from "./compare_runs.ts";
import { withFolder } from "../support/temporary_folder.ts";

/**
 * Works for so many calls that change something, then never again: as the process's end would look.
 */
function dyingFileSystem(calls: number): FileSystem & { made: () => number } {
  let made = 0;
  const alive = <Arguments extends unknown[], Result>(
    call: (...args: Arguments) => Promise<Result>,
  ) =>
  (...args: Arguments): Promise<Result> =>
    made++ < calls ? call(...args) : Promise.reject(systemError("ENOSPC"));
  const opening = (open: FileSystem["create"]) =>
    alive(async (path: string) => {
      const file = await open(path);
      return {
        write: alive((bytes: Uint8Array) => file.write(bytes)),
        sync: alive(() => file.sync()),
        close: () => file.close(),
      };
    });
  return {
    ...realFileSystem,
    create: opening(realFileSystem.create),
    append: opening(realFileSystem.append),
    rename: alive(realFileSystem.rename),
    remove: alive(realFileSystem.remove),
    syncFolder: alive(realFileSystem.syncFolder),
    made: () => made,
  };
}

/**
 * A run whose files fail at a call must end as the one whose files did not; at every so-many-th
 * call.
 */
export async function failAtEachCall({ every }: { every: number }): Promise<void> {
  await withFolder(async (runs) => {
    const config = smallConfig("trainer.max_steps=6", "trainer.eval_every=2");
    const whole = join(runs, "whole");
    Deno.mkdirSync(whole);
    const counting = dyingFileSystem(Infinity);
    await trainInto(whole, config, { fs: counting });
    for (let call = 0; call < counting.made(); call += every) {
      const folder = join(runs, `at-call-${call}`);
      Deno.mkdirSync(folder);
      const fs = dyingFileSystem(call);
      const error = await assertRejects(() => trainInto(folder, config, { fs }), Error, "no space");
      assert(isFault(error), error.stack);
      if ([...Deno.readDirSync(folder)].some(({ name }) => name === "config.yaml")) {
        await resumeIn(folder);
        await assertSameRun({ interrupted: folder, whole });
      } else {
        assert(fs.made() <= 6, "only the first file can be missing");
      }
    }
  });
}
