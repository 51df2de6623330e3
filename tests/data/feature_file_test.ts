import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { inspectFeatures, readFeatures, sampleFeatures } from "../../src/data/feature_file.ts";
import { isFault } from "../../src/fault.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { hasShared, shared } from "../support/shared.ts";
import { arrayOf, writeFeatures } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const expectedValues = (crops: number, snippets: number, dim: number) =>
  arrayOf("NTD", [crops, snippets, dim]);

Deno.test("readFeatures brings every layout to [N, T, D]", async () => {
  await withFolder(async (folder) => {
    const cropsFirst = await writeFeatures(folder, "a.npy", "NTD", [10, 4, 3]);
    const snippetsFirst = await writeFeatures(folder, "b.npy", "TND", [4, 10, 3]);
    const whole = {
      crops: 10,
      snippets: 4,
      dim: 3,
      length: 4,
      magnitude: false,
      values: expectedValues(10, 4, 3),
    };
    assertEquals(await readFeatures(cropsFirst, { layout: "crops_first" }), whole);
    assertEquals(await readFeatures(snippetsFirst, { layout: "snippets_first" }), whole);
    const oneCrop = await writeFeatures(folder, "c.npy", "TD", [4, 3]);
    const single = {
      crops: 1,
      snippets: 4,
      dim: 3,
      length: 4,
      magnitude: false,
      values: expectedValues(1, 4, 3),
    };
    assertEquals(await readFeatures(oneCrop, { layout: "snippets_first", crops: 10 }), single);
    assertEquals(await readFeatures(oneCrop), single);
  });
});

Deno.test("readFeatures stacks files of one crop each and cuts them to the shortest", async () => {
  await withFolder(async (folder) => {
    const paths: string[] = [];
    for (const [n, snippets] of [[0, 5], [1, 4], [2, 6]]) {
      const name = `Abuse001_x264__${n}.npy`;
      const value = (_: number, t: number, d: number) => n * 100 + t + d / 8;
      paths.push(await writeFeatures(folder, name, "TD", [snippets, 3], value));
    }
    const features = await readFeatures(paths, { layout: "per_crop", dim: 3 });
    assertEquals([features.crops, features.snippets, features.length], [3, 4, 4]);
    assertEquals(features.values, expectedValues(3, 4, 3));
    assertEquals((await inspectFeatures(paths, { layout: "per_crop" })).snippets, 4);

    paths.push(await writeFeatures(folder, "Abuse001_x264__3.npy", "TD", [5, 2]));
    await assertRejects(() => readFeatures(paths), RangeError, "the first crop");
    await assertRejects(
      () => readFeatures(paths, { dim: 3 }),
      RangeError,
      `Abuse001_x264__3.npy": expected [T, 3], found [5, 2]`,
    );
  });
});

Deno.test("readFeatures drops the magnitude channel, or keeps it when asked", async () => {
  await withFolder(async (folder) => {
    const path = await writeFeatures(folder, "a.npy", "NTD", [2, 3, 5]);
    const dropped = await readFeatures(path, { layout: "crops_first", dim: 4 });
    assertEquals([dropped.dim, dropped.values], [4, expectedValues(2, 3, 4)]);
    const kept = await readFeatures(path, { layout: "crops_first", dim: 4, keepMagnitude: true });
    assertEquals([kept.dim, kept.values], [5, expectedValues(2, 3, 5)]);
  });
});

Deno.test("readFeatures explains axes in the wrong order by the setting that mends them", async () => {
  await withFolder(async (folder) => {
    const path = await writeFeatures(folder, "Abuse028_x264_i3d.npy", "NTD", [10, 32, 8]);
    const error = await assertRejects(
      () =>
        readFeatures(path, {
          layout: "snippets_first",
          dim: 8,
          crops: 10,
          remedies: { layout: (l) => `set data.layout_test=${l}`, dim: () => "" },
        }),
      TypeError,
    );
    assertEquals(
      error.message,
      `Cannot read features "${path}": expected [T, 10, 8], found [10, 32, 8]: the crops come first in this file; set data.layout_test=crops_first`,
    );
    assertEquals(isFault(error), true);
    const test = await writeFeatures(folder, "b.npy", "TND", [200, 10, 8]);
    await assertRejects(
      () => readFeatures(test, { layout: "crops_first", dim: 8 }),
      TypeError,
      "the snippets come first in this file; give --layout snippets_first",
    );
    await assertRejects(
      () => readFeatures(test, { layout: "per_crop", dim: 8 }),
      TypeError,
      "all crops are in this one file; give --layout snippets_first",
    );
  });
});

Deno.test("readFeatures without a layout takes the only possible order, else asks for --layout", async () => {
  await withFolder(async (folder) => {
    const read = async (shape: number[], crops?: number) => {
      const path = await writeFeatures(folder, "a.npy", "NTD", shape);
      const features = await readFeatures(path, { dim: 4, crops });
      return [features.crops, features.snippets];
    };
    assertEquals(await read([200, 10, 4], 10), [10, 200]);
    assertEquals(await read([10, 32, 4], 10), [10, 32]);
    assertEquals(await read([1, 10, 4], 10), [10, 1]);
    assertEquals(await read([200, 10, 4]), [10, 200]);
    assertEquals(await read([7, 1, 4]), [1, 7]);
    const refused: [number[], number | undefined][] = [
      [[10, 10, 4], 10],
      [[10, 5, 4], undefined],
      [[1, 10, 4], undefined],
      [[32, 33, 4], 10],
      [[32, 33, 4], undefined],
    ];
    for (const [shape, crops] of refused) {
      await assertRejects(
        () => read(shape, crops),
        TypeError,
        `found [${shape.join(", ")}], which can be [N, T, D] or [T, N, D]`,
      );
      await assertRejects(
        () => read(shape, crops),
        TypeError,
        "give --layout crops_first|snippets_first",
      );
    }
  });
});

