import { assertEquals, assertRejects } from "@std/assert";
import { convertData } from "../../src/commands/convert_data.ts";
import { encodeNpy, readNpy } from "../../src/io/npy.ts";
import { silent as progress } from "../../src/progress.ts";
import { mat, matNumbers, zipOf } from "../io/small_tensor_files.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("convertData() writes features of any format as .npy, once, and float16 if asked", () =>
  withFolder(async (folder) => {
    const values = new Float32Array([1, 2.5, -3, 4, 5, 6]);
    const out = `${folder}/out`;
    await Deno.writeFile(`${folder}/a.mat`, mat(matNumbers("x", 2, values)));
    await Deno.writeFile(
      `${folder}/b.zip`,
      await zipOf({ "t/b.npy": encodeNpy([3, 2], values) }, 6),
    );
    const paths = [`${folder}/a.mat`, `${folder}/b.zip`];
    const request = { paths, out, float16: true, overwrite: false, progress };
    assertEquals((await convertData(request)).files, 2);
    const { shape, dtype, data } = await readNpy(`${out}/a.npy`);
    assertEquals([shape, dtype, [...data as Float16Array]], [[2, 3], "f2", [...values]]);
    assertEquals((await readNpy(`${out}/b.npy`)).shape, [3, 2]);
    assertEquals(await convertData(request), { files: 0, skipped: 2, bytes: 0 });
    await convertData({ ...request, float16: false, overwrite: true });
    assertEquals((await readNpy(`${out}/a.npy`)).dtype, "f4");
    await Deno.writeTextFile(`${folder}/a.txt`, "1 70000\n");
    const twice = { ...request, paths: [`${folder}/a.mat`, `${folder}/a.txt`] };
    await assertRejects(() => convertData(twice), RangeError, "the same file");
    const large = { ...request, paths: [`${folder}/a.txt`], overwrite: true };
    await assertRejects(() => convertData(large), RangeError, "value 1 is 70000");
  }));
