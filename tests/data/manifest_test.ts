import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseManifest, readManifest } from "../../src/data/manifest.ts";
import { withFolder } from "../support/temporary_folder.ts";

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

/** Two records of the catalog's form, as hyparquet-writer 0.17 writes them (snappy). */
const PARQUET = Uint8Array.fromBase64(
  "UEFSMRUEFRoVHkwVAhUAAAANMAkAAAB1Y2ZfY3JpbWUVBhUIFQxcFQQVABUEFRAVBBUAAAADAwIEAAMVBhUmFSpcFQ" +
    "QVABUEFQAVBBUAAAADAxFABQAAAHRyYWluBAAAAHRlc3QVBhVaFV5cFQQVABUEFQAVBBUAAAADAyuoDQAAAEFidXNl" +
    "MDAxX3gyNjQWAAAATm9ybWFsX1ZpZGVvc18wMDNfeDI2NBUGFTAVNFwVBBUAFQQVABUEFQAAAAMDFlQIAAAAYWJub3" +
    "JtYWwGAAAAbm9ybWFsFQYVLhUyXBUEFQAVBBUAFQQVAAAAAwMVUAkAAAB0cmFpbi56aXAEAAAAdGVzdBUGFToVPlwV" +
    "BBUCFQQVABUEFQAAAAMBG2gXAAAAeC9BYnVzZTAwMV94MjY0X2kzZC5ucHkVBBUIFQxMFQIVAAAABAwKAAAAFQYVCB" +
    "UMXBUEFQAVBBUQFQQVAAAAAwMCBAADFQYVPBVAXBUEFQAVBBUAFQQVAAAAAwMcbAoAAAAxMCwzMiwyMDQ4CgAAADQw" +
    "LDEwLDIwNDgVBBmcSARyb290FRAAFQwlAhgHZGF0YXNldCUAABUMJQIYBXNwbGl0JQAAFQwlAhgIdmlkZW9faWQlAA" +
    "AVDCUCGAVsYWJlbCUAABUMJQIYBHBhdGglAAAVDCUCGAp6aXBfbWVtYmVyJQAAFQIlAhgHbl9jcm9wcwAVDCUCGAVz" +
    "aGFwZSUAABYEGRwZjCYIHBUMGSUAEBkYB2RhdGFzZXQVAhYEFmYWbiZAJggcNgAoCXVjZl9jcmltZRgJdWNmX2NyaW" +
    "1lABksFQQVABUCABUGFRAVAgAAACZ2HBUMGRUAGRgFc3BsaXQVAhYEFlAWVCZ2PDYAKAV0cmFpbhgEdGVzdAAZHBUG" +
    "FQAVAgAAACbKARwVDBkVABkYCHZpZGVvX2lkFQIWBBaEARaIASbKATw2ACgQTm9ybWFsX1ZpZGVvc18wMRgNQWJ1c2" +
    "UwMDFfeDI2NBIAGRwVBhUAFQIAAAAm0gIcFQwZFQAZGAVsYWJlbBUCFgQWWhZeJtICPDYAKAZub3JtYWwYCGFibm9y" +
    "bWFsABkcFQYVABUCAAAAJrADHBUMGRUAGRgEcGF0aBUCFgQWWBZcJrADPDYAKAl0cmFpbi56aXAYBHRlc3QAGRwVBh" +
    "UAFQIAAAAmjAQcFQwZFQAZGAp6aXBfbWVtYmVyFQIWBBZkFmgmjAQ8NgIoEHgvQWJ1c2UwMDFfeDI2NGAYEHgvQWJ1" +
    "c2UwMDFfeDI2NF8SEgAZHBUGFQAVAgAAACb0BBwVAhklABAZGAduX2Nyb3BzFQIWBBZUFlwmmgUm9AQcNgAoBAoAAA" +
    "AYBAoAAAAAGSwVBBUAFQIAFQYVEBUCAAAAJtAFHBUMGRUAGRgFc2hhcGUVAhYEFmYWaibQBTw2ACgKNDAsMTAsMjA0" +
    "OBgKMTAsMzIsMjA0OAAZHBUGFQAVAgAAABaKBhYENrIGACgJaHlwYXJxdWV0GYwcAAAcAAAcAAAcAAAcAAAcAAAcAA" +
    "AcAAAA4wIAAFBBUjE=",
);

Deno.test("readManifest() reads a parquet file as it reads lines of JSON", () =>
  withFolder(async (folder) => {
    const path = `${folder}/manifest.parquet`;
    await Deno.writeFile(path, PARQUET);
    const records = await readManifest(path);
    assertEquals(records, [
      {
        id: "Abuse001_x264",
        split: "train",
        path: "train.zip/x/Abuse001_x264_i3d.npy",
        label: "abnormal",
        anomalous: true,
      },
      {
        id: "Normal_Videos_003_x264",
        split: "test",
        path: "test",
        label: "normal",
        anomalous: false,
      },
    ]);
    const lines = records.map(({ id, split, path, label }) =>
      JSON.stringify({ video_id: id, split, path, label })
    );
    await Deno.writeTextFile(`${folder}/m.jsonl`, lines.join("\n"));
    assertEquals(await readManifest(`${folder}/m.jsonl`), records);
    await Deno.writeFile(path, PARQUET.slice(0, -20));
    await assertRejects(() => readManifest(path), SyntaxError, "no parquet file that is read");
    const other = PARQUET.slice();
    other.set(
      new TextEncoder().encode("abmormal"),
      new TextDecoder("latin1").decode(PARQUET).indexOf("abnormal"),
    );
    await Deno.writeFile(path, other);
    await assertRejects(() => readManifest(path), SyntaxError, 'row 1: its field "label"');
  }));
