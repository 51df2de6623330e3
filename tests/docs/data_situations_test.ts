/**
 * Every command of the table "from what you have to the command" opens a small set of that kind,
 * and a row without one here fails.
 */

import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { registry as catalog } from "../../src/model/registry.ts";
import { mat, matNumbers, matStruct, matText, zipOf } from "../io/small_tensor_files.ts";
import { withFolder } from "../support/temporary_folder.ts";

const page = fileURLToPath(new URL("../../docs/DATA.md", import.meta.url));

/** Situation and settings of each row that has any. */
function rows(): [what: string, settings: string][] {
  const [, table] = Deno.readTextFileSync(page).split("## From what you have to the command");
  const lines = table.split("\n##")[0].split("\n").filter((line) => line.startsWith("| "));
  return lines.flatMap((line): [string, string][] => {
    const [, what, command] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const settings = /`(data=[^`]*)`/.exec(command)?.[1];
    return settings === undefined ? [] : [[what, settings]];
  });
}

/** Bytes of a file by its path below the folder, or a text. */
type Files = Record<string, Uint8Array | string>;

const array = (...shape: number[]): Uint8Array => {
  const count = shape.reduce((a, b) => a * b, 1);
  return encodeNpy(shape, Float32Array.from({ length: count }, (_, i) => 1 + i % 7));
};
const TRAIN = ["Abuse001_x264", "Normal_Videos001_x264"];
const TEST = ["Abuse028_x264", "Normal_Videos_003_x264"];
const XD_TRAIN = ["v=a__#1_label_B1-0-0", "v=b__#1_label_A"];
const XD_TEST = ["v=c__#1_label_G-0-0", "v=d__#1_label_A"];
const SH_TRAIN = ["01_0014", "01_002"];
const SH_TEST = ["03_0032", "02_001"];

const EVENTS = `${TEST[0]}.mp4  Abuse  3  20  -1  -1  \n${TEST[1]}.mp4  Normal  -1  -1  -1  -1  `;
const COUNTED = `Abuse/${TEST[0]}.mp4 32 Abuse 3 20 -1 -1 \nTest/${
  TEST[1]
}.mp4 32 Normal -1 -1 -1 -1 `;
const XD_EVENTS = `${XD_TEST[0]} 3 20`;

/** A file a video. */
const whole = (folder: string, ids: string[], shape: number[], ending = "_i3d.npy"): Files =>
  Object.fromEntries(ids.map((id) => [`${folder}/${id}${ending}`, array(...shape)]));
/** A file a crop. */
const crops = (folder: string, ids: string[], count: number, dim: number): Files =>
  Object.fromEntries(
    ids.flatMap((id) =>
      Array.from({ length: count }, (_, n) => [`${folder}/${id}__${n}.npy`, array(2, dim)])
    ),
  );
const list = (ids: string[], row: (id: string) => string, head = "") =>
  head + ids.map((id) => `${row(id)}\n`).join("");
const cropRows = (ids: string[], count: number, row: (name: string) => string, head = "") =>
  head +
  ids.flatMap((id) => Array.from({ length: count }, (_, n) => `${row(`${id}__${n}.npy`)}\n`)).join(
    "",
  );
const i3d: Files = { ...whole("f", TRAIN, [2, 10, 2048]), ...whole("f", TEST, [2, 10, 2048]) };
const rtfmLists: Files = {
  "ucf-i3d.list": list(TRAIN, (id) => `G:\\UCF\\${id}_i3d.npy`),
  "ucf-i3d-test.list": list(TEST, (id) => `/home/x/${id}_i3d.npy`),
};
const deepMil: Files = { ...crops("f", TRAIN, 10, 1024), ...crops("f", TEST, 10, 1024) };
const labels = (length: number, from: number, to: number) =>
  encodeNpy([length], Uint8Array.from({ length }, (_, t) => t >= from && t < to ? 1 : 0));
const text = (rows: number, dim: number) =>
  Array.from(
    { length: rows },
    (_, r) => Array.from({ length: dim }, (_, d) => ((r + d) % 5 / 10).toFixed(6)).join(" "),
  ).join("\n");

const matEvents = (id: string, event: string, frames: number[]) =>
  mat(matStruct("Annotation_file", {
    VideoName: matText("", `${id}.mp4`),
    EventName: matText("", event),
    Anno: matNumbers("", 1, frames),
  }));

/** A small set of each kind. */
const situations: Record<string, () => Files | Promise<Files>> = {
  "own features in `train": () => ({
    "train/normal/a.npy": array(3, 8),
    "train/abnormal/b.npy": array(4, 8),
  }),
  "the same, a test split": () => ({
    "train/normal/a.npy": array(3, 8),
    "train/abnormal/b.npy": array(4, 8),
    "test/c.npy": array(3, 8),
    "test/d.npy": array(3, 8),
    "annotations.txt": "c.mp4 Fall 3 20 -1 -1\nd.mp4 Normal -1 -1 -1 -1\n",
  }),
  "a list of own features": () => ({
    "f/a.npy": array(3, 8),
    "f/b.npy": array(4, 8),
    "list.csv": "a.npy,1\nb.npy,0\n",
  }),
  "own features in one file": async () => ({
    "all.npz": await zipOf({ "a.npy": array(3, 8), "b.npy": array(3, 8) }, 6),
    "list.csv": "a,1\nb,0\n",
  }),
  "the Hub's `jinmang2/ucf_crime_tencrop_i3d_seg32`": async () => ({
    "train.zip": await zipOf(whole("train", TRAIN, [10, 32, 2048]) as never, 6),
    "test.zip": await zipOf(whole("test", TEST, [2, 10, 2048]) as never, 0),
    "ground_truth.json": JSON.stringify(Object.fromEntries(TEST.map((id) => [
      `${id}_i3d.npy`,
      Array.from({ length: 32 }, (_, t) => id === TEST[0] && t > 3 && t < 20 ? 1 : 0),
    ]))),
  }),
  "the Hub's `jinmang2/ucf-crime-tencrop-i3d`": () => ({
    ...i3d,
    ...rtfmLists,
    "Temporal_Anomaly_Annotation.txt": EVENTS,
  }),
  "`~/data/wsad`": () => ({
    ...whole("features/i3d_mgfn/train", TRAIN, [2, 10, 2048]),
    ...whole("features/i3d_mgfn/test", TEST, [2, 10, 2048]),
    "annotations/Temporal_Anomaly_Annotation.txt": EVENTS,
  }),
  "RTFM's or MGFN's features": () => ({
    ...i3d,
    ...rtfmLists,
    [`list/Matlab_formate/${TEST[0]}.mat`]: matEvents(TEST[0], "Abuse", [3, 20]),
    [`list/Matlab_formate/${TEST[1]}.mat`]: matEvents(TEST[1], "Normal", [-1, -1]),
  }),
  "their `gt-ucf.npy`": () => ({ ...i3d, ...rtfmLists, "gt-ucf.npy": labels(64, 3, 21) }),
  "MGFN's training files": () => ({
    ...whole("features/i3d_mgfn/train", TRAIN, [10, 32, 2049]),
    ...whole("features/i3d_mgfn/test", TEST, [2, 10, 2048]),
    "annotations/Temporal_Anomaly_Annotation.txt": EVENTS,
  }),
  "S3R's CSV lists": () => ({
    ...i3d,
    "ucf-crime.training.csv": list(TRAIN, (id) => id, "video-id\n"),
    "ucf-crime.testing.csv": list(TEST, (id) => id, "video-id\n"),
    "Temporal_Anomaly_Annotation.txt": EVENTS,
  }),
  "UR-DMU's": () => ({
    ...deepMil,
    "UCF_Train.list": cropRows(TRAIN, 10, (name) => `dataset/Abuse/${name}`),
    "UCF_Test.list": cropRows(TEST, 10, (name) => `dataset/Abuse/${name}`),
    "UCF_Annotation.txt": COUNTED,
  }),
  "PEL4VAD's lists": () => ({
    ...deepMil,
    "list/ucf/train.list": cropRows(TRAIN, 10, (n) => `x/${n} ${n.startsWith("N") ? 0 : 1}.0`),
    "list/ucf/test.list": cropRows(TEST, 10, (n) => `x/${n} ${n.startsWith("N") ? 0 : 1}.0`),
    [`list/ucf/single_gt/${TEST[0]}__9_gt.npy`]: labels(32, 3, 21),
    [`list/ucf/single_gt/${TEST[1]}__9_gt.npy`]: labels(32, 0, 0),
  }),
  "VadCLIP's `UCFClipFeatures`": () => ({
    ...crops("f", TRAIN, 10, 512),
    ...crops("f", TEST, 10, 512),
    "ucf_CLIP_rgb.csv": cropRows(TRAIN, 10, (n) => `/x/${n},${classOf(n)}`, "path,label\r\n"),
    "ucf_CLIP_rgbtest.csv": list(TEST, (id) => `/x/${id}__5.npy,${classOf(id)}`, "path,label\r\n"),
    "Temporal_Anomaly_Annotation.txt": EVENTS,
  }),
  "the same dump sorted": () => ({
    ...crops("../clip/train", TRAIN, 10, 512),
    ...crops("../clip/test", TEST, 10, 512),
    "annotations/Temporal_Anomaly_Annotation.txt": EVENTS,
  }),
  "CLIP-TSA's lists": () => ({
    ...whole("f", TRAIN, [3, 1, 512], "_clip.npy"),
    ...whole("f", TEST, [3, 1, 512], "_clip.npy"),
    "ucf-vit.list": list(TRAIN, (id) => `x/${id}_clip.npy`),
    "ucf-vit-test.list": list(TEST, (id) => `x/${id}_clip.npy`),
    "Temporal_Anomaly_Annotation.txt": EVENTS,
  }),
  "XD-Violence, I3D": () => ({
    ...crops("f", XD_TRAIN, 5, 1024),
    ...crops("f", XD_TEST, 5, 1024),
    "rgb.list": cropRows(XD_TRAIN, 5, (name) => `/x/${name}`),
    "rgb_test.list": cropRows(XD_TEST, 5, (name) => `/x/${name}`),
    "annotations.txt": XD_EVENTS,
  }),
  "its audio features": () => ({
    ...whole("f", XD_TRAIN, [3, 128], "__vggish.npy"),
    ...whole("f", XD_TEST, [3, 128], "__vggish.npy"),
    "audio.list": list(XD_TRAIN, (id) => `/x/${id}__vggish.npy`),
    "audio_test.list": list(XD_TEST, (id) => `/x/${id}__vggish.npy`),
    "annotations.txt": XD_EVENTS,
  }),
  "its CLIP features": () => ({
    ...crops("f", XD_TRAIN, 10, 512),
    ...crops("f", XD_TEST, 10, 512),
    "xd_CLIP_rgb.csv": cropRows(XD_TRAIN, 10, (n) => `/x/${n},${codesOf(n)}`, "path,label\r\n"),
    "xd_CLIP_rgbtest.csv": list(
      XD_TEST,
      (id) => `/x/${id}__0.npy,${codesOf(id)}`,
      "path,label\r\n",
    ),
    "annotations.txt": XD_EVENTS,
  }),
  "ShanghaiTech, RTFM's": () => ({
    ...whole("f", SH_TRAIN, [2, 10, 2048]),
    ...whole("f", SH_TEST, [2, 10, 2048]),
    "shanghai-i3d-train-10crop.list": list(SH_TRAIN, (id) => `/x/${id}_i3d.npy`),
    "shanghai-i3d-test-10crop.list": list(SH_TEST, (id) => `/x/${id}_i3d.npy`),
    [`list/test_frame_mask/${SH_TEST[0]}.npy`]: labels(30, 3, 20),
  }),
  "ShanghaiTech, S3R's": () => ({
    ...whole("f", SH_TRAIN, [2, 10, 2048]),
    ...whole("f", SH_TEST, [2, 10, 2048]),
    "shanghaitech.training.csv": list(SH_TRAIN, (id) => id, "video-id\n"),
    "shanghaitech.testing.csv": list(SH_TEST, (id) => id, "video-id\n"),
    "ground_truth.json": JSON.stringify({
      [SH_TEST[0]]: { labels: Array.from({ length: 32 }, (_, t) => t > 3 && t < 20 ? 1 : 0) },
    }),
  }),
  "the 32-segment C3D": () => ({
    [`train/${TRAIN[0]}_C.txt`]: text(32, 4096),
    [`train/${TRAIN[1]}_C.txt`]: text(32, 4096),
    [`test/${TEST[0]}_C.txt`]: text(32, 4096),
    [`test/${TEST[1]}_C.txt`]: text(32, 4096),
    "UCF_Annotation.txt": COUNTED.replaceAll(" 32 ", " 600 "),
  }),
  "a manifest": () => ({
    ...i3d,
    "manifest.jsonl": [...TRAIN, ...TEST].map((id) =>
      JSON.stringify({
        ...{ video_id: id, path: `f/${id}_i3d.npy` },
        ...{ split: TRAIN.includes(id) ? "train" : "test" },
        label: id.startsWith("Normal") ? "normal" : "abnormal",
      })
    ).join("\n"),
    "annotations/Temporal_Anomaly_Annotation.txt": EVENTS,
  }),
};

