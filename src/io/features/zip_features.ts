/**
 * Feature files within a zip archive, `.npz` included, which is never unpacked: the directory tells
 * where a member lies, and of one that is stored a part is read alone.
 */

import { crc32 } from "node:zlib";
import { fault } from "../../fault.ts";
import { reopenedFile } from "../file_stretch.ts";
import { decodeNpy, toFloat32 } from "../npy.ts";
import { npyDtypeNames, npyItemBytes } from "../npy_header.ts";
import { featureMembers, npyHeaderIn } from "../npz.ts";
import { InputFile, requireRoom } from "../read_file.ts";
import { openZip } from "../zip_archive.ts";
import { type FeatureArchive, wholeReader } from "./feature_reader.ts";
import { openNpyFeatures } from "./npy_features.ts";

/**
 * Reads the directory of an archive; its members that end in `.npy` are its arrays, in a `.npz`
 * those that have two axes or more, where it holds several.
 *
 * @throws as `openZip`
 */
export async function openZipFeatures(path: string): Promise<FeatureArchive> {
  using file = await InputFile.open(path);
  const archive = await openZip(reopenedFile(path, file.size));
  // Crops of a video are asked for one after the other: its member is unpacked once for them, while
  // memory is not wanted for anything else.
  let last: { member: string; values: WeakRef<Float32Array> } | null = null;
  const arrays = archive.names.filter((name) => {
    return name.toLowerCase().endsWith(".npy") && !hidden(name);
  });
  const members = new Set(
    arrays.length > 1 && /\.npz$/i.test(path) ? await featureMembers(archive, arrays) : arrays,
  );
  return {
    names: [...members],
    has: (name) => members.has(name),
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
      const about = { name, shape, itemBytes: npyItemBytes[dtype], dtype: npyDtypeNames[dtype] };
      const whole = async () => {
        const array = decodeNpy(await archive.read(member), name);
        requireRoom(4 * array.data.length, `Cannot read features "${name}" as float32`);
        return toFloat32(array, name);
      };
      return wholeReader(about, whole, async () => {
        const kept = last?.member === member ? last.values.deref() : undefined;
        if (kept !== undefined) return kept;
        const values = await whole();
        last = { member, values: new WeakRef(values) };
        return values;
      });
    },
  };
}

/** What macOS writes beside every file, and others hide. */
function hidden(name: string): boolean {
  return name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
}
