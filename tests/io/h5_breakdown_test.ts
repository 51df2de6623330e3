/** The HDF5 library after an error or a trap; alone in its file, since it counts open files. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { listArchive, openFeatures } from "../../src/io/features/open_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

interface Library {
  open(...args: unknown[]): unknown;
}

async function writeOne(path: string): Promise<Uint8Array> {
  const { File, ready } = await import("h5wasm/node");
  await ready;
  const file = new File(path, "w");
  file.create_dataset({ name: "x", data: new Float32Array([1, 2, 3, 4, 5, 6]), shape: [2, 3] });
  file.close();
  return await Deno.readFile(path);
}

Deno.test("after a breakdown of the HDF5 library the next file is read, and also while others wait", () =>
  withFolder(async (folder) => {
    const library = await (await import("h5wasm/node")).ready as unknown as Library;
    await writeOne(`${folder}/sound.h5`);
    await writeOne(`${folder}/first.h5`);
    library.open = () => {
      throw new WebAssembly.RuntimeError("memory access out of bounds");
    };
    const error = await assertRejects(() => listArchive(`${folder}/first.h5`), SyntaxError);
    assert(isFault(error));
    const said = `"${folder}/first.h5": it is a damaged HDF5 file (the library broke down while it`;
    assert(error.message.includes(said), error.message);
    const rows = await Promise.all(Array.from({ length: 3 }, async () => {
      return await (await openFeatures(`${folder}/sound.h5`)).whole();
    }));
    for (const values of rows) assertEquals(values, new Float32Array([1, 2, 3, 4, 5, 6]));
  }));

Deno.test("damaged HDF5 files cost no other one, and leave no file open", () =>
  withFolder(async (folder) => {
    const bytes = await writeOne(`${folder}/sound.h5`);
    const open = () => Deno.build.os === "linux" ? openFilesBelow(folder) : [];
    for (let i = 0; i < 8; i++) {
      const path = `${folder}/${i}.h5`;
      await Deno.writeFile(path, bytes.map((byte, at) => at > 100 + i && at < 1200 ? 255 : byte));
      const [damaged, values] = await Promise.all([
        assertRejects(() => listArchive(path), SyntaxError, `${i}.h5": it is a damaged HDF5 file`),
        openFeatures(`${folder}/sound.h5`).then((reader) => reader.whole()),
      ]);
      assert(isFault(damaged));
      assertEquals(values, new Float32Array([1, 2, 3, 4, 5, 6]));
    }
    // The last one is closed with the instance that met it, when the next file is read.
    await (await openFeatures(`${folder}/sound.h5`)).whole();
    assertEquals(open(), []);
  }));

/** Files of the folder that this process holds open. */
function openFilesBelow(folder: string): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      const path = Deno.readLinkSync(`/proc/self/fd/${name}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // closed meanwhile by another test of this process
    }
  });
}
