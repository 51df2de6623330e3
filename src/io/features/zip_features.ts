/**
 * Feature files within a zip archive, `.npz` included, which is never unpacked: the directory tells
 * where a member lies, and of one that is stored a part is read alone.
 */

import { crc32 } from "node:zlib";
import { fault } from "../../fault.ts";
import { reopenedFile } from "../file_stretch.ts";
import { decodeNpy, toFloat32 } from "../npy.ts";
import { npyDtypeNames, npyItemBytes } from "../npy_header.ts";
import { npyHeaderIn } from "../npz.ts";
import { InputFile, requireRoom } from "../read_file.ts";
import { openZip } from "../zip_archive.ts";
import { type FeatureArchive, wholeReader } from "./feature_reader.ts";
import { openNpyFeatures } from "./npy_features.ts";

/**
 * Reads the directory of an archive; its members that end in `.npy` are its arrays.
 *
 * @throws as `openZip`
 */
export async function openZipFeatures(path: string): Promise<FeatureArchive> {
  using file = await InputFile.open(path);
  const archive = await openZip(reopenedFile(path, file.size));
  return {
    names: archive.names.filter((name) => name.toLowerCase().endsWith(".npy") && !hidden(name)),
    async open(member) {
      const name = `${path}/${member}`;
      const stored = await archive.stored(member);
      if (stored !== null) {
        const { offset, size, checksum } = stored;
        return await openNpyFeatures({ name, path, offset, size }, async () => {
          using file = await InputFile.open(path);
          const bytes = await file.read(offset, size);
          if (crc32(bytes) === checksum) return bytes;
          throw fault(
            SyntaxError,
            `Cannot read "${path}": member "${member}" is damaged, its checksum is another; ` +
              "copy or download it again",
          );
        });
      }
      const { shape, dtype } = await npyHeaderIn(archive, member, name);
      return wholeReader({
        name,
        shape,
        itemBytes: npyItemBytes[dtype],
        dtype: npyDtypeNames[dtype],
      }, async () => {
        const array = decodeNpy(await archive.read(member), name);
        requireRoom(4 * array.data.length, `Cannot read features "${name}" as float32`);
        return toFloat32(array, name);
      });
    },
  };
}

/** What macOS writes beside every file, and others hide. */
function hidden(name: string): boolean {
  return name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
}
