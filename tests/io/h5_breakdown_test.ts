/** The HDF5 library after a trap; alone in its file, since nothing more is read after it. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { listArchive } from "../../src/io/features/open_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("after a breakdown of the HDF5 library other files are refused, by the name of the first", () =>
  withFolder(async (folder) => {
    const { File, ready } = await import("h5wasm/node");
    const library = await ready as unknown as { open(...args: unknown[]): unknown };
    for (const name of ["sound", "first", "next"]) new File(`${folder}/${name}.h5`, "w").close();
    assertEquals(await listArchive(`${folder}/sound.h5`), []);
    const { open } = library;
    library.open = () => {
      throw new WebAssembly.RuntimeError("memory access out of bounds");
    };
    const refusal = async (name: string, text: string) => {
      const error = await assertRejects(() => listArchive(`${folder}/${name}.h5`), Error, text);
      assert(isFault(error));
    };
    await refusal("first", "the HDF5 library broke down while it read it, and reads no file more");
    library.open = open;
    await refusal("next", `the HDF5 library broke down while it read "${folder}/first.h5"`);
  }));
