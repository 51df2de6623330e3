import { assert, assertEquals, assertThrows } from "@std/assert";
import { recogniseList } from "../../src/data/known_list.ts";
import { dataSets } from "../../src/sets/index.ts";
import { hasShared, shared } from "../support/shared.ts";

const clips = Array.from({ length: 238 }, (_, i) => {
  return i < 63 ? `01_${String(i).padStart(4, "0")}` : `02_${String(i).padStart(3, "0")}`;
});
const rowsOf = (paths: string[]) => paths.map((path) => ({ path }));
const rtfm = "list/shanghai-i3d-train-10crop.list";

Deno.test("recogniseList() labels the rows of a known list by their order, and says which it is", () => {
  const paths = clips.map((id) => `/home/yu/yu_ssd/SH_Train_ten_crop_i3d/${id}_i3d.npy`);
  for (const classes of ["shanghaitech", "binary"] as const) {
    const { rows, note } = recogniseList(rowsOf(paths), rtfm, classes);
    assertEquals(rows.map(({ label }) => label), [
      ...new Array(63).fill("Abnormal"),
      ...new Array(175).fill("Normal"),
    ]);
    assertEquals(
      note,
      "ShanghaiTech, train, as in RTFM, CLIP-TSA, the first 63 rows are abnormal",
    );
  }
  const error = assertThrows(() => recogniseList(rowsOf(paths), rtfm, "ucf_crime"), RangeError);
  assert(error.message.includes("set data.classes=shanghaitech"), error.message);
});

Deno.test("recogniseList() keeps written labels, and takes no order that names contradict", () => {
  const labelled = clips.map((path, i) => ({ path, label: i < 63 ? "1.0" : "0.0" }));
  assertEquals(recogniseList(labelled, rtfm, "shanghaitech").rows, labelled);
  const sorted = rowsOf(clips.toReversed());
  const { rows, note } = recogniseList(sorted, rtfm, "shanghaitech");
  assertEquals(rows, sorted);
  assert(note!.includes("another order (see row 1)"), note!);
  for (const path of ["my.list", "list/shanghai-i3d-test-10crop.list"]) {
    assertEquals(recogniseList(sorted, path, "shanghaitech"), { rows: sorted, note: null });
  }
});

Deno.test({
  name: "recogniseList() knows every list of the three data sets, written as its repository has it",
  ignore: !hasShared,
  fn() {
    const lines = (path: string) =>
      Deno.readTextFileSync(shared(path)).split(/\r?\n/).filter((line) => line !== "");
    const orders = JSON.parse(Deno.readTextFileSync(shared("data/ucf_crime/test_orders.json")));
    const base = (row: string) => row.slice(row.lastIndexOf("/") + 1).replace(".mp4", "");
    const ucfTrain = lines("data/ucf_crime/Anomaly_Train.txt").map(base);
    const normal = (id: string) => id.startsWith("Normal");
    const ids = {
      ucf_crime: {
        train: [...ucfTrain.filter((id) => !normal(id)), ...ucfTrain.filter(normal)],
        test: Object.values(orders).find((order): order is string[] =>
          Array.isArray(order) && order.length === 290 && !normal(order[139]) && normal(order[140])
        )!,
      },
      xd_violence: {
        train: lines("data/xd_violence/train_ids.txt"),
        test: lines("data/xd_violence/test_ids.txt"),
      },
      shanghaitech: {
        train: lines("data/shanghaitech/train_ids.txt"),
        test: lines("data/shanghaitech/test_ids.txt"),
      },
    };
    const names = ["ucf_crime", "xd_violence", "shanghaitech"] as const;
    for (const name of names) {
      for (const { file, split, rows, abnormalFirst, of } of dataSets[name].lists) {
        const videos = ids[name][split].slice(0, rows === 3953 ? 3953 : undefined);
        const crops = rows / videos.length;
        const mark = name === "shanghaitech" ? "_" : "__";
        const rest = of.includes("audio") ? "__vggish" : "";
        const paths = videos.flatMap((id) =>
          crops === 1
            ? [`x/${id}${rest}.npy`]
            : Array.from({ length: crops }, (_, crop) => `x/${id}${mark}${crop}.npy`)
        );
        const found = recogniseList(rowsOf(paths), `list/${file}`, name);
        assert(found.note?.includes(`${split}, as in ${of}`), `${file}: ${found.note}`);
        assert(!found.note!.includes("another order"), `${file}: ${found.note}`);
        const abnormal = found.rows.filter(({ label }) => label === "Abnormal").length;
        assertEquals(abnormal, abnormalFirst ?? 0, file);
      }
    }
  },
});
