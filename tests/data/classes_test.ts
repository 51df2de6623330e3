import { assertEquals, assertThrows } from "@std/assert";
import { classIdsOf } from "../../src/data/classes.ts";
import { dataSets } from "../../src/sets/index.ts";
import { isFault } from "../../src/fault.ts";
import { hasShared, shared } from "../support/shared.ts";

const ucf = dataSets.ucf_crime;
const xd = dataSets.xd_violence;

Deno.test("classIdsOf reads UCF-Crime's classes off the names", () => {
  assertEquals(classIdsOf("Abuse028_x264", ucf, "a.npy"), [1]);
  assertEquals(classIdsOf("Shooting008_x264", ucf, "a.npy"), [10]);
  assertEquals(classIdsOf("Shoplifting028_x264", ucf, "a.npy"), [11]);
  assertEquals(classIdsOf("Vandalism015_x264", ucf, "a.npy"), [13]);
  assertEquals(classIdsOf("Normal_Videos_003_x264", ucf, "a.npy"), [0]);
  assertEquals(classIdsOf("Normal_Videos003_x264", ucf, "a.npy"), [0]);
  assertEquals(classIdsOf("normal_station", ucf, "a.npy"), [0]);
});

Deno.test("classIdsOf refuses an unknown prefix with the file and the nearest class", () => {
  const error = assertThrows(
    () => classIdsOf("Robery001_x264", ucf, "train/Robery001_x264_i3d.npy"),
    RangeError,
    'Cannot tell the class of "train/Robery001_x264_i3d.npy"',
  );
  assertEquals(isFault(error), true);
  assertEquals(error.message.includes("the nearest class is Robbery"), true, error.message);
});

Deno.test("classIdsOf takes the folders of UCF-Crime's normal videos for the label Normal", () => {
  const ucf = dataSets.ucf_crime;
  for (
    const label of [
      "Training_Normal_Videos_Anomaly",
      "Testing_Normal_Videos_Anomaly",
      "Normal_Videos_event",
    ]
  ) assertEquals(classIdsOf("Normal_Videos003_x264", ucf, "a.npy", label), [0]);
});

Deno.test("classIdsOf takes a label before the name, and refuses a label of no class", () => {
  assertEquals(classIdsOf("cam3", ucf, "a.npy", "Arson"), [3]);
  assertEquals(classIdsOf("cam3", ucf, "a.npy", "normal"), [0]);
  assertEquals(classIdsOf("Abuse1", ucf, "a.npy", "abnormal"), [1]);
  assertThrows(
    () => classIdsOf("cam3", ucf, "a.npy", "Arsen"),
    RangeError,
    "nearest class is Arson",
  );
  assertThrows(() => classIdsOf("Normal1", ucf, "a.npy", "abnormal"), RangeError, "says Normal");
});

Deno.test("classIdsOf reads XD-Violence's codes: filler skipped, the first code is the class", () => {
  assertEquals(classIdsOf("Film__#0_1_label_A", xd, "a.npy"), [0]);
  assertEquals(classIdsOf("Film__#0_1_label_B1-0-0", xd, "a.npy"), [1]);
  assertEquals(classIdsOf("Film__#0_1_label_B4-B2-0", xd, "a.npy"), [3, 2]);
  assertEquals(classIdsOf("v=x__#1_label_G-B2-B6", xd, "a.npy"), [6, 2, 5]);
  assertEquals(classIdsOf("v=x__#1_label_B1", xd, "a.npy"), [1]);
  assertEquals(classIdsOf("cam3", xd, "a.npy", "B2-G-0"), [2, 6]); // as VadCLIP's lists write it
  assertThrows(() => classIdsOf("v=x__#1_label_B3-0-0", xd, "a.npy"), RangeError, "_label_");
  assertThrows(() => classIdsOf("Abuse028_x264", xd, "a.npy"), RangeError, "data.classes");
});

Deno.test({
  name: "classIdsOf counts the official lists as the specification does",
  ignore: !hasShared,
  fn() {
    const count = (path: string, list: typeof ucf, id: (row: string) => string) => {
      const counts = new Array<number>(list.classes.length).fill(0);
      for (const row of Deno.readTextFileSync(shared(path)).split(/\r?\n/)) {
        if (row !== "") counts[classIdsOf(id(row), list, row)[0]]++;
      }
      return counts;
    };
    const base = (row: string) => row.slice(row.indexOf("/") + 1);
    assertEquals(
      count("data/ucf_crime/Anomaly_Train.txt", ucf, base),
      [800, 48, 45, 41, 47, 87, 29, 45, 127, 145, 27, 29, 95, 45],
    );
    assertEquals(count("data/ucf_crime/Anomaly_Test.txt", ucf, base)[0], 150);
    assertEquals(count("data/xd_violence/train_ids.txt", xd, (row) => row)[0], 2049);
    assertEquals(count("data/xd_violence/test_ids.txt", xd, (row) => row)[0], 300);
  },
});