const classOf = (name: string) => name.startsWith("Normal") ? "Normal" : "Abuse";
const codesOf = (name: string) => /_label_([ABG0-9-]+)/.exec(name)![1];

Deno.test("every row of the table of data has a set that is tried", () => {
  const known = Object.keys(situations);
  const whats = rows().map(([what]) => what);
  const without = whats.filter((what) =>
    known.filter((name) => what.startsWith(name)).length !== 1
  );
  assertEquals(without, []);
  assertEquals(known.filter((name) => !whats.some((what) => what.startsWith(name))), []);
  assert(whats.length > 20);
});

for (const [what, settings] of rows()) {
  Deno.test(`the command for ${what} opens such data`, () =>
    withFolder(async (parent) => {
      const name = Object.keys(situations).find((name) => what.startsWith(name))!;
      const folder = join(parent, "dir");
      for (const [path, content] of Object.entries(await situations[name]())) {
        await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
        const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
        await Deno.writeFile(join(folder, path), bytes);
      }
      const overrides = settings.replaceAll("DIR", folder).split(" ");
      const config = resolveConfig({ overrides: ["runner=mil", ...overrides], catalog });
      const { train, test, warnings } = await openDataset(config.data, { evaluation: config.eval });
      assertEquals(train.map(({ anomalous }) => anomalous).sort(), [false, true]);
      for (const video of [...train, ...test]) await video.load();
      if (config.data.test !== null) {
        assertEquals(test.map(({ anomalous }) => anomalous), [true, false]);
        const [abnormal, normal] = test.map((video) => video.groundTruth(2).length);
        assertEquals([abnormal, normal], [1, 0]);
      }
      assertEquals(warnings, []);
    }));
}
