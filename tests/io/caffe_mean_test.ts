import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { readMeanVolume } from "../../src/io/caffe_mean.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** A BlobProto of these sizes (num, channels, length, height, width), its values packed. */
function blob(sizes: number[], values: Float32Array): Uint8Array<ArrayBuffer> {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [128 + value % 128, ...varint(Math.floor(value / 128))];
  const head = sizes.flatMap((size, i) => [(i + 1) << 3, ...varint(size)]);
  const bytes = new Uint8Array(values.buffer);
  return Uint8Array.from([...head, (6 << 3) | 2, ...varint(bytes.length), ...bytes]);
}

Deno.test("readMeanVolume() reads Caffe's file and the same array of numpy, and no other", () =>
  withFolder(async (folder) => {
    const shape = [3, 2, 4, 200], values = Float32Array.from({ length: 4800 }, (_, i) => i / 8);
    const write = async (name: string, bytes: Uint8Array<ArrayBuffer>) => {
      await Deno.writeFile(join(folder, name), bytes);
      return join(folder, name);
    };
    const ofCaffe = await write("mean.binaryproto", blob([1, ...shape], values));
    assertEquals(await readMeanVolume(ofCaffe, shape), values);
    const ofNumpy = await write("mean.npy", encodeNpy([1, ...shape], values));
    assertEquals(await readMeanVolume(ofNumpy, shape), values);
    const wrong = (path: string, message: string) =>
      assertRejects(() => readMeanVolume(path, [3, 16, 4, 200]), Error, message);
    await wrong(ofCaffe, "expected [3,16,4,200] (channels, frames, rows, columns), found [1,3,2,4");
    const cut = (await Deno.readFile(ofCaffe)).slice(0, 1000);
    await wrong(await write("cut.binaryproto", cut), "neither a .binaryproto of Caffe nor a .npy");
    await wrong(await write("text.binaryproto", new TextEncoder().encode("no mean")), "neither");
  }));
