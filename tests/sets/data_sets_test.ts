import { assert, assertEquals } from "@std/assert";
import { hasShared, shared } from "../support/shared.ts";
import { dataSetNames, dataSets, knownLists } from "../../src/sets/index.ts";

Deno.test("every data set tells the class of the names that it describes, and of no other's", () => {
  const names: Record<string, string[]> = {
    ucf_crime: ["Abuse028_x264", "Normal_Videos_003_x264"],
    xd_violence: ["v=x__#1_label_G-0-0", "v=x__#1_label_A"],
    shanghaitech: ["01_0014", "01_002"],
    binary: ["abnormal_1", "normal_1"],
  };
  assertEquals(Object.keys(names), dataSetNames());
  for (const name of dataSetNames()) {
    const { classes, classesOf } = dataSets[name];
    const [abnormal, normal] = names[name].map(classesOf);
    assert(abnormal !== null && abnormal[0] > 0 && abnormal[0] < classes.length, name);
    assertEquals(normal, [0], name);
  }
  assertEquals(dataSets.shanghaitech.classesOf("1_0014"), null);
  assertEquals(dataSets.shanghaitech.classesOf("cam_0014"), null);
});

Deno.test("known lists have the rows of their split, and no two of a data set are alike", () => {
  for (const name of dataSetNames()) {
    const { splits, lists } = dataSets[name];
    const keys = lists.map(({ file, rows }) => `${file} ${rows}`);
    assertEquals(keys.length, new Set(keys).size, name);
    for (const { of, file, split, rows, abnormalFirst } of lists) {
      const { videos, abnormal } = splits![split];
      if (file.startsWith("xd-") && split === "train") continue; // one video is missing from it
      const crops = rows / videos;
      assert([1, 5, 10].includes(crops), `${of} ${file}`);
      if (abnormalFirst !== undefined) assertEquals(abnormalFirst, crops * abnormal, file);
    }
  }
});

Deno.test("knownLists() tells lists of one name apart by their rows", () => {
  const found = (rows: number) => knownLists("train.list", rows).map(({ name }) => name);
  assertEquals([16100, 19770, 2380, 24].map(found), [["ucf_crime"], ["xd_violence"], [
    "shanghaitech",
  ], []]);
});

Deno.test({
  name: "splits and labels by order are those of the official lists",
  ignore: !hasShared,
  fn() {
    const lines = (path: string) =>
      Deno.readTextFileSync(shared(path)).split(/\r?\n/).filter((line) => line !== "");
    for (const name of ["xd_violence", "shanghaitech"] as const) {
      for (const split of ["train", "test"] as const) {
        const ids = lines(`data/${name}/${split}_ids.txt`);
        const sides = ids.map((id) => dataSets[name].classesOf(id)![0] > 0);
        const { videos, abnormal } = dataSets[name].splits![split];
        assertEquals([ids.length, sides.indexOf(false)], [videos, abnormal]);
        assertEquals(sides.lastIndexOf(true), abnormal - 1);
      }
    }
  },
});
