import { assertEquals, assertThrows } from "@std/assert";
import { parseManifest } from "../../src/data/manifest.ts";

const dataset = {
  video_id: "Abuse001_x264_i3d.npy",
  path: "features/i3d/train/Abuse001_x264_i3d.npy",
  event: "Abuse",
  anomaly: "Abnormal",
  split: "train",
  size: 123,
};
const catalog = {
  dataset: "ucf_crime",
  backbone: "i3d",
  split: "test",
  video_id: "Normal_Videos_003_x264",
  label: "normal",
  path: "features/i3d/test",
  zip_member: null,
  n_crops: 40, // T, by the seed project's mistake
  shape: [40, 10, 2048],
  dtype: "float32",
};
const parse = (...records: unknown[]) =>
  parseManifest(records.map((record) => JSON.stringify(record)).join("\r\n"), "manifest.jsonl");

Deno.test("parseManifest reads both record forms, mixed too", () => {
  assertEquals(parse(dataset, catalog), [
    { id: "Abuse001_x264", split: "train", path: dataset.path, label: "Abuse", anomalous: true },
    {
      id: "Normal_Videos_003_x264",
      split: "test",
      path: catalog.path,
      label: "normal",
      anomalous: false,
    },
  ]);
});

Deno.test("parseManifest names the line and the field that is wrong", () => {
  const refused: [unknown, string][] = [
    [{ ...dataset, path: undefined }, 'line 2: its field "path" is missing or wrong'],
    [{ ...catalog, label: "odd" }, 'line 2: its field "label" is missing or wrong'],
    [{ ...dataset, anomaly: "Normal" }, 'the event "Abuse" and the anomaly "Normal" disagree'],
    [7, "line 2: expected a JSON object"],
  ];
  for (const [record, text] of refused) {
    assertThrows(() => parse(dataset, record), SyntaxError, text);
  }
  assertThrows(
    () => parseManifest("{\n", "m.jsonl"),
    SyntaxError,
    '"m.jsonl", line 1: it is not JSON',
  );
  assertThrows(() => parseManifest("\n", "m.jsonl"), SyntaxError, "found none");
});