Deno.test("readFeatures takes [N, D] for the one snippet of a video where files are [T, N, D] of N crops", async () => {
  await withFolder(async (folder) => {
    const path = await writeFeatures(folder, "a.npy", "ND", [10, 4]);
    const known = { layout: "snippets_first", dim: 4, crops: 10 } as const;
    const { crops, snippets, values } = await readFeatures(path, known);
    assertEquals([crops, snippets], [10, 1]);
    assertEquals([values[0], values[4], values[36]], [0, 100, 900]);
    const third = await readFeatures(path, { ...known, crop: 3 });
    assertEquals([third.crops, third.snippets, third.values[0]], [1, 1, 300]);
    for (const other of [{ ...known, crops: 5 }, { ...known, layout: undefined }]) {
      const plain = await readFeatures(path, other);
      assertEquals([plain.crops, plain.snippets], [1, 10]);
    }
    const four = await writeFeatures(folder, "b.npy", "XTND", [1, 6, 10, 4], () => 1);
    await assertRejects(() => readFeatures(four, known), TypeError, "take an axis of 1 away");
  });
});

Deno.test("readFeatures accepts the crops of other extractors where the layout is given", async () => {
  await withFolder(async (folder) => {
    const path = await writeFeatures(folder, "a.npy", "TND", [20, 5, 4]);
    const features = await readFeatures(path, { layout: "snippets_first", dim: 4, crops: 10 });
    assertEquals([features.crops, features.snippets], [5, 20]);
    const clip = await writeFeatures(folder, "b.npy", "TND", [20, 1, 4]);
    const single = await readFeatures(clip, { layout: "per_crop", dim: 4, crops: 10 });
    assertEquals([single.crops, single.snippets], [1, 20]);
  });
});

Deno.test("readFeatures refuses other channels, transposed arrays, and what has no snippets", async () => {
  await withFolder(async (folder) => {
    const refused = async (shape: number[], kind: ErrorConstructor, text: string) => {
      const path = `${folder}/a.npy`;
      const count = shape.reduce((a, b) => a * b, 1);
      await Deno.writeFile(path, encodeNpy(shape, new Float32Array(count)));
      const error = await assertRejects(
        () => readFeatures(path, { layout: "crops_first", dim: 8 }),
        kind,
        text,
      );
      assertEquals(isFault(error), true);
    };
    await refused(
      [10, 4, 6],
      RangeError,
      "expected [N, T, 8], found [10, 4, 6]: it has 6 channels",
    );
    await refused([10, 8, 4], TypeError, "the channels must be the last axis");
    await refused([10, 0, 8], RangeError, "holds no snippet");
    await refused([0, 8], RangeError, "holds no snippet");
    await refused([8], TypeError, "three axes, or two");
    await refused([2, 2, 2, 8], TypeError, "three axes, or two");
  });
});

Deno.test("readFeatures names the place of a value that is not finite", async () => {
  await withFolder(async (folder) => {
    const at = (n: number, t: number, d: number) => n === 1 && t === 2 && d === 3 ? NaN : 1;
    const path = await writeFeatures(folder, "a.npy", "NTD", [2, 4, 5], at);
    await assertRejects(
      () => readFeatures(path, { layout: "crops_first" }),
      RangeError,
      "the value at [1, 2, 3] is NaN",
    );
  });
});

Deno.test("readFeatures widens float16 and narrows float64", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/h.npy`, encodeNpy([2, 2], new Float16Array([1, 0.5, 2, 3])));
    await Deno.writeFile(`${folder}/d.npy`, encodeNpy([2, 2], new Float64Array([0.1, 1, 2, 3])));
    const half = await readFeatures(`${folder}/h.npy`);
    assertEquals(half.values, new Float32Array([1, 0.5, 2, 3]));
    const double = await readFeatures(`${folder}/d.npy`);
    assertEquals(double.values, new Float32Array([0.1, 1, 2, 3]));
  });
});

Deno.test("sampleFeatures leaves the magnitude channel out", async () => {
  await withFolder(async (folder) => {
    const value = (_n: number, _t: number, d: number) => d === 4 ? 1000 : 3;
    const path = await writeFeatures(folder, "a.npy", "TND", [40, 2, 5], value);
    const { norm } = await sampleFeatures(path, { layout: "snippets_first", dim: 4 });
    assertAlmostEquals(norm, 6, 1e-12); // sqrt(4 x 9), rounded once
  });
});

Deno.test({
  name: "readFeatures reads files that numpy wrote in the layouts of both splits",
  ignore: !hasShared,
  async fn() {
    const test = await readFeatures(shared("data/formats/npy/layout_test_T_crops_D.npy"), {
      layout: "snippets_first",
      dim: 16,
      crops: 10,
    });
    assertEquals([test.crops, test.snippets, test.dim], [10, 9, 16]);
    const train = await readFeatures(shared("data/formats/npy/layout_train_crops_T_D.npy"), {
      layout: "crops_first",
      dim: 16,
      crops: 10,
    });
    assertEquals([train.crops, train.snippets, train.dim], [10, 32, 16]);
  },
});
